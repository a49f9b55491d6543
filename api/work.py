"""An ingest worker alone: takes in what is sent to any process of the same collection."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from answer.assistant import open_assistant
from answer.editions.follows import Follows
from api.access.state import holdings_of, opened_door
from api.alerts import Messenger
from api.intake import preparing_out, taker
from api.settings import Settings
from api.worker import Worker
from index.database.queue import Queue
from index.protocols import TenkyoIndexError


def work_until(stop: threading.Event, settings: Settings, say: Callable[[str], None]) -> None:
    """Do the jobs of the collection's queue until ``stop`` is set; the one under way then goes back into the queue."""
    assistant = open_assistant(
        settings.index, settings.embedding_model, settings.max_question_chars, database=settings.database
    )
    door = opened_door(settings)

    def look_for_alerts() -> None:
        if not door.is_shared:
            Follows(assistant.collection.notes).check(assistant, Messenger(settings))

    queue = Queue(settings.index, settings.database)
    worker = Worker(queue, taker(assistant, holdings_of(door), look_for_alerts), lambda: preparing_out(assistant))
    try:
        assistant.collection.embedder.embed_queries(["準備"])
    except TenkyoIndexError as error:  # each job will say so
        print(error.message, file=sys.stderr, flush=True)
    worker.begin(stay=True)
    say("資料が送られるのを待っています。終了するには Ctrl-C を押してください。")
    try:
        stop.wait()
    finally:
        worker.close()
        queue.close()
        door.close()
    say("終了します。")
