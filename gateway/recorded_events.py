"""What recordings of every form become first: events of sensors in order of time, and then readings of a home.

Each reading is numbered in the order of its time, as a native device would, so that a replay over MQTT tells the
same.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import Kind, Reading
from gateway.detection.home import Device, Role
from gateway.recorded import TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.recorded_labels import Activity


class Table(NamedTuple):
    """A recorded home: its name, its devices, its readings in order, and what people wrote down beside them."""

    name: str
    devices: list[Device]
    readings: list[Reading]
    activities: list[Activity]


class Sensor(NamedTuple):
    """A device of a recording."""

    device: str
    role: Role
    kind: Kind
    room: str = ""


class Event(NamedTuple):
    """What a sensor said; events of one moment keep the order of `order`."""

    at: datetime
    order: int
    sensor: Sensor
    value: bool | float | str


def in_order(name: str, events: Iterable[Event], activities: Iterable[Activity] = ()) -> Table:
    """The home that these events tell of."""
    ordered = sorted(events, key=lambda event: (event.at, event.order))
    devices = {event.sensor.device: event.sensor for event in ordered}
    return Table(
        name,
        [Device(id=one.device, role=one.role, room=one.room) for one in devices.values()],
        [_reading(number, event) for number, event in enumerate(ordered, start=1)],
        list(activities),
    )


def _reading(number: int, event: Event) -> Reading:
    return Reading(
        device_id=event.sensor.device, kind=event.sensor.kind, value=event.value, at=event.at, sequence=number
    )


def local_time(told: str) -> datetime | None:
    """A local time of the home, or one with a zone, as UTC; None where it is none or absurd."""
    try:
        at = datetime.fromisoformat(told.strip())
    except ValueError:
        return None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=TIMEZONE)).astimezone(UTC)


_FIRST_YEAR, _LAST_YEAR = 2000, 2099
"""Years that the native dialect can carry, see docs/mqtt.md; every public recording of a home is younger."""


def slug(name: str) -> str:
    """A name as a device id that MQTT topics can carry."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:64]
