"""Everyday words and the words that offices use for the same thing.

Each line of ``thesaurus.txt`` is one group: a question that uses any word of it matches a text that uses another. The
words are common Japanese; nothing in it names a place, a project or a document. 例: 旅券を作る費用 → パスポート取得費用
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

_GROUPS = Path(__file__).with_suffix(".txt")


@cache
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = defaultdict(set)
    for line in _GROUPS.read_text(encoding="utf-8").splitlines():
        head, *others = line.split()
        table[head].update(others)
        # The groups read one way: from what is asked to what is written; only the second word also reads back.
        table[others[0]].add(head)
    return {word: frozenset(others - {word}) for word, others in table.items()}


def synonyms(word: str) -> frozenset[str]:
    """Return the words that may stand in a text for ``word`` of a question (folded); empty when there are none."""
    return _table().get(word, frozenset())
