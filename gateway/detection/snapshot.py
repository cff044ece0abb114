"""The state as bytes and back, so that a restart need not fold a year of readings.

A snapshot is an optimisation, never the truth: the readings are. Whatever does not decode, or belongs to another
home or another version of the detectors, is thrown away and the readings are folded again.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from gateway.detection.state import State

if TYPE_CHECKING:
    from gateway.detection.home import Home

VERSION = 5
"""Rises whenever the detectors would believe something else from the same readings, or the state has another form."""


@cache
def _adapter() -> TypeAdapter[State]:
    return TypeAdapter(State)


def encode_state(state: State) -> bytes:
    """The state as JSON."""
    return _adapter().dump_json(state)


def decode_state(snapshot: bytes) -> State:
    """The state that `encode_state` wrote.

    Raises:
        ValueError: if it is no such thing; fold the readings instead.
    """
    return _adapter().validate_json(snapshot)


def fingerprint(home: Home) -> str:
    """A short name of this home as the detectors see it: a snapshot made under another name must not be used."""
    facts = {
        "version": VERSION,
        "timezone": str(home.timezone),
        "day": [home.day_starts.isoformat(), home.night_starts.isoformat()],
        "devices": [asdict(device) for _, device in sorted(home.devices.items())],
        "limits": asdict(home.limits),
        "prior": "" if home.prior is None else home.prior.digest,
        "rooms": home.rooms,
        "baths": sorted(home.baths),
        "ways": [asdict(way) for way in home.ways],
        "gentle": home.gentle_s,
    }
    return blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16).hexdigest()
