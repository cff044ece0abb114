"""A home recorded minute by minute: an NPZ with `location` and `activity`, one number a minute, as made of CASAS Aruba.

*The readings made of it are a reconstruction.* Whenever the location changes, the motion sensor of the new one is made
to speak, and the front door when she goes out or comes in; while she stays in one room nothing is said, so silences are
longer than a motion sensor's would be: the harder case. Location 9 is outside. The day of the first minute is not in
the file; it is 2010-11-04, as for every copy of this recording.

Source: Coppola et al., ECAI 2016, made of CASAS Aruba (Cook, IEEE Intelligent Systems 2012).
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from devices.reading import Kind
from gateway.detection.home import Role
from gateway.recorded import TIMEZONE, NotARecording
from gateway.recorded_events import Event, Sensor, Table, in_order
from gateway.recorded_labels import Activity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

OUTSIDE = 9
SLEEPING = 9
"""Of the activities; the same number by chance. Source: the readme beside the recording."""
STARTED = datetime(2010, 11, 4, tzinfo=TIMEZONE).astimezone(UTC)
DOOR = Sensor("front-door", Role.ENTRANCE, Kind.CONTACT)
FIRES_S = 2.0
"""How long a reconstructed firing lasts. Source: as `recorded_tables.FIRING_S`."""

_MINUTE = timedelta(minutes=1)
_FIRES = timedelta(seconds=FIRES_S)
_WALKS = timedelta(seconds=20)
"""From the room to the door, or from the door to the room. Source: judgement."""


def read_minutes(path: Path, content: bytes) -> Table:
    """The home that such a file records.

    Args:
        path: where it came from, for the name and for sentences.
        content: the whole file.

    Raises:
        NotARecording: if it has no such rows.
    """
    import numpy as np  # noqa: PLC0415 - only this form needs it, and the gateway starts without

    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            locations, activities = file["location"].ravel().tolist(), file["activity"].ravel().tolist()
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        why = "不是按分钟记录的家；需要 location 和 activity / is no home by the minute; it needs location and activity"
        raise NotARecording(f"{path}: {why} ({error})") from error
    events = [
        event
        for minute, (before, after) in enumerate(pairwise(locations), start=1)
        if before != after
        for event in _moves(minute, before, after)
    ]
    spans = [*_runs(locations, OUTSIDE, "outside"), *_runs(activities, SLEEPING, "sleeping")]
    return in_order(f"Aruba, by the minute ({path.name})", [*_fires(STARTED, 0, locations[0]), *events], spans)


def _moves(minute: int, before: int, after: int) -> Iterator[Event]:
    """She goes from one place to another at the beginning of a minute; the door opens where that is outside."""
    at = STARTED + minute * _MINUTE
    if after == OUTSIDE:
        yield from _fires(at, 4 * minute, before)
        yield from _opens(at + _WALKS, 4 * minute)
    elif before == OUTSIDE:
        yield from _opens(at, 4 * minute)
        yield from _fires(at + _WALKS, 4 * minute, after)
    else:
        yield from _fires(at, 4 * minute, after)


def _fires(at: datetime, order: int, location: int) -> Iterator[Event]:
    room = f"room-{location}"
    yield from _for_a_moment(Sensor(f"motion-{location}", Role.MOTION, Kind.MOTION, room), at, order)


def _opens(at: datetime, order: int) -> Iterator[Event]:
    yield from _for_a_moment(DOOR, at, order)


def _for_a_moment(sensor: Sensor, at: datetime, order: int) -> Iterator[Event]:
    yield Event(at, order, sensor, value=True)
    yield Event(at + _FIRES, order + 1, sensor, value=False)


def _runs(told: Sequence[int], wanted: int, what: str) -> Iterator[Activity]:
    """The stretches in which every minute says the wanted number."""
    edges = [minute for minute, (a, b) in enumerate(pairwise([-1, *told, -1])) if (a == wanted) is not (b == wanted)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield Activity(STARTED + start * _MINUTE, STARTED + end * _MINUTE, what)
