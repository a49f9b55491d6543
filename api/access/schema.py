"""The tables of accounts: people, groups and whose documents are whose, sessions, keys, invitations, the record."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, MetaData, Table, Text

PLACE = "tenkyo_access"  # the schema of shared accounts
VERSION = 1  # of the tables; a database of a later one is refused

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True),  # as it is typed at the sign-in, whatever its width or case
    Column("password", Text),  # argon2id; NULL until the person has set one
    Column("subject", Text, unique=True),  # what a provider knows the person by; NULL for those who are ours alone
    Column("permissions", JSON, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created", Float, nullable=False),  # seconds since 1970, as all times here
)
groups = Table(
    "groups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)
members = Table(
    "members",
    metadata,
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("group", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True),
)
# A document that is not here, or whose group has nobody, exists for nobody.
documents = Table(
    "documents",
    metadata,
    Column("group", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("document", Text, primary_key=True, index=True),
)
sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),  # of the token, which is kept by its owner alone
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created", Float, nullable=False),
    Column("used", Float, nullable=False),
    Column("until", Float, nullable=False),
)
keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("shown", Text, nullable=False),  # its first and last characters, to tell one from another
    Column("name", Text, nullable=False),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("groups", JSON, nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("used", Float),
)
invitations = Table(
    "invitations",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), unique=True),  # NULL: for the first administrator
    Column("expires", Float, nullable=False),
)
conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("group", ForeignKey("groups.id", ondelete="SET NULL"), index=True),  # that sees it too
    Column("title", Text, nullable=False),
    Column("changed", Float, nullable=False),
    Column("turns", JSON, nullable=False),
)
# Failed sign-ins by the hash of what was typed as a name, whether there is such a person or not.
attempts = Table(
    "attempts",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", Float, nullable=False),
)
# Counts up with every change to what somebody may see; a process that remembers that looks here.
changes = Table("changes", metadata, Column("count", Integer, nullable=False))

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("time", Float, nullable=False),
    Column("entry", Text, nullable=False),  # JSON, just as it was hashed
    Column("hash", Text, nullable=False),  # of the hash before and the entry
    sqlite_autoincrement=True,  # no number comes twice, so that one taken off the end is missed
)

# The record is only ever added to; what is older than it is to be kept goes by a way of its own (audit.prune).
TRIGGERS = (
    "CREATE TRIGGER IF NOT EXISTS audit_is_not_changed BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END",
    "CREATE TRIGGER IF NOT EXISTS audit_is_not_shortened BEFORE DELETE ON audit"
    " WHEN OLD.number > (SELECT pruned FROM audit_start)"
    " BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END",
)
SHARED_TRIGGERS = (
    f"CREATE FUNCTION {PLACE}.audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN"
    f" IF TG_OP = 'UPDATE' OR OLD.number > (SELECT pruned FROM {PLACE}.audit_start)"
    " THEN RAISE EXCEPTION 'the record is only added to'; END IF;"
    " RETURN OLD; END $$",
    f"CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON {PLACE}.audit"
    f" FOR EACH ROW EXECUTE FUNCTION {PLACE}.audit_is_only_added_to()",
)
# Where the record begins: the number and the hash of the last entry that was pruned.
audit_start = Table(
    "audit_start", metadata, Column("pruned", Integer, nullable=False), Column("hash", Text, nullable=False)
)

# SQLite counts by itself, and never gives a number twice; of a sequence, numbers would be missing that nobody has had.
shared = MetaData()
audit_end = Table("audit_end", shared, Column("number", Integer, nullable=False))
