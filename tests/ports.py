"""Ports for servers that a test starts."""

import random
import socket

# Below those that a system hands out by itself, so that nobody is given one between the look and its use.
_OURS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    while True:
        port = random.SystemRandom().choice(_OURS)  # no two processes go the same way
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
