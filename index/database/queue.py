"""The queue of papers that were sent: one is taken in at a time, and a dead worker's job goes to another.

A worker that does a job is heard of every few seconds. One that is silent for ``LEASE`` seconds is taken for dead; were
it only slow, the writer's lock would still keep two from writing, and a paper that is in already is skipped.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, and_, delete, insert, or_, select, text, update

from index.database.engine import FILE, Database, check_schema, connect, open_database, revision
from index.database.schema import job_files, jobs
from index.database.visibility import EVERYTHING
from index.originals import seal
from index.protocols import IndexMissing
from index.takeover import is_old, old

LEASE = 30.0  # seconds of silence after which a worker is dead
FOLDER = "intake"  # of an index folder, where sent files wait
ORPHANED = 3600.0  # seconds after which files that no job names have been left by a sender that died
State = Literal["waiting", "running", "done", "failed", "stopped"]
ENDED: tuple[State, ...] = ("done", "failed", "stopped")


@dataclass(frozen=True)
class About:
    """Who sent what for whom: the names of the files, the path of the request, ids of the caller and of the group."""

    files: tuple[str, ...]
    path: str
    by: str = ""
    shelf: str = ""


@dataclass(frozen=True)
class Step:
    """How far a job is."""

    stage: str
    done: int = 0
    total: int = 1
    share: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True)
class Job:
    """Papers that wait, are taken in, or what became of them."""

    number: int
    id: str
    state: State
    about: About
    step: Step
    is_stopping: bool
    result: Mapping[str, Any] | None
    attempts: int
    ended: float | None


class Queue:
    """The jobs of a collection, seen and changed from every process. Safe from threads."""

    def __init__(self, folder: Path, url: str | None = None):
        self._folder = folder.expanduser().absolute()
        self._url = url
        self._lock = Lock()
        self._opened: tuple[Database, object] | None = None

    def submit(self, files: Mapping[Path, str], about: About, waiting: Step, alone: Step) -> Job:
        """Put files, by the places that they were sent under, at the end of the queue; return their job.

        The files are moved away, or into the database that machines share. ``alone`` is the job's first step where it
        is the only one. IndexMismatch for the folder of an older version, which has no queue yet.
        """
        id_ = token_hex(8)
        self._database(create=True)
        contents = [file.read_bytes() if self._url else None for file in files]
        kept = [
            {"ordinal": n, "place": place, "file": file.name, "content": contents[n]}
            for n, (file, place) in enumerate(files.items())
        ]
        try:
            if self._url is None:
                for ordinal, file in enumerate(files):
                    self._keep(file, id_, ordinal)
            with self._writing() as (_, connection):
                under_way = select(jobs.c.number).where(jobs.c.state.in_(("waiting", "running"))).limit(1)
                step = alone if connection.scalar(under_way) is None else waiting
                row = {
                    "id": id_,
                    "state": "waiting",
                    "about": json.dumps(vars(about), ensure_ascii=False),
                    **vars(step),
                    "is_stopping": False,
                    "attempts": 0,
                }
                number = connection.execute(insert(jobs).values(row).returning(jobs.c.number)).scalar_one()
                for one in kept:
                    connection.execute(insert(job_files), {"job": number, **one})
        except BaseException:
            self._forget_files(id_)
            raise
        return self.job(id_)

    def claim(self, worker: str) -> Job | None:
        """Return the job whose turn it is, now this worker's; None while another runs or there is none."""
        with self._reading() as held:
            if held is None or _turn(held[1], _now(*held)) is None:
                return None
        with self._writing() as (database, connection):
            now = _now(database, connection)
            turn = _turn(connection, now)
            if turn is None:
                return None
            claimed = {"state": "running", "worker": worker, "heard": now, "attempts": jobs.c.attempts + 1}
            row = connection.execute(update(jobs).where(jobs.c.number == turn).values(claimed).returning(*jobs.c)).one()
        return _job(row)

    def report(self, job: Job, worker: str, step: Step) -> bool | None:
        """Say how far a job is; return whether it is to be stopped, None when it is this worker's no longer."""
        with self._writing() as (database, connection):
            values = {**vars(step), "heard": _now(database, connection)}
            mine = and_(jobs.c.number == job.number, jobs.c.worker == worker, jobs.c.state == "running")
            stopping: bool | None = connection.scalar(
                update(jobs).where(mine).values(values).returning(jobs.c.is_stopping)
            )
        return stopping

    def is_stopping(self, job: Job, worker: str) -> bool | None:
        """Return what ``report`` does, and say nothing."""
        with self._reading() as held:
            if held is None:
                return None
            mine = and_(jobs.c.number == job.number, jobs.c.worker == worker, jobs.c.state == "running")
            stopping: bool | None = held[1].scalar(select(jobs.c.is_stopping).where(mine))
        return stopping

    def end(self, job: Job, worker: str, state: State, result: Mapping[str, Any], last: Step) -> None:
        """Write down what a job has ended with, and its last step.

        The files of one that is not done are kept, so that it can be tried again.
        """
        with self._writing() as (database, connection):
            mine = and_(jobs.c.number == job.number, jobs.c.worker == worker, jobs.c.state == "running")
            values = {"state": state, "result": json.dumps(result, ensure_ascii=False), "worker": None, **vars(last)}
            ended = connection.execute(update(jobs).where(mine).values(values | {"ended": _now(database, connection)}))
            if ended.rowcount and state == "done":
                connection.execute(delete(job_files).where(job_files.c.job == job.number))
        if ended.rowcount and state == "done":
            self._forget_files(job.id)

    def release(self, job: Job, worker: str) -> None:
        """Give a job back, undone: the next worker takes it up."""
        with self._writing() as (_, connection):
            mine = and_(jobs.c.number == job.number, jobs.c.worker == worker, jobs.c.state == "running")
            undone = {"state": "waiting", "worker": None, "attempts": jobs.c.attempts - 1}
            connection.execute(update(jobs).where(mine).values(undone))

    def stop(self, id_: str, result: Mapping[str, Any]) -> None:
        """Have a job stopped; one that has not begun ends with ``result``. KeyError if none of that id is under way."""
        with self._writing() as (database, connection):
            of_id = jobs.c.id == id_
            running = update(jobs).where(of_id, jobs.c.state == "running").values(is_stopping=True)
            values = {"state": "stopped", "is_stopping": True, "result": json.dumps(result, ensure_ascii=False)}
            waiting = update(jobs).where(of_id, jobs.c.state == "waiting")
            waiting = waiting.values(values | {"ended": _now(database, connection)})
            if not connection.execute(running).rowcount and not connection.execute(waiting).rowcount:
                raise KeyError(id_)

    def retry(self, id_: str, waiting: Step) -> Job:
        """Have a job that failed or was stopped done again; KeyError if there is none of that id."""
        with self._writing() as (_, connection):
            again = update(jobs).where(jobs.c.id == id_, jobs.c.state.in_(("failed", "stopped")))
            values = {"state": "waiting", "is_stopping": False, "result": None, "ended": None, "attempts": 0}
            if not connection.execute(again.values(values | vars(waiting))).rowcount:
                raise KeyError(id_)
        return self.job(id_)

    def forget(self, ids: Sequence[str]) -> None:
        """Take jobs that have ended off the list, with their files."""
        with self._writing() as (_, connection):
            ended = select(jobs.c.number).where(jobs.c.id.in_(ids), jobs.c.state.in_(ENDED))
            connection.execute(delete(job_files).where(job_files.c.job.in_(ended)))
            gone = delete(jobs).where(jobs.c.id.in_(ids), jobs.c.state.in_(ENDED)).returning(jobs.c.id)
            forgotten = connection.scalars(gone).all()
        for id_ in forgotten:
            self._forget_files(id_)

    def job(self, id_: str) -> Job:
        """Return the job; KeyError if it is not there."""
        found = self._listed(select(jobs).where(jobs.c.id == id_))
        if not found:
            raise KeyError(id_)
        return found[0]

    def listed(self) -> list[Job]:
        """Return all jobs in the order in which they came."""
        return self._listed(select(jobs).order_by(jobs.c.number))

    def files(self, job: Job, folder: Path) -> dict[Path, str]:
        """Return the files of a job by the places that they were sent under; those of a database go to ``folder``."""
        with self._reading() as held:
            if held is None:
                return {}
            query = select(job_files).where(job_files.c.job == job.number).order_by(job_files.c.ordinal)
            rows = held[1].execute(query).all()
        found = {}
        for row in rows:
            top = self._folder / FOLDER / job.id if row.content is None else folder
            path = top / str(row.ordinal) / row.file
            if row.content is not None:
                path.parent.mkdir(parents=True)
                path.write_bytes(row.content)
            found[path] = row.place
        return found

    def clear_away(self) -> None:
        """Remove the files of a sender that died before its job was in the queue."""
        known = {job.id for job in self.listed()}
        for folder in (self._folder / FOLDER).glob("*"):
            if folder.name not in known and folder.stat().st_mtime < time.time() - ORPHANED:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened[0].close()
                self._opened = None

    def _listed(self, query: Select[Any]) -> list[Job]:
        with self._reading() as held:
            return [] if held is None else [_job(row) for row in held[1].execute(query)]

    @contextmanager
    def _reading(self) -> Iterator[tuple[Database, Connection] | None]:
        """Give a transaction that sees one state; None where there is no database yet."""
        database = self._database()
        if database is None:
            yield None
            return
        with database.reading(EVERYTHING) as connection:
            yield database, connection

    @contextmanager
    def _writing(self, *, create: bool = False) -> Iterator[tuple[Database, Connection]]:
        database = self._database(create=create)
        if database is None:
            raise IndexMissing(f"there is no index at {self._folder}", f"{self._folder} に索引がありません。")
        with database.writing() as connection:
            yield database, connection

    def _database(self, *, create: bool = False) -> Database | None:
        """Return the database that is there now; a folder's file may have been replaced by a backup."""
        with self._lock:
            which: object = self._url
            if self._url is None:
                try:
                    found = (self._folder / FILE).stat()
                    which = found.st_dev, found.st_ino
                except OSError:
                    if not create:
                        return None
                    if is_old(self._folder):
                        raise old(self._folder) from None
                    which = None
            if self._opened is not None and self._opened[1] == which:
                return self._opened[0]
            if self._opened is not None:
                self._opened[0].close()
                self._opened = None
            opened = open_database(self._url or self._folder, create=True) if create else self._there()
            if opened is None:
                return None
            if which is None:
                found = (self._folder / FILE).stat()
                which = found.st_dev, found.st_ino
            self._opened = opened, which
            return opened

    def _there(self) -> Database | None:
        """Return the database, with this version's schema; None where it holds nothing yet."""
        database = connect(self._url or self._folder)
        try:
            if revision(database) is None:
                database.close()
                return None
            check_schema(database, create=True)
        except BaseException:
            database.close()
            raise
        return database

    def _keep(self, file: Path, id_: str, ordinal: int) -> None:
        place = self._folder / FOLDER / id_ / str(ordinal) / file.name
        place.parent.mkdir(parents=True)
        shutil.move(file, place)
        seal(place)

    def _forget_files(self, id_: str) -> None:
        shutil.rmtree(self._folder / FOLDER / id_, ignore_errors=True)


def _turn(connection: Connection, now: float) -> int | None:
    """Return the number of the job whose turn it is; None while a living worker is at one, or there is none."""
    running = jobs.c.state == "running"
    # A report of the future is one of before the clock was set back.
    alive = select(jobs.c.number).where(running, jobs.c.heard.between(now - LEASE, now + LEASE)).limit(1)
    if connection.scalar(alive) is not None:
        return None
    found: int | None = connection.scalar(
        select(jobs.c.number).where(or_(running, jobs.c.state == "waiting")).order_by(jobs.c.number).limit(1)
    )
    return found


def _now(database: Database, connection: Connection) -> float:
    """Return the time by the one clock that all workers have in common."""
    if database.kind == "postgresql":
        return float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0.0)
    return time.time()


def _job(row: Row[Any]) -> Job:
    about = json.loads(row.about)
    return Job(
        row.number,
        row.id,
        row.state,
        About(**{**about, "files": tuple(about["files"])}),
        Step(row.stage, row.done, row.total, row.share, row.seconds_left),
        row.is_stopping,
        None if row.result is None else json.loads(row.result),
        row.attempts,
        row.ended,
    )
