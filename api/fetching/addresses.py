"""Which machines may be called: those of the public network. A name is looked up once, and what was found is called."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore2

Resolve = Callable[[str, int], list[str]]  # a host's name and a port to addresses
Allow = Callable[[str], bool]

_NAT64 = ip_network("64:ff9b::/96")  # the last four bytes are an IPv4 address


class AddressRefused(Exception):  # noqa: N818 - a refusal
    """A name stands for a machine that is not to be called. ``str(error)`` names both, in English."""


class NameUnknown(Exception):  # noqa: N818 - a state
    """A name stands for no machine."""


def is_public(address: str) -> bool:
    """Tell whether an address is of the public network: not this machine, not its neighbours, nothing set apart.

    What an IPv6 address wraps counts as itself. 例: ::ffff:192.168.0.1 → False
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _wrapped(found))


def _wrapped(address: IPv4Address | IPv6Address) -> Iterable[IPv4Address | IPv6Address]:
    """Yield the addresses that calling this one may come to."""
    if isinstance(address, IPv4Address):
        yield address
        return
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(address.packed[-4:])
    if address.teredo is not None:
        yield from address.teredo
    if inner is not None:
        yield inner
    if address.ipv4_mapped is None:
        yield address


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host; NameUnknown where there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NameUnknown(f"{host} is not known: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedNetwork(httpcore2.SyncBackend):
    """Connects to addresses that were looked at, and to no other: no second look-up may find another one."""

    def __init__(self, resolve: Resolve = look_up, allow: Allow = is_public):
        self._resolve, self._allow = resolve, allow

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Return a stream to the host; AddressRefused if any of its addresses is not allowed."""
        addresses = self._resolve(host, port)
        refused = [address for address in addresses if not self._allow(address)]
        if refused:
            raise AddressRefused(f"{host} is {refused[0]}, which is not of the public network")
        for address in addresses[:-1]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue  # a host of several may be reached at the next
        if not addresses:
            raise NameUnknown(f"{host} has no address")
        return super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)
