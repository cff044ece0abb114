"""The machines of a world: one address each, and what puts a program on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.wire import Wire

STATION_NAME = "station.test"
"""Source: RFC 6761 section 6.2: .test leads nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine.

    Args:
        address: where its servers listen, as the others reach it.
        prefix: put before a command, runs it there.
    """

    address: str
    prefix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The home, the station and the hotline's receiver.

    Args:
        station_name: how the home knows the station.
        operator: where the hotline's telephone is answered.
        wire: between them; None where they are one machine.
        names: the home's file of host names; None where it is everybody's.
    """

    home: Host
    station: Host
    hotline: Host
    station_name: str
    operator: str
    wire: Wire | None = None
    names: Path | None = None


HERE = Host(address="127.0.0.1")
LOOPBACK = Hosts(home=HERE, station=HERE, hotline=HERE, station_name="127.0.0.1", operator="127.0.0.1")
"""All on this machine: what works without any right. Faults of the network between them need `namespaces`."""
