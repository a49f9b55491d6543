"""What is asked in a chat: the requests of many clients, of which only the words of the person count."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.problems import Problem
from api.schemas import Text

MODEL, EXTRACTIVE = "tenkyo", "tenkyo-extractive"
TURNS = 8  # earlier questions that a follow-up is read after
# Open WebUI puts what it has found in a person's own files before their words.
_CONTEXT = re.compile(r"\A### Task:.*</context>", re.S)


# Open WebUI (0.12) offers its own tools with every question, unless they are switched off for the model.
_OPEN_WEBUI_TOOLS = {"get_current_timestamp", "calculate_timestamp"}


class _Lenient(BaseModel):
    """Clients send fields that we have never heard of."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Part(_Lenient):
    type: Text = "text"
    text: Text | None = None


class Message(_Lenient):
    role: Text = Field(description="Only the words of the role user are read; no instruction of a system is followed.")
    content: Text | tuple[Part, ...] | None = Field(None, description="A text, or parts of type text.")


class Function(_Lenient):
    name: Text = ""


class Tool(_Lenient):
    function: Function = Field(default_factory=Function)


class StreamOptions(_Lenient):
    include_usage: bool | None = None


class ResponseFormat(_Lenient):
    type: Text = "text"


class ChatRequest(_Lenient):
    """OpenAI's request. Fields that are not named here are accepted and ignored."""

    model: Text = Field(MODEL, max_length=200, description=f"{MODEL}, or {EXTRACTIVE}: without a language model.")
    messages: tuple[Message, ...] = Field(
        min_length=1, description="The last of the role user is the question; those before say what it follows."
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    tools: tuple[Tool, ...] | None = Field(
        None, description="None is called here: refused, but for those that Open WebUI offers with every question."
    )
    tool_choice: Any = Field(None, description='With "none" tools are not refused.')
    functions: tuple[Any, ...] | None = Field(None, description="The older name of tools.")
    response_format: ResponseFormat | None = None


class Asked(BaseModel):
    """A question, and those of the same person before it, oldest first."""

    model_config = ConfigDict(frozen=True)

    question: Text
    before: tuple[Text, ...] = ()


def read_asked(body: ChatRequest) -> Asked:
    """Return what a person asks; a Problem of status 400 for what cannot be had here."""
    _check(body)
    questions = [_words(message) for message in body.messages if message.role == "user"]
    if not questions:
        title = "質問がありません。role が user の発言を入れてください。"
        raise Problem(400, "question-missing", title, "messages hold none of the role user")
    *before, question = questions
    return Asked(question=question, before=tuple(before[-TURNS:]))


def text_of(message: Message) -> str:
    """Return the text of a message; parts that are none are passed over."""
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    return "\n".join(part.text for part in message.content if part.type == "text" and part.text)


def is_extractive(model: str) -> bool:
    """Tell whether no language model is to write; a Problem of status 404 for a model that there is not."""
    if model not in (MODEL, EXTRACTIVE):
        title = f"そのモデルはありません。{MODEL} か {EXTRACTIVE} を指定してください。"
        raise Problem(404, "model_not_found", title, f"models: {MODEL}, {EXTRACTIVE}")
    return model == EXTRACTIVE


def _words(message: Message) -> str:
    """Return what a person has typed."""
    return _CONTEXT.sub("", text_of(message)).strip()


def _check(body: ChatRequest) -> None:
    asked = next((message for message in reversed(body.messages) if message.role == "user"), None)
    parts = asked.content if asked is not None and isinstance(asked.content, tuple) else ()
    offered = {tool.function.name for tool in body.tools or ()}
    may_go_uncalled = body.tool_choice == "none" or (
        offered >= _OPEN_WEBUI_TOOLS and body.tool_choice in (None, "auto")
    )
    refusals: dict[Literal["parts", "tools", "n", "format"], tuple[bool, str, str]] = {
        "parts": (
            any(part.type != "text" for part in parts),
            "画像や音声は読めません。文字で質問してください。",
            f"content parts of type text only, got {', '.join(sorted({part.type[:40] for part in parts} - {'text'}))}",
        ),
        "tools": (
            bool(body.functions or (body.tools and not may_go_uncalled)),
            "ツール（function calling）には対応していません。tools を外してください。",
            "tools and functions are not supported",
        ),
        "n": (
            body.n is not None and body.n != 1,
            "答えは一つだけです。n を 1 にするか、外してください。",
            f"n must be 1, got {body.n}",
        ),
        "format": (
            body.response_format is not None and body.response_format.type != "text",
            "答えの形は決められません。response_format を外してください（出典は annotations と tenkyo にあります）。",
            "response_format must be text",
        ),
    }
    for name, (is_refused, title, detail) in refusals.items():
        if is_refused:
            raise Problem(400, f"unsupported-{name}", title, detail)
