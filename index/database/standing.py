"""How a replica stands beside its primary: whether it is read, and how far it is behind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from index.database.engine import Database
from index.database.errors import told
from index.database.generations import newest
from index.database.replicas import Replica
from index.database.schema import REVISION

LATE = 30.0  # seconds behind from which on somebody is to look

# Seconds since what was replayed last, but none where all that has come is replayed: the primary may be idle.
_SEEN = text(
    "SELECT pg_is_in_recovery() AS follows, pg_is_in_recovery() AND pg_is_wal_replay_paused() AS paused,"
    " EXISTS (SELECT FROM pg_stat_wal_receiver) AS connected,"
    " CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
    " ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END AS seconds"
)
_REVISION = text("SELECT version_num FROM alembic_version")


@dataclass(frozen=True)
class Standing:
    """What is said of a replica, in Japanese; ``is_wrong`` where somebody has something to do."""

    told: str
    is_wrong: bool = False


def standing(database: Database, replica: Replica) -> Standing:
    """Return how a replica that can be reached stands beside the primary of ``database``; TenkyoIndexError if not."""
    with told(replica.place), replica.engine.connect() as connection:
        seen, revision = connection.execute(_SEEN).one(), _revision(connection)
        held = newest(connection).number if revision else 0
    with database.current() as connection:
        made_with, last = _revision(connection), newest(connection).number if _revision(connection) else 0
    place, behind = replica.place, max(0, last - held)
    far = f"世代 {held}、プライマリより {behind} 世代" if behind else f"世代 {held}、プライマリと同じ"
    if made_with == REVISION != revision:
        return Standing(
            f"{place} の索引の形式は {revision or 'まだなく'} で、この版（{REVISION}）より古いため、読みません。"
            "プライマリからの反映（ストリーミング）が止まっていないかを確かめてください。",
            is_wrong=True,
        )
    if seen.paused:
        return Standing(
            f"{place} の再生が止まっています（{far}）。"
            "その複製で SELECT pg_wal_replay_resume() を実行してください。それまで、新しい世代は読みません。",
            is_wrong=True,
        )
    if behind and (seen.seconds > LATE or not seen.connected):
        return Standing(
            f"{place} は遅れています（{far}、{seen.seconds:.0f} 秒）。追いつくまで、新しい世代は読みません。"
            "プライマリとの接続（pg_stat_wal_receiver）と、その機械の忙しさを確かめてください。",
            is_wrong=True,
        )
    what = "" if seen.follows else "、書き込めるサーバーです"
    return Standing(f"{place} は読めます（{far}、遅れ {seen.seconds:.1f} 秒{what}）。")


def _revision(connection: Connection) -> str | None:
    there = text("SELECT to_regclass(format('%I.alembic_version', current_schema())) IS NOT NULL")
    return connection.scalar(_REVISION) if connection.scalar(there) else None
