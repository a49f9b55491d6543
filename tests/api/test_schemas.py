"""The models of HTTP against the dataclasses they mirror: neither can change alone."""

import json
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

from answer import answer as a
from answer import saying
from api import schemas as s
from index.documents import DocumentInfo
from index.scope import Scope
from tests.api.conftest import full_answer, info_of, unsure_answer

MIRRORS = [
    (a.Answer, s.AnswerOut),
    (a.Citation, s.CitationOut),
    (a.Derived, s.DerivedOut),
    (a.Candidate, s.CandidateOut),
    (a.TimelinePoint, s.TimelinePointOut),
    (a.Sentence, s.SentenceOut),
    (a.Dropped, s.DroppedOut),
    (a.Disagreement, s.DisagreementOut),
    (a.Generated, s.GeneratedOut),
    (a.Writing, s.WritingOut),
    (a.Timings, s.TimingsOut),
    (DocumentInfo, s.DocumentOut),
    (Scope, s.ScopeBody),
]


def optional(hint):
    return type(None) in get_args(hint)


@pytest.mark.parametrize(("data", "model"), MIRRORS, ids=lambda c: c.__name__)
def test_a_model_has_the_fields_of_its_dataclass(data, model):
    """The same names, and null where and only where the dataclass has None."""
    hints = get_type_hints(data)
    ours = {name: type(None) in get_args(field.annotation) for name, field in model.model_fields.items()}
    assert ours == {field.name: optional(hints[field.name]) for field in fields(data)}


def test_a_passage_is_its_citation_with_chunk_and_score():
    assert set(s.PassageOut.model_fields) == {"chunk_id", "score"} | {f.name for f in fields(a.Citation)}


def test_an_answer_travels_unchanged(text_document, pdf_document):
    for document in (text_document, pdf_document):
        for made in (full_answer(document), unsure_answer(document)):
            body = json.loads(json.dumps(made.to_dict()))
            assert s.AnswerOut.model_validate(body).model_dump(mode="json") == body


def test_a_document_travels_unchanged(text_document):
    info = info_of(text_document, warnings=("3ページに文字がありません",))
    assert s.DocumentOut.model_validate(info, from_attributes=True).warnings == info.warnings


def test_the_documentation_has_an_example_of_each_outcome():
    examples = s.AnswerOut.model_json_schema()["examples"]
    assert [s.AnswerOut.model_validate(one).status for one in examples] == list(get_args(a.Status))
    said = [one["answer"] for one in examples]
    assert said[1:] == [saying.UNSURE, saying.NOT_FOUND]
