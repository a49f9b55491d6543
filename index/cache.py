"""What was made once and may be used again, as much of it as a number of bytes allows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
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
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        value = make()
        size = self._size(value)
        with self._lock:
            if key not in self._kept and size <= self._limit:
                self._kept[key] = value, size
                self._held += size
                while self._held > self._limit:
                    self._held -= self._kept.popitem(last=False)[1][1]
        return value
