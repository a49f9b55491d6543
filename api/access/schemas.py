"""What travels over HTTP about people, groups, keys and the record."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.access.caller import Way
from api.access.errors import Permission
from api.schemas import Model, ScopeBody, Text


class MeOut(Model):
    """Who is asking, and what they may do."""

    is_shared: bool = Field(description="There are accounts; else everything is this machine's one person's.")
    id: str
    name: str
    by: Way
    permissions: tuple[Permission, ...]
    groups: tuple[GroupOut, ...]


class GroupOut(Model):
    id: str
    name: str


class GroupIn(Model):
    name: Text = Field(min_length=1, max_length=100)


class GroupsOut(Model):
    groups: tuple[GroupOut, ...]


class UserIn(Model):
    name: Text = Field(min_length=1, max_length=100)
    permissions: tuple[Permission, ...] = ("read",)
    groups: tuple[Text, ...] = Field((), max_length=1000, description="Ids or names.")


class UserChange(Model):
    """What is to be other than it is; null leaves it."""

    permissions: tuple[Permission, ...] | None = None
    groups: tuple[Text, ...] | None = Field(None, max_length=1000, description="All of them from now on.")
    is_disabled: bool | None = None


class UserOut(Model):
    id: str
    name: str
    permissions: tuple[Permission, ...]
    groups: tuple[str, ...] = Field(description="Ids.")
    is_disabled: bool
    has_password: bool = Field(description="False until the code of the invitation was used.")


class InvitedOut(Model):
    user: UserOut
    code: str = Field(description="Shown this once: with it the person sets a password at /welcome, within a week.")


class UsersOut(Model):
    users: tuple[UserOut, ...]


class PasswordIn(Model):
    old: Text = Field(max_length=200)
    new: Text = Field(max_length=200)


class KeyIn(Model):
    name: Text = Field(min_length=1, max_length=100)
    groups: tuple[Text, ...] | None = Field(None, max_length=1000, description="Ids; null: all that one has now.")
    permissions: tuple[Permission, ...] = ("read",)
    days: int = Field(90, ge=1, le=366)


class KeyOut(Model):
    id: str
    name: str
    shown: str = Field(description="The first and last characters of the key.")
    user: str
    groups: tuple[str, ...]
    permissions: tuple[Permission, ...]
    created: float = Field(description="Seconds since 1970, as the other times.")
    expires: float
    used: float | None


class NewKeyOut(Model):
    key: KeyOut
    secret: str = Field(description="The key itself, shown this once.")


class KeysOut(Model):
    keys: tuple[KeyOut, ...]


class HeldOut(Model):
    """A document as an administrator sees it who need not be allowed to read it."""

    id: str
    title: str
    groups: tuple[str, ...] = Field(description="Ids.")


class HoldingsOut(Model):
    documents: tuple[HeldOut, ...]


class HoldingIn(Model):
    groups: tuple[Text, ...] = Field(max_length=1000, description="Ids: all that the document belongs to from now on.")


class EntryOut(Model):
    number: int
    time: float
    entry: dict[str, Any]
    hash: str


class AuditOut(Model):
    entries: tuple[EntryOut, ...] = Field(description="Newest first.")


class VerdictOut(Model):
    state: Literal["sound", "broken"]
    entries: int
    head: str = Field(description="Hash of the last entry: kept elsewhere, it proves later what there was.")
    faults: tuple[str, ...]


class AskedTurn(Model):
    """A question of a conversation; its answer is found anew for whoever opens it."""

    question: Text = Field(min_length=1, max_length=10_000)
    scope: ScopeBody | None = None
    as_typed: bool = False


Turns = Annotated[tuple[AskedTurn, ...], Field(max_length=50)]
Title = Annotated[Text, Field(min_length=1, max_length=200)]


class ConversationIn(Model):
    title: Title
    turns: Turns


class ConversationChange(Model):
    """What is to be other than it is; null leaves it, and a group of "" takes the conversation back from its group."""

    title: Title | None = None
    turns: Turns | None = None
    group: Text | None = Field(None, max_length=100, description="Id of the group that is to see it.")


class ConversationOut(Model):
    id: str
    title: str
    owner: str = Field(description="By name.")
    is_mine: bool
    group: str | None
    changed: float = Field(description="Seconds since 1970.")
    turns: tuple[AskedTurn, ...]


class ConversationsOut(Model):
    conversations: tuple[ConversationOut, ...] = Field(description="Newest first.")


MeOut.model_rebuild()
