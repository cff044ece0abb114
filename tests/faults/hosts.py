"""The machines of a world: one address each, and what puts a program on it."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    home: Host
    station: Host
    hotline: Host
    station_name: str


HERE = Host(address="127.0.0.1")
LOOPBACK = Hosts(home=HERE, station=HERE, hotline=HERE, station_name="127.0.0.1")
"""All on this machine: what works without any right. Faults of the network between them need `namespaces`."""
