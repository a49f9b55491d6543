"""The command line speaks Japanese; what it takes and its exit statuses are argparse's."""

import pytest

from eval.arguments import Parser, in_japanese


@pytest.fixture
def parser() -> Parser:
    parser = Parser("kuji", description="くじを引きます。")
    parser.add_argument("name", metavar="名前")
    parser.add_argument("--count", type=int, metavar="N", help="本数")
    parser.add_argument("--kind", choices=["大吉", "小吉"])
    parser.add_argument("--quiet", action="store_true")
    return parser


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([], "名前 を指定してください。"),
        (["松", "竹"], "使えない引数です: 竹"),
        (["松", "--fast"], "使えない引数です: --fast"),
        (["松", "--count"], "--count: 値を1つ指定してください。"),
        (["松", "--count", "三"], "--count: 「三」 は数字として読めません。"),
        (["松", "--kind", "凶"], "--kind: 「凶」 は選べません。選べるもの: 「大吉」、「小吉」"),
        (["松", "--quiet=1"], "--quiet: 値 「1」 は付けられません。"),
    ],
)
def test_what_is_wrong_with_a_command_is_said_in_japanese_with_status_2(parser, typed, said, capsys):
    with pytest.raises(SystemExit) as end:
        parser.parse_args(typed)
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert f"kuji: {said}（くわしくは kuji --help）" in told
    assert told.startswith("使い方: kuji")
    assert not {"usage", "error", "argument", "invalid", "expected"} & set(told.replace(":", " ").split())


def test_the_help_has_japanese_headings(parser, capsys):
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    assert "\n引数:\n" in told
    assert "\nオプション:\n" in told
    assert not {"usage:", "options:", "show"} & set(told.split())


def test_what_is_japanese_already_stays():
    assert in_japanese("argument --since: 日付として読めません: x") == "--since: 日付として読めません: x"
    assert in_japanese("何かが違います") == "何かが違います"
