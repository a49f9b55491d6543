"""Figures as people read them."""

import pytest

from eval.reports.figures import decimal, milliseconds, moment, percent, points


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (percent(0.8929), "89.3%"),
        (percent(0.0), "0.0%"),
        (decimal(0.04217), "0.042"),
        (points(0.0125), "+1.2ポイント"),
        (points(-0.038), "−3.8ポイント"),
        (points(0.0004), "差なし"),
        (milliseconds(3.14), "3.1ミリ秒"),
        (milliseconds(47.63), "48ミリ秒"),
        (milliseconds(1240.0), "1.24秒"),
        (moment("2026-11-23T15:22:20+00:00"), "2026年11月24日 0:22"),
    ],
)
def test_a_figure_has_its_words(shown, words):
    assert shown == words


def test_what_was_not_measured_is_a_dash():
    assert {shown(None) for shown in (percent, decimal, points, milliseconds, moment)} == {"－"}
