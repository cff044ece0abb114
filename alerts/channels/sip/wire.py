"""What a SIP user agent needs of a socket, whether it is datagrams (`udp`) or a connection (`stream`).

Both do the same: `run` keeps them open, `send` hands bytes over or says why not, and what comes from the centre, one
message at a time, is handed on within `run` with a way back. Nobody but the centre is heard: datagrams from other
addresses are counted and dropped, and a connection is one that we dialled ourselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

Address: TypeAlias = tuple[str, int]
Back: TypeAlias = "Callable[[bytes, int | None], None]"
"""Sends an answer to where a message came from; the port is that of its Via, None for the port it came from."""

LOOK_UP_S = 10.0
"""How long looking a name up, or dialling, may take. Source: our choice: TCP and TLS on a poor mobile link."""


class WireDown(Exception):
    """There is no way to the centre now; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The centre's end.

    Args:
        host, port: of the centre.
        transport: "udp", "tcp" or "tls".
        ca_file: certificates to trust, PEM; None trusts the system's.
        local_port: of our UDP socket; 0 lets the system choose.
    """

    host: str
    port: int
    transport: Literal["udp", "tcp", "tls"]
    ca_file: Path | None = None
    local_port: int = 0


class Wire(Protocol):
    """What the user agent needs of a socket."""

    reliable: bool
    opened: asyncio.Event

    @property
    def local(self) -> Address:
        """Our end, as the centre may reach it. Raises WireDown."""
        ...

    async def run(self) -> None:
        """Keep it open until cancelled."""
        ...

    def send(self, raw: bytes) -> None:
        """Hand a message over. Raises WireDown."""
        ...

    def drop(self, reason: str) -> None:
        """Give up a connection on which the centre does not answer."""
        ...
