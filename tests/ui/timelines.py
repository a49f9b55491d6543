"""Timelines to draw and to write: plain ones, one that is disputed, and any that could come."""

from hypothesis import strategies as st


def point(as_of, value, unit=None, n=1):
    return {"as_of": as_of, "value": value, "unit": unit, "citation": n}


def yearly(*values, first=2019, unit="件", kind="FY{}"):
    return [point(kind.format(first + i), value, unit) for i, value in enumerate(values) if value]


DISPUTED = [
    point("2023-01", "100人"),
    point("2024-01", "120人"),
    point("2024-01", "125人", n=2),
    point("2025-01", "130人"),
]

anything = st.text(st.characters(), max_size=30)
codes = (
    st.sampled_from(["2019", "2020", "2022", "FY2019", "FY2021", "2024-01", "2024-03", "2024-01-31", "9999-12"])
    | anything
)
values = st.sampled_from(["1件", "2,000件", "▲3%", "4億円", "0", "12345678901234567890円"]) | anything
timelines = st.lists(st.builds(point, codes, values, st.none() | anything), max_size=8)
