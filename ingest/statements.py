"""Statements: the smallest pieces of a document that can be quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.document import Block, Document
from ingest.instructions import is_instruction
from ingest.japanese import content_words, split_sentences


@dataclass(frozen=True)
class Statement:
    """A sentence, a bullet, a key-value line, a note, a heading or a row of a table, under its headings.

    It is ``document.text[start:end]``. ``is_order`` marks what tells whoever answers what to say. ``lemmas`` are its
    content words, each once.
    """

    start: int
    end: int
    kind: str
    headings: tuple[str, ...] = ()
    is_order: bool = False
    lemmas: tuple[str, ...] = ()


def read_statements(document: Document) -> tuple[Statement, ...]:
    """Return the statements of a document in order; tables give a statement a line."""
    found: list[Statement] = []

    def add(start: int, end: int, block: Block) -> None:
        text = document.text[start:end]
        start += len(text) - len(text.lstrip())
        end -= len(text) - len(text.rstrip())
        if start < end:
            lemmas = tuple(sorted(set(content_words(on_one_line(document.text[start:end])))))
            found.append(Statement(start, end, block.kind, block.headings, lemmas=lemmas))

    for block in document.blocks:
        text = document.text[block.start : block.end]
        if block.kind == "table":
            at = block.start
            for line in text.split("\n"):
                add(at, at + len(line), block)
                at += len(line) + 1
        elif block.kind == "heading":
            add(block.start, block.end, block)
        else:
            for start, end in split_sentences(text):
                add(block.start + start, block.start + end, block)
    return tuple(_with_orders(document, found))


def on_one_line(text: str) -> str:
    """Return a statement's text on one line: a wrap inside a Japanese sentence is no space."""
    return re.sub(r"[ \t　]*\n\s*", "", text).strip()


def _with_orders(document: Document, statements: Sequence[Statement]) -> list[Statement]:
    """Mark each statement that is an order to the reader, stands under one, or goes on in its paragraph."""
    found: list[Statement] = []
    for statement in statements:
        before = found[-1] if found else None
        goes_on = (
            before is not None
            and before.is_order
            and statement.kind == before.kind != "table"
            and not document.text[before.end : statement.start].strip(" \t　")
        )
        told = on_one_line(document.text[statement.start : statement.end]), *statement.headings
        found.append(replace(statement, is_order=goes_on or any(map(is_instruction, told))))
    return found
