"""How a connection leaves this machine: by which interface, from which address, and where to when names fail.

A spare path is one only if its packets leave by other wires. A route does not promise that: when the main line is up,
the kernel prefers it for everything. So the socket of a spare path is bound to its interface (SO_BINDTODEVICE, which
Linux 5.7 and later allow to every process), or to that interface's own address where policy routing looks at it.

Names are looked up at each connection, so that a broker may move. When they cannot be looked up, which is what a dead
line looks like first, the addresses that answered last are dialled instead.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from paho.mqtt.client import Client

if TYPE_CHECKING:
    import ssl

CONNECT_S = 5.0
"""Given to one address. Source: paho's own default; a poor mobile line needs one or two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """By which wires to leave; both empty leaves it to the kernel.

    Args:
        interface: a network interface's name, such as "wwan0".
        address: a local address.
    """

    interface: str = ""
    address: str = ""


class Answerer(NamedTuple):
    """An address that has answered."""

    family: int
    address: tuple[object, ...]


class Dialler(Client):
    """paho's client, dialling by a given route.

    Its own way of making a socket is replaced, since it can bind to an address only, and forgets where it once was.

    Args:
        route: by which wires.
        known: the address that answered last; None before.
        client_id, clean_session: as paho's.
    """

    def __init__(self, *, route: Route, known: Answerer | None, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # paho's own many settings, named by the caller
        self._route = route
        self.known = known

    def _create_socket_connection(self) -> socket.socket:
        failure = OSError(f"{self._host} has no address")
        for found in self._addresses():
            try:
                sock = _connect(found, self._route)
            except OSError as error:
                failure = error
            else:
                self.known = found
                return sock
        raise failure

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """As paho's, which leaves its socket open when the handshake fails: that is our usual case of a wrong CA."""
        context = self._ssl_context
        if context is None:
            raise ValueError("TLS was asked for without a context")
        try:
            sock = context.wrap_socket(tcp_sock, server_hostname=self._host, do_handshake_on_connect=False)
        except (OSError, ValueError):
            tcp_sock.close()
            raise
        try:
            sock.settimeout(CONNECT_S)
            sock.do_handshake()  # the context checks the host's name, too
        except (OSError, ValueError):
            sock.close()
            raise
        return sock

    def _addresses(self) -> list[Answerer]:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except socket.gaierror:
            if self.known is None:
                raise
            return [self.known]
        return [Answerer(family, address) for family, _, _, _, address in found]


def _connect(to: Answerer, route: Route) -> socket.socket:
    sock = socket.socket(to.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(CONNECT_S)
        if route.interface:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, route.interface.encode())
        if route.address:
            sock.bind((route.address, 0))
        sock.connect(to.address)
    except OSError:
        sock.close()
        raise
    return sock
