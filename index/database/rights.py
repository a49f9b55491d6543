"""What the role of a PostgreSQL may not do that a collection needs."""

from __future__ import annotations

from sqlalchemy import text

from index.database import schema
from index.database.engine import Database

NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE")


def lacking(database: Database, *, is_made: bool) -> list[str]:
    """Return, in Japanese and each with its remedy, the rights that are missing; nothing for an embedded index.

    ``is_made`` tells whether the tables are there; where they are not, the role must be able to make them.
    """
    if database.kind != "postgresql":
        return []
    with database.current() as connection:
        role, place = connection.execute(text("SELECT current_user, current_schema()")).one()
        if connection.scalar(text("SELECT pg_is_in_recovery()")):
            return [
                f"{database.place} は読み取り専用の複製です。"
                "TENKYO_DATABASE_URL には元のサーバー（プライマリ）を指定してください。"
            ]
        if is_made:
            named = "format('%I.%I', current_schema(), CAST(:name AS text))"
            held = text(f"SELECT has_table_privilege(current_user, {named}, CAST(:right AS text))")
            missing = [
                right
                for right in NEEDED
                if not all(
                    connection.scalar(held, {"name": table.name, "right": right})
                    for table in schema.metadata.tables.values()
                )
            ]
            if not missing:
                return []
            return [
                f"利用者 {role} には、{'、'.join(missing)} の権限がありません。データベースの管理者が "
                f"GRANT {', '.join(missing)} ON ALL TABLES IN SCHEMA {place} TO {role} を実行してください。"
            ]
        found = []
        if place is None or not connection.scalar(
            text("SELECT has_schema_privilege(current_user, current_schema(), 'CREATE')")
        ):
            found.append(
                f"利用者 {role} は表を作れません。データベースの管理者が "
                f"GRANT CREATE, USAGE ON SCHEMA {place or 'public'} TO {role} を実行してください。"
            )
        has_vector = connection.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'vector'"))
        may_add = connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
        if not has_vector and not may_add:
            found.append(
                f"拡張機能 pgvector が有効になっておらず、利用者 {role} には有効にする権限がありません。"
                "データベースの管理者が CREATE EXTENSION vector を実行してください。"
            )
        return found


def lacking_for_accounts(database: Database) -> list[str]:
    """Return, in Japanese, what keeps a role from making the schema that shared accounts stand in."""
    with database.current() as connection:
        may = text("SELECT has_database_privilege(current_user, current_database(), 'CREATE')")
        if connection.scalar(may):
            return []
        role, name = connection.execute(text("SELECT current_user, current_database()")).one()
    return [
        f"利用者 {role} は、アカウントを入れる場所を作れません。データベースの管理者が "
        f'GRANT CREATE ON DATABASE "{name}" TO {role} を実行してください。'
    ]


def bypassing(database: Database) -> list[str]:
    """Return, in Japanese and with its remedy, that row-level security does not hold for the role, where it does not.

    Of an embedded index it is not asked.
    """
    if database.kind != "postgresql":
        return []
    with database.current() as connection:
        free = text("SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)")
        role = connection.scalar(free)
    if role is None:
        return []
    return [
        f"利用者 {role} は何でもできる利用者（SUPERUSER か BYPASSRLS）なので、グループごとの守りのうち、"
        "データベースが受け持つもの（row-level security）が働きません。どちらでもない利用者を作り"
        "（CREATE ROLE 名前 LOGIN）、データベースと表をその利用者のものにして、"
        "TENKYO_DATABASE_URL をその利用者にしてください。"
    ]
