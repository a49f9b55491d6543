"""The command line's own words in Japanese: argparse says its errors and its help in English."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

# What argparse says, and what is said here; the order matters, since a fault of one argument holds another sentence.
_SAID = (
    (r"argument (?P<name>[^:]+): (?P<said>.+)", None),
    (r"the following arguments are required: (.+)", r"\1 を指定してください。"),
    (r"one of the arguments (.+) is required", r"\1 のどれかを指定してください。"),
    (r"unrecognized arguments: (.+)", r"使えない引数です: \1"),
    (r"unexpected option string: (.+)", r"使えない引数です: \1"),
    (r"ambiguous option: (.+) could match (.+)", r"\1 は、どの引数のことか分かりません（\2）。"),
    (r"invalid choice: (.+) \(choose from (.+)\)", r"\1 は選べません。選べるもの: \2"),
    (r"expected one argument", "値を1つ指定してください。"),
    (r"expected at most one argument", "値は1つまでです。"),
    (r"expected at least one argument", "値を1つ以上指定してください。"),
    (r"expected (\d+) arguments?", r"値を\1個指定してください。"),
    (r"not allowed with argument (.+)", r"\1 と一緒には使えません。"),
    (r"ignored explicit argument (.+)", r"値 \1 は付けられません。"),
    (r"invalid (?:int|float) value: (.+)", r"\1 は数字として読めません。"),
    (r"invalid \w+ value: (.+)", r"\1 は読み取れません。"),
)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that speaks Japanese; what it takes and its exit statuses are the same."""

    def __init__(self, prog: str | None = None, *, add_help: bool = True, **options: Any):
        super().__init__(prog, add_help=False, formatter_class=_Formatter, **options)
        self._positionals.title = "引数"
        self._optionals.title = "オプション"
        if add_help:
            self.add_argument("-h", "--help", action="help", help="この説明を表示して終わります")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and end with status 2."""
        self.exit(2, f"{self.format_usage()}{self.prog}: {in_japanese(message)}（くわしくは {self.prog} --help）\n")


class _Formatter(argparse.HelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "使い方: " if prefix is None else prefix)


def in_japanese(message: str) -> str:
    """Return what argparse says of a command line, in Japanese; what is Japanese already stays.

    例: argument -k: expected one argument → -k: 値を1つ指定してください。
    """
    for english, japanese in _SAID:
        if match := re.fullmatch(english, message, re.DOTALL):
            if japanese is None:
                return f"{match['name']}: {in_japanese(match['said'])}"
            said = match.expand(japanese)
            if "選べるもの: " in said:  # the choices have quotation marks up to Python 3.11, and none later
                said, choices = said.split("選べるもの: ")
                said += "選べるもの: " + "、".join(f"「{choice.strip(chr(39))}」" for choice in choices.split(", "))
            return re.sub(r"'([^',]*)'", r"「\1」", said).replace(", ", "、")
    return message
