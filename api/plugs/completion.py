"""A reply in OpenAI's form: whole, or as the lines of a stream."""

from __future__ import annotations

import json
import time
from secrets import token_hex
from typing import Any

from answer.generating.contract import Record
from api.plugs.wording import Source

END = "data: [DONE]\n\n"
WAIT = ": wait\n\n"  # a comment, which every reader of a stream passes over
_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}  # some readers break lines at them


class Completion:
    """One reply: its parts have one id, one time and one model."""

    def __init__(self, model: str, *, has_usage: bool):
        """``has_usage`` adds to a stream how many tokens a language model took."""
        self._head = {"id": f"chatcmpl-{token_hex(12)}", "created": int(time.time()), "model": model}
        self._has_usage = has_usage

    def whole(self, content: str, annotations: list[dict[str, Any]], record: Record | None = None) -> dict[str, Any]:
        """Return the whole reply."""
        message = {"role": "assistant", "content": content, "refusal": None, "annotations": annotations}
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": usage(record),
        }

    def first(self) -> str:
        """Return the line that a stream begins with: it says nothing but who speaks."""
        return self.chunk({"role": "assistant", "content": ""})

    def chunk(self, delta: dict[str, Any], finish: str | None = None) -> str:
        """Return the line of a chunk."""
        return self._line([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}])

    def last(self, record: Record | None = None) -> str:
        """Return the lines that a stream ends with."""
        counted = self._line([], usage=usage(record)) if self._has_usage else ""
        return f"{self.chunk({}, 'stop')}{counted}{END}"

    def _line(self, choices: list[dict[str, Any]], **more: Any) -> str:
        counted = {"usage": None} if self._has_usage else {}
        return data({**self._head, "object": "chat.completion.chunk", "choices": choices, **counted, **more})


def usage(record: Record | None) -> dict[str, int]:
    """Return the tokens that a language model took, as its server counted them: none where none was asked."""
    prompt = (record.written.prompt_tokens if record else None) or 0
    completion = (record.written.completion_tokens if record else None) or 0
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def open_webui_line(source: Source) -> str:
    """Return the line from which Open WebUI shows a source with its quote and page.

    Without ``choices`` it breaks other clients. It has the address of the annotation: there the two become one source.
    """
    quote, page = source.citation.quote, source.citation.page
    paged = {} if page is None else {"page": page - 1}  # counted from 0 there
    metadata = {"source": source.url, "name": source.title, **paged}
    told = {"source": {"name": source.title, "url": source.url}, "document": [quote], "metadata": [metadata]}
    return data({"event": {"type": "source", "data": told}})


def data(value: dict[str, Any]) -> str:
    """Return one line of a stream, with the empty one that ends it."""
    return f"data: {json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)}\n\n"
