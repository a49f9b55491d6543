"""An office with two groups and their papers, behind the real API: only the embedding model is a fake."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.access.shared import SharedDoor, open_door
from api.app import create_app
from api.settings import Settings
from index.collection import Collection
from tests.conftest import HashingEmbedder

CHEAP = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "ながいあいことば2026"
SECRET = "カモシカ回廊"  # stands in a paper of the harbour's office alone
WELFARE = """\
白鳥市　令和5年12月定例会　福祉部資料
令和5年12月5日

１　保育
保育所の待機児童数は、令和5年10月1日現在で17人です。

２　見守り
見守り訪問の実施件数は、令和5年度上半期で2,310件です。
"""
WELFARE_LATER = """\
白鳥市　令和6年6月定例会　福祉部資料
令和6年6月4日

１　保育
保育所の待機児童数は、令和6年4月1日現在で9人です。
"""
HARBOUR = f"""\
白鳥市　令和6年9月　港湾部　{SECRET}の計画
令和6年9月2日

１　{SECRET}
{SECRET}の事業費は8億4,321万円です。
保育所の待機児童数は、令和6年8月1日現在で98765人です。
"""
PAPERS = {
    "welfare": {"白鳥_福祉_12月.txt": WELFARE, "白鳥_福祉_6月.txt": WELFARE_LATER},
    "harbour": {f"{SECRET}.txt": HARBOUR},
}
# What nobody of the welfare office may ever be sent.
TELLTALE = (SECRET, "カモシカ", "8億4,321万円", "98765", "港湾部")


@dataclass
class Office:
    """``tokens`` sign people in: see ``PEOPLE``. ``papers`` are the ids of each group's documents."""

    client: TestClient
    door: SharedDoor
    assistant: Assistant
    tokens: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    papers: dict[str, list[str]] = field(default_factory=dict)

    def call(self, who: str | None, method: str, path: str, **how: Any) -> Any:
        headers = how.pop("headers", {})
        if who is not None:
            headers |= {"authorization": f"Bearer {self.tokens[who]}"}
        return self.client.request(method, path, headers=headers, **how)

    def sign_up(self, name: str, permissions: tuple[Any, ...], groups: tuple[str, ...] = ()) -> None:
        _, code = self.door.people.add(name, permissions, groups)
        self.tokens[name], _ = self.door.signing_in.accept(code, "", PASSWORD)

    def send(self, who: str, group: str, papers: dict[str, str]) -> Any:
        files = [("files", (name, text.encode())) for name, text in papers.items()]
        return self.call(who, "POST", f"/v1/documents?group={self.groups[group]}", files=files)


PEOPLE: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
    "reader": (("read",), ("welfare",)),
    "contributor": (("read", "contribute"), ("welfare",)),
    "curator": (("read", "contribute", "curate"), ("welfare",)),
    "other": (("read", "contribute", "curate"), ("harbour",)),
    "administrator": (("administer", "audit"), ()),
    "revoked": (("read", "contribute", "curate"), ("welfare",)),
}


def open_office(folder: Path, *, with_harbour: bool = True, **settings: Any) -> Office:
    """Return the office with its papers taken in; its client is to be entered, and closes what was opened."""
    door = open_door(folder / "index", 3600.0, 12 * 3600.0, "full", CHEAP, per_minute=10**9)
    assistant = Assistant(Collection(folder / "index", HashingEmbedder()))
    chosen = Settings(index=folder / "index", shared=True, **settings)
    app = create_app(assistant, chosen, door=door)
    office = Office(TestClient(app, raise_server_exceptions=False), door, assistant)
    office.groups = {name: door.people.add_group(name).id for name in ("welfare", "harbour")}
    for name, (permissions, groups) in PEOPLE.items():
        office.sign_up(name, permissions, groups)
    for who, group in (("curator", "welfare"), ("other", "harbour")):
        if group == "welfare" or with_harbour:
            added = office.send(who, group, PAPERS[group]).json()["added"]
            office.papers[group] = [document["id"] for document in added]
    door.people.change("revoked", is_disabled=True)
    return office
