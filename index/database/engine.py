"""Opens the database of a collection: a folder or a URL becomes a Database that reads and writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from weakref import finalize

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from index.database import schema
from index.database.errors import busy, told
from index.database.visibility import EVERYTHING, NOTHING, show
from index.protocols import IndexMismatch, IndexMissing, IndexUnreachable, IndexUnwritable

Kind = Literal["sqlite", "postgresql"]

FILE = "tenkyo.db"
PATIENCE = 10.0  # seconds that a writer waits for another before it gives up
POSTGRES, PGVECTOR = 15, (0, 8)  # the oldest that are known to work: iterative scans came with pgvector 0.8
_LOCK = 0x54454E4B  # the class of our advisory locks; the second number is the schema's
_CLAIM = 0x54454E4C  # and that of a work of many transactions
_WRITES = "tenkyo_writes"  # an execution option: the transaction is to hold the writer's lock from its start


class Database:
    """One collection's database. Safe from threads: each transaction has a connection of its own."""

    def __init__(self, engine: Engine, place: str, folder: Path | None):
        self.engine = engine
        self.place = place  # as people are told; without a password
        self.folder = folder  # where caches may lie, and the originals of an embedded index
        self.kind: Kind = "postgresql" if engine.dialect.name == "postgresql" else "sqlite"
        of_one_state = {"isolation_level": "REPEATABLE READ"} if self.kind == "postgresql" else {}
        self._readers = engine.execution_options(**of_one_state)
        finalize(self, engine.dispose)  # of one that nobody holds any more

    @contextmanager
    def reading(self, visible: str = NOTHING) -> Iterator[Connection]:
        """Give a transaction that sees one state of the database, whatever is written meanwhile.

        Of a shared one it sees the rows of papers that are ``visible`` alone, see ``visibility``.
        """
        with told(self.place), self._readers.connect() as connection, connection.begin():
            if self.kind == "postgresql":
                show(connection, visible)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that nobody else writes beside; it is committed at its end, unless something is raised.

        Raise IndexBusy when another writer does not finish in time.
        """
        writers = self.engine.execution_options(**{_WRITES: True})
        with told(self.place), writers.connect() as connection, connection.begin():
            if self.kind == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = '{int(PATIENCE * 1000)}ms'"))
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:class, hashtext(current_schema()))"), {"class": _LOCK}
                )
                show(connection, EVERYTHING)
            yield connection

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep others from a work of many transactions; raise IndexBusy at once while another machine is at one.

        Of a folder that is ``claimed_folder``: only a shared database has a lock of its own.
        """
        if self.kind == "sqlite":
            yield
            return
        with told(self.place), self.engine.connect() as connection:
            # Of the session, not of a transaction: none may stay open for as long as a work takes.
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            mine = {"class": _CLAIM}
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:class, hashtext(current_schema()))"), mine):
                raise busy(self.place)
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:class, hashtext(current_schema()))"), mine)

    def properties(self) -> dict[str, str]:
        """Return what the database says of how it was made: analyzer, embedder, dim; nothing before the first paper."""
        with self.reading() as connection:
            return {row.name: row.value for row in connection.execute(select(schema.properties))}

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def claimed_folder(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a folder; raise IndexBusy at once while one does."""
    with _making(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "write.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise busy(str(folder)) from error
    try:
        yield
    finally:
        lock.release()


def open_database(place: Path | str, *, create: bool = False) -> Database:
    """Return the database in a folder, or the one that a ``postgresql+psycopg://…`` URL names.

    With ``create`` it is made, or brought to the schema of this version, if need be; without it, that is refused:
    IndexMissing where nothing is, IndexMismatch where a shared one has the schema of an older version. That of a newer
    version is refused always. A URL that cannot be
    used, a server too old, without pgvector or out of reach raise IndexUnreachable, a role without rights
    IndexUnwritable; each says what helps.
    """
    url = _url(place)
    if url.drivername.startswith("sqlite"):
        folder = Path(str(url.database)).parent
        if not create and not Path(str(url.database)).is_file():
            raise _missing(str(folder))
        with _making(str(folder)):
            folder.mkdir(parents=True, exist_ok=True)
    database = connect(place)
    try:
        check_schema(database, create=create)
    except BaseException:
        database.close()
        raise
    return database


def connect(place: Path | str) -> Database:
    """Return a database as ``open_database`` does, whatever its schema is."""
    url = _url(place)
    folder = None if url.drivername.startswith("postgresql") else Path(str(url.database)).parent
    shown = url.render_as_string(hide_password=True) if folder is None else str(folder)
    database = Database(_engine(url), shown, folder)
    try:
        if database.kind == "postgresql":
            _check_server(database)
    except BaseException:
        database.close()
        raise
    return database


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database file as it is at one moment to a new file, while others read it and write to it."""
    with told(str(source)), _file(source) as held, told(str(target)), _file(target) as copy:
        held.connection.driver_connection.backup(copy.connection.driver_connection)
        copy.exec_driver_sql("PRAGMA journal_mode = DELETE")


def leave_wal(path: Path) -> None:
    """Bring all of a database into its one file; OperationalError while another connection is open."""
    with _file(path) as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")


@contextmanager
def _file(path: Path) -> Iterator[Any]:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection


def settle(connection: Connection, wanted: Mapping[str, str], place: str) -> None:
    """Write down how the index is made; raise IndexMismatch when it was made otherwise.

    Called in the transaction that writes, so that two first writers cannot settle for different models.
    """
    held = {row.name: row.value for row in connection.execute(select(schema.properties))}
    check_properties(held, wanted, place)
    new = [{"name": name, "value": value} for name, value in wanted.items() if name not in held]
    if new:
        connection.execute(insert(schema.properties), new)


def check_properties(held: Mapping[str, str], wanted: Mapping[str, str], place: str) -> None:
    """Raise IndexMismatch when an index was made by another model or analyzer than the ``wanted`` ones."""
    for name, value in wanted.items():
        if held.get(name, value) == value:
            continue
        if name == schema.ANALYZER:
            raise IndexMismatch(
                f"{place} was made with analyzer {held[name]}, not {value}: "
                "run `tenkyo ingest` with your files again to rebuild it from its originals",
                f"{place} の索引は今の版と単語の切り方が違います（{held[name]} → {value}）。"
                "「tenkyo ingest」で文書をもう一度取り込むと、保存してある原本から作り直します。",
            )
        raise IndexMismatch(
            f"{place} was made with the embedding model {held[name]}, not {value}: "
            "name that model, or use another index",
            f"{place} の索引は埋め込みモデル「{held[name]}」で作られていますが、今の設定は「{value}」です。"
            "同じモデルを指定するか、別の索引に取り込んでください。",
        )


def _url(place: Path | str) -> URL:
    """Return the URL of a folder's file, or the one that was given; IndexUnreachable for one that cannot be used."""
    if isinstance(place, Path) or "://" not in place:
        return URL.create("sqlite+pysqlite", database=str(Path(place).expanduser().absolute() / FILE))
    try:
        url = make_url(place)
    except ArgumentError as error:
        raise _unusable(place, str(error)) from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername != "postgresql+psycopg":
        raise _unusable(url.render_as_string(), f"{url.drivername} is not supported")
    if not url.database:
        raise _unusable(url.render_as_string(), "it names no database")
    return url


def _unusable(url: str, what: str) -> IndexUnreachable:
    shown = re.sub(r"://[^@/]*@", "://***@", url)
    return IndexUnreachable(
        f"{shown} is no URL of a database that can be used ({what}): "
        "write postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE, or name a folder",
        f"データベースの URL「{shown}」は使えません。"
        "postgresql+psycopg://ユーザー:パスワード@ホスト:5432/データベース名 の形で指定するか、"
        "フォルダを指定してください。",
    )


def _engine(url: URL) -> Engine:
    if url.drivername.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": PATIENCE}, pool_size=8, max_overflow=24)
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
        return engine
    try:
        # A prepared plan is kept although SET LOCAL has since changed what it should look like.
        connecting: dict[str, Any] = {"prepare_threshold": None, "connect_timeout": 10}
        engine = create_engine(url, connect_args=connecting, pool_size=8, max_overflow=24, pool_pre_ping=True)
        event.listen(engine, "connect", _postgresql_connected)
        return engine
    except ImportError as error:
        raise IndexUnreachable(
            f"PostgreSQL needs a package that is not installed ({error}): pip install 'tenkyo[postgres]'",
            "PostgreSQL を使うための部品が入っていません。pip install 'tenkyo[postgres]' を実行してください。",
        ) from error


def _postgresql_connected(connection: Any, _: object) -> None:
    connection.autocommit = True
    # All is looked up by key, a few rows at a time, and most of it is in memory: the server's own setting, which is for
    # disks that turn, would read whole tables instead.
    connection.execute("SET random_page_cost = 1.1")
    connection.autocommit = False


def _sqlite_connected(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions at moments of its own
    for pragma in (
        "page_size = 8192",  # of a new file: five vectors of 384 dimensions fill a page, and two a half
        "journal_mode = WAL",  # readers and the writer do not wait for each other
        "synchronous = FULL",  # a commit is on the disk before it is said to be
        "foreign_keys = ON",
        "cache_size = -8000",  # KiB, for each connection; the system keeps more
        "temp_store = MEMORY",
        "journal_size_limit = 67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _making(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexUnwritable(
            f"{place} cannot be written ({error}): check its permissions, or use another folder",
            f"索引のフォルダ {place} に書き込めません。権限を確かめるか、別のフォルダを指定してください。",
        ) from error


def _check_server(database: Database) -> None:
    """Raise IndexUnreachable for a server that is too old, and make sure of pgvector."""
    with database.reading() as connection:
        version = int(connection.scalar(text("SELECT current_setting('server_version_num')")) or 0) // 10000
        held = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'vector'"))
        offered = connection.scalar(text("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"))
    if version < POSTGRES:
        raise IndexUnreachable(
            f"{database.place} runs PostgreSQL {version}, and {POSTGRES} is the oldest that works: upgrade the server",
            f"{database.place} の PostgreSQL は {version} 版です。{POSTGRES} 版以上に上げてください。",
        )
    if held is None and offered is None:
        raise IndexUnreachable(
            f"{database.place} has no pgvector: install it on the server (package postgresql-{version}-pgvector)",
            f"{database.place} に拡張機能 pgvector がありません。"
            f"サーバーに postgresql-{version}-pgvector を入れてください。",
        )
    if held is not None and _numbers(held) < PGVECTOR:
        least = ".".join(map(str, PGVECTOR))
        raise IndexUnreachable(
            f"{database.place} has pgvector {held}, and {least} is the oldest that works: install a newer one, "
            "then run ALTER EXTENSION vector UPDATE",
            f"{database.place} の pgvector は {held} 版です。{least} 版以上を入れて、"
            "ALTER EXTENSION vector UPDATE を実行してください。",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version))


def check_schema(database: Database, *, create: bool = False) -> None:
    """Raise when the schema is not this version's.

    With ``create``, or where it is an older one in a folder, make it so first.
    """
    found = revision(database)
    if found == schema.REVISION:
        return
    if found is not None and (found > schema.REVISION or not re.fullmatch(r"\d{4}", found)):
        raise IndexMismatch(
            f"{database.place} has the schema {found} of a newer version than this one ({schema.REVISION}): "
            "use a newer tenkyo",
            f"{database.place} の索引は、新しい版の tenkyo で作られています（{found}）。"
            "この版では読めません。新しい版の tenkyo を使ってください。",
        )
    # An index in a folder is one machine's; of a shared one, others may still run the older version.
    if create or (found is not None and database.kind == "sqlite"):
        migrate(database)
    elif found is None:
        raise _missing(database.place)
    else:
        raise IndexMismatch(
            f"{database.place} has the schema {found} of an older version: "
            "run `tenkyo serve` or `tenkyo ingest` once, and it is upgraded",
            f"{database.place} の索引の形式（{found}）は古い版のものです。一度「tenkyo serve」か"
            f"「tenkyo ingest」を実行すると、新しい形式（{schema.REVISION}）になります。",
        )


def revision(database: Database) -> str | None:
    """Return the revision of the schema; None where there is none."""
    with database.reading() as connection:
        if database.kind == "postgresql":
            # Of the schema that comes first in the search path only: another collection's may stand behind it.
            there = connection.scalar(
                text("SELECT to_regclass(format('%I.alembic_version', current_schema())) IS NOT NULL")
            )
        else:
            there = connection.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"))
        return connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None


def migrate(database: Database, to: str = "head") -> None:
    """Bring the schema to this version's, or to an earlier one, in one transaction."""
    # Alembic takes a third of a second to import, and is needed once in the life of an index.
    from alembic import command
    from alembic.config import Config

    if database.kind == "postgresql":
        _add_pgvector(database)
    with database.writing() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, to)


def _add_pgvector(database: Database) -> None:
    """Add the extension to the database, unless it is there; only an administrator may."""
    try:
        with database.writing() as connection:
            if connection.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'vector'")) == 0:
                connection.execute(text("CREATE EXTENSION vector"))
    except IndexUnwritable as error:
        raise IndexUnreachable(
            f"{database.place} has no pgvector yet, and this role may not add it: let an administrator of the database "
            "run CREATE EXTENSION vector",
            f"{database.place} で拡張機能 pgvector が有効になっていません。データベースの管理者が "
            "CREATE EXTENSION vector を実行してください。",
        ) from error


def _missing(place: str) -> IndexMissing:
    return IndexMissing(
        f"there is no index at {place}: run `tenkyo ingest` first",
        f"{place} に索引がありません。先に「tenkyo ingest」で文書を取り込んでください。",
    )
