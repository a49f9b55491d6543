"""Awkward documents for property tests: made-up text of invented towns."""

from hypothesis import strategies as st

_LINES = st.sampled_from(
    [
        "# みどり町の計画",
        "## （１）現状・課題",
        "１ 産業の振興について",
        "（２）取組概要",
        "①移住体験事業 【企画課】",
        "【事業概要】",
        "＜事業のねらい＞",
        "■ 相談窓口の設置",
        "・町内の企業に対し、窓口で相談を受け",
        "付ける。併せて研修を行う。",
        "- **人材**: 担い手の確保",
        "※令和６年１月末時点",
        "日 程：令和6年5月12日",
        "相談件数\t1,234件\t２，３４５件",
        "\tR4\tR5",
        "窓口A\t12\t▲3",
        "𠮷野地区の髙橋氏",
        "ﾃﾞｰﾀ連携基盤㈱",
        "|--|--|",
        "24",
        "　全角の字下げ。「閉じない括弧（",
        " ",
        "",
        "",
        "長い行" * 60 + "。",
        "区切りのない長い行" * 40,
        "a\u3099b\0c",
    ]
)
_ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\f", "\n\f", "\n\n\n\n"])


@st.composite
def awkward_texts(draw: st.DrawFn) -> str:
    """Return text with mixed line ends, form feeds, tables, wide and supplementary characters."""
    pieces = draw(st.lists(st.tuples(_LINES, _ENDS), min_size=1, max_size=25))
    return "".join(line + end for line, end in pieces)
