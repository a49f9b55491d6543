"""What was made once and may be used again, as much of it as a number of bytes allows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Keeps what was used last. Safe from threads; two that miss at once both make what is missing."""

    def __init__(self, limit: int, size: Callable[[Value], int]):
        """``limit`` is in bytes; ``size`` returns about how many a value takes."""
        self._limit, self._size = limit, size
        self._lock = Lock()
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._held = 0

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return what is kept under a key, or make it; a value that is too large for all is not kept."""
        return self.all([key], lambda _: {key: make()})[key]

    def all(self, keys: Iterable[Key], make: Callable[[Sequence[Key]], Mapping[Key, Value]]) -> dict[Key, Value]:
        """Return what is kept under each key; what is missing is made together."""
        found: dict[Key, Value] = {}
        missing: list[Key] = []
        with self._lock:
            for key in dict.fromkeys(keys):
                if key in self._kept:
                    self._kept.move_to_end(key)
                    found[key] = self._kept[key][0]
                else:
                    missing.append(key)
        if missing:
            made = make(missing)
            found |= made
            self._keep(made)
        return found

    def _keep(self, made: Mapping[Key, Value]) -> None:
        sizes = {key: self._size(value) for key, value in made.items()}
        with self._lock:
            for key, value in made.items():
                if key not in self._kept and sizes[key] <= self._limit:
                    self._kept[key] = value, sizes[key]
                    self._held += sizes[key]
            while self._held > self._limit:
                self._held -= self._kept.popitem(last=False)[1][1]
