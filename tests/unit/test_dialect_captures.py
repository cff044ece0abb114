"""Every captured payload decodes to exactly what its file says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from devices.catalog import is_legal
from devices.dialects import native, zigbee2mqtt
from devices.reading import Kind

if TYPE_CHECKING:
    from devices.reading import AccelWindow

AT = datetime(2026, 1, 1, tzinfo=UTC)
CAPTURES = Path(__file__).parents[1] / "captures"
DECODE = {"native": native.decode, "zigbee2mqtt": zigbee2mqtt.decode}


def _messages() -> list[Any]:
    return [
        pytest.param(path.parent.name, message, id=f"{path.stem}: {message['title']}")
        for path in sorted(CAPTURES.glob("*/*.json"))
        for message in json.loads(path.read_text("utf-8"))["messages"]
    ]


def _payload(message: dict[str, Any]) -> bytes:
    text = message["text"] if "text" in message else json.dumps(message["payload"], ensure_ascii=False)
    return text.encode("utf-8")


@pytest.mark.parametrize(("dialect", "message"), _messages())
def test_capture_decodes_to_exactly_these_readings(dialect: str, message: dict[str, Any]) -> None:
    payload = _payload(message)
    found = DECODE[dialect](message["topic"], payload, AT)

    assert [[r.device_id, r.kind.value, r.value] for r in found.readings] == message["readings"]
    assert [refusal.reason for refusal in found.refusals] == message.get("refusals", [])
    assert [_outline(window) for window in found.windows] == message.get("windows", [])
    device_at = datetime.fromisoformat(message["device_at"]) if "device_at" in message else None
    digest = blake2b(message["topic"].encode() + b"\0" + payload, digest_size=8).hexdigest()
    for told in (*found.readings, *found.windows):
        assert (told.at, told.device_at) == (AT, device_at)
        assert told.sequence == message.get("sequence")
        assert told.origin == digest
    assert all(is_legal(reading.kind, reading.value) for reading in found.readings)
    for refusal in found.refusals:
        assert refusal.topic == message["topic"]
        assert refusal.detail


def _outline(window: AccelWindow) -> list[Any]:
    lost = int(np.isnan(window.samples).any(axis=1).sum())
    return [window.device_id, len(window.samples), window.rate_hz, window.trigger, window.worn, lost]


OWN = {Kind.TROUBLE, Kind.TRIAL, Kind.RUNTIME, Kind.IMPACT}  # the gateway's own: no device tells them


@pytest.mark.parametrize("kind", sorted(set(Kind) - OWN))
def test_every_kind_is_shown_by_a_capture(kind: Kind) -> None:
    shown = {reading[1] for param in _messages() for reading in param.values[1]["readings"]}
    assert kind.value in shown
