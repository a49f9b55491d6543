"""Background tasks of chat programs: answered in the form that they ask for, and told apart from what a person asks."""

import json

import pytest

from api.plugs.asked import Message
from api.plugs.tasks import NO_TITLE, TITLE_LENGTH, task_reply

HISTORY = """### Chat History:
<chat_history>
USER: 白鳥市の待機児童数は何人ですか。
ASSISTANT: 9人です。[1]
USER: では、その前は？
</chat_history>"""


def asked(text, role="user"):
    return Message(role=role, content=text)


def open_webui(form):
    """Return a task as Open WebUI words it: the form of its JSON, and the conversation."""
    return asked(f"### Task:\nDo something with it.\n### Output:\nJSON format: {form}\n{HISTORY}")


@pytest.mark.parametrize(
    ("form", "reply"),
    [
        ('{ "title": "your concise title here" }', {"title": "白鳥市の待機児童数"}),
        ('{ "tags": ["tag1", "tag2", "tag3"] }', {"tags": []}),
        ('{ "follow_ups": ["Question 1?"] }', {"follow_ups": []}),
        ('\n{\n  "queries": ["query1", "query2"]\n}', {"queries": ["では、その前は？"]}),
        ('{\n    "prompt": "Your description."\n}', {"prompt": "では、その前は？"}),
        ('If unsure, return: `{ "text": "" }`.', {"text": ""}),
    ],
)
def test_each_task_gets_the_json_that_it_asks_for(form, reply):
    assert json.loads(task_reply([open_webui(form)])) == reply


@pytest.mark.parametrize(
    "prompt",
    [
        "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. "
        "Only return the title itself.\n\nConversation:\nUser: 港の使用料はいくらですか。\nAI: 300円です。",
        "Analyze this conversation and provide:\n1. The detected language of the conversation\n"
        "2. A concise title in the detected language (5 words or less, no punctuation or quotation)\n\n"
        "User: 港の使用料はいくらですか。\nAI: 300円です。",
    ],
)
def test_libre_chat_gets_a_title_and_nothing_else(prompt):
    assert task_reply([asked(prompt)]) == "港の使用料"


def test_a_title_is_short_and_there_is_always_one():
    long = open_webui('{ "title": "" }').content.replace("待機児童数", "待機児童数と保育所の整備計画の進み具合" * 3)
    title = json.loads(task_reply([asked(long)]))["title"]
    assert len(title) == TITLE_LENGTH
    assert title.endswith("…")
    empty = '### Task:\n{ "title": "" }\n<chat_history>\n</chat_history>'
    assert json.loads(task_reply([asked(empty)])) == {"title": NO_TITLE}


def test_however_long_a_conversation_is_its_title_is_there_at_once():
    endless = open_webui('{ "title": "" }').content.replace("待機児童数", "。" * 200_000)
    assert len(json.loads(task_reply([asked(endless)]))["title"]) <= TITLE_LENGTH


def test_a_template_that_names_no_form_gets_a_title():
    assert task_reply([open_webui("one line of text")]) == "白鳥市の待機児童数"


def test_which_tool_to_use_is_answered_with_none():
    system = asked("Available Tools: [...]\n\nYour task is to choose …", "system")
    assert json.loads(task_reply([system, asked("Query: 待機児童数は？")])) == {"tool_calls": []}


@pytest.mark.parametrize(
    "question",
    [
        "待機児童数は何人ですか。",
        "### Task: 待機児童数は？",
        "Task: <chat_history> とは何ですか。",
        "タイトルを教えて",
        "",
    ],
)
def test_what_a_person_asks_is_no_task(question):
    assert task_reply([asked('### Task:\n<chat_history>{ "title": "" }', "assistant"), asked(question)]) is None
