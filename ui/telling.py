"""An answer as it is told: at once in the papers' own words, then what a model words over it, sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from threading import Thread
from time import monotonic
from typing import Literal

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.client import ApiDown, Json
from ui.messages import FAILURES, reason

State = Literal["writing", "done", "stopped", "failed"]
Events = Generator[Json | None, None, None]
BROKE_OFF = "サーバーからの返事が途中で切れました。"
GONE_SECONDS = 5.0  # that a browser may be away, as when its network drops out, before the model is stopped


class Telling:
    """What has been told so far, read by a thread of its own: neither a click nor a turn of the page waits for it.

    ``answer`` is the papers' until it is whole. ``sentences`` were checked one by one, and are there for good only once
    ``state`` is "done": of what broke off, or was stopped, nothing holds.
    """

    def __init__(self, answer: Json, state: State = "writing", fault: str = "") -> None:
        self.answer = answer
        self.state: State = state
        self.fault = fault  # Japanese: why it failed
        self.sentences: list[Json] = []
        self.citations: list[Json] = []

    @property
    def heard(self) -> tuple[State, int]:
        """What changes with all that is told."""
        return self.state, len(self.sentences)

    @property
    def so_far(self) -> Json:
        """The answer with the sentences that stand beside it now."""
        sentences = list(self.sentences)
        if self.state != "writing" or not sentences:
            return self.answer
        generated = {
            "sentences": sentences,
            "citations": list(self.citations),
            "is_answer": self.answer["status"] != "not_found" and not any(s["is_quote"] for s in sentences),
            "repointed": 0,
            "disagreements": [],
        }
        return self.answer | {"generated": generated}

    def stop(self) -> None:
        """Stop the model, which hears of it within a moment."""
        if self.state == "writing":
            self.state = "stopped"

    def _listen(self, events: Events, is_there: Callable[[], bool]) -> None:
        there = monotonic()
        try:
            for event in events:
                there = monotonic() if is_there() else there
                if monotonic() - there > GONE_SECONDS:
                    self.stop()
                if self.state != "writing":
                    return
                if event is not None:
                    self._take(event)
        except FAILURES as error:
            self._fail(reason(error))
        finally:
            events.close()
            self._fail(BROKE_OFF)

    def _take(self, event: Json) -> None:
        match event["event"]:
            case "sentence":
                self.citations += event["citations"]
                self.sentences.append(event["sentence"])
            case "done":
                self.answer = event["answer"]
                self.state = "done"
            case "problem":
                self._fail(str(event["problem"]["title"]))

    def _fail(self, fault: str) -> None:
        if self.state == "writing":
            self.fault, self.state = fault, "failed"


def tell(events: Events) -> Telling:
    """Return an answer once it is found; what a model words over it comes later. Raises what asking raises."""
    outcome = next((event for event in events if event is not None), None)
    if outcome is None:
        raise ApiDown(BROKE_OFF)
    telling = Telling(outcome["answer"])
    if outcome["more"]:
        Thread(target=telling._listen, args=(events, _whoever_asks()), daemon=True).start()
    else:
        telling.state = "done"
        events.close()
    return telling


def _whoever_asks() -> Callable[[], bool]:
    """Return what tells whether the browser that asks now is still there."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True
    return partial(runtime.get_instance().is_active_session, context.session_id)
