"""What chat programs ask in the background, such as a title for a conversation: answered without looking anything up.

Open WebUI (default templates of 0.12.4) begins them with "### Task:", quotes the conversation and names the key of the
JSON that it wants; LibreChat asks for a title in words of its own. Whoever has changed these templates names another
model for such tasks there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from api.plugs.asked import Message, text_of

TITLE_LENGTH = 30  # characters
READ = 500  # characters of a turn that are looked at
NO_TITLE = "資料への質問"
_KEY = re.compile(r'\{\s*"(title|tags|follow_ups|queries|prompt|text)"\s*:')
_TITLES = ("Provide a concise, 5-word-or-less title", "Analyze this conversation and provide")
_TURN = re.compile(r"^(?:USER|User|Human): *(.+)$", re.M)
_ASKING = re.compile(
    r"(?:は|とは)?(?:何.{0,4}|いくら|いくつ|いつ|どこ|だれ|誰|どの.{0,4}|どう)?(?:です|でしょう)?か?[。？?！!\s]*$"
)


def task_reply(messages: Sequence[Message]) -> str | None:
    """Return the reply to a background task in the form that it asks for; None for what a person asks."""
    asked = next((text_of(message) for message in reversed(messages) if message.role == "user"), "").lstrip()
    if any(text_of(m).lstrip().startswith("Available Tools:") for m in messages if m.role == "system"):
        return json.dumps({"tool_calls": []})
    if asked.startswith(_TITLES):
        return _title(asked)
    if not asked.startswith("### Task:") or "<chat_history>" not in asked:
        return None
    key = _KEY.search(asked)
    match key and key[1]:
        case "title":
            reply: dict[str, str | list[str]] = {"title": _title(asked)}
        case "tags" | "follow_ups" as name:
            reply = {name: []}
        case "queries":
            reply = {"queries": _questions(asked)[-1:]}
        case "prompt":
            reply = {"prompt": "".join(_questions(asked)[-1:])}
        case "text":
            reply = {"text": ""}
        case _:
            return _title(asked)
    return json.dumps(reply, ensure_ascii=False)


def _title(asked: str) -> str:
    """Return what the first question of a conversation is about. 例: 待機児童数は何人ですか。 → 待機児童数"""
    first = "".join(_questions(asked)[:1])
    about = _ASKING.sub("", first) or first or NO_TITLE
    return about if len(about) <= TITLE_LENGTH else f"{about[: TITLE_LENGTH - 1]}…"


def _questions(asked: str) -> list[str]:
    """Return the first lines of what the person has said in the conversation that a task quotes."""
    quoted = re.split(r"<chat_history>|^Conversation:|^2\. .*$", asked, maxsplit=1, flags=re.M)[-1]
    return [turn[:READ].strip() for turn in _TURN.findall(quoted)]
