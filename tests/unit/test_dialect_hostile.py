"""Whatever arrives on whatever topic, decoding gives legal readings and named refusals, and never raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devices.catalog import is_legal
from devices.dialects import native, zigbee2mqtt
from devices.dialects.refusals import MEANINGS, Reason
from devices.dialects.zigbee2mqtt_inventory import inventory
from devices.dialects.zigbee2mqtt_words import LOOSE, STRICT
from devices.reading import Decoded

AT = datetime(2026, 1, 1, tzinfo=UTC)
CAPTURES = Path(__file__).parents[1] / "captures"
DECODERS = (native.decode, zigbee2mqtt.decode)
MESSAGES = [
    (message["topic"], message["text"] if "text" in message else json.dumps(message["payload"]))
    for path in sorted(CAPTURES.glob("*/*.json"))
    for message in json.loads(path.read_text("utf-8"))["messages"]
]

TOPICS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(sorted({topic for topic, _ in MESSAGES})),
    st.text(max_size=20).map(lambda name: f"zigbee2mqtt/{name}"),
    st.text(max_size=20).map(lambda name: f"shouwang/{name}/event"),
    st.text(max_size=20).map(lambda name: f"shouwang/{name}/window"),
    st.text(max_size=20).map(lambda name: f"zigbee2mqtt/bridge/{name}"),
)
NAMES = st.sampled_from(
    [
        *(*STRICT, *LOOSE, "battery", "action", "last_seen", "type", "data", "friendly_name"),
        *("v", "boot", "seq", "at", "bed", "motion", "fall", "activity", "battery_percent", "uptime_s", "interval_s"),
        *("rate_hz", "scale_mg", "trigger", "samples", "lost", "worn", "after"),
    ]
)
WORDS = st.sampled_from(
    ["", "none", "fall", "emergency", "press", "open", "ON", "online", "1e3", "NaN", "１", "\ud800"]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), WORDS)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
OBJECTS = st.dictionaries(NAMES | st.text(max_size=5), VALUES, max_size=8)


def _check(found: Decoded) -> None:
    for reading in found.readings:
        assert is_legal(reading.kind, reading.value)
        assert 1 <= len(reading.device_id) <= 200
        assert reading.device_id.isprintable()
        assert reading.at == AT
        assert reading.sequence is None or 0 <= reading.sequence < 2**63
        assert reading.device_at is None or reading.device_at.utcoffset() == timedelta()
        assert len(reading.origin) == 16
        str(reading.value).encode("utf-8")
    for window in found.windows:
        assert 25 <= window.rate_hz <= 100
        assert 4 <= len(window.samples) / window.rate_hz <= 10
        assert 0 < window.trigger < len(window.samples)
        assert window.samples.shape[1:] == (3,)
        assert np.nanmax(np.abs(window.samples), initial=0.0) <= 32768 * 0.04 * 9.81
    for refusal in found.refusals:
        assert Reason(refusal.reason) in MEANINGS
        assert len(refusal.topic) <= 200
        assert refusal.detail
        (refusal.topic + refusal.detail).encode("utf-8")


@settings(deadline=None)  # a busy machine is no fault of the decoder
@given(TOPICS, st.binary(max_size=300))
def test_any_bytes_on_any_topic(topic: str, payload: bytes) -> None:
    for decode in DECODERS:
        _check(decode(topic, payload, AT))


@settings(deadline=None)  # a busy machine is no fault of the decoder
@given(TOPICS, OBJECTS)
@example("zigbee2mqtt/x", {"last_seen": 10**30, "battery": 10**400})
@example("zigbee2mqtt/x", {"last_seen": float("inf"), "battery": float("-inf")})
@example("shouwang/x/heartbeat", {"uptime_s": -1, "interval_s": 0, "boot": True, "seq": 1.0})
@example("shouwang/x/event", {"at": "0001-01-01T00:00:00+23:59", "sos": ["press"], "fall": {"a": 1}})
def test_any_object_on_any_topic(topic: str, fields: dict[str, Any]) -> None:
    payload = json.dumps(fields).encode()
    for decode in DECODERS:
        _check(decode(topic, payload, AT))


@settings(deadline=None)  # a busy machine is no fault of the decoder
@given(st.sampled_from(MESSAGES), st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_captures_with_bytes_overwritten(message: tuple[str, str], where: int, damage: bytes) -> None:
    topic, text = message
    payload = bytearray(text.encode())
    payload[where : where + len(damage)] = damage
    for decode in DECODERS:
        _check(decode(topic, bytes(payload), AT))


@pytest.mark.parametrize(("topic", "text"), MESSAGES)
def test_captures_cut_off_anywhere(topic: str, text: str) -> None:
    payload = text.encode()
    for decode in DECODERS:
        for end in range(len(payload)):
            _check(decode(topic, payload[:end], AT))


@settings(deadline=None)  # a busy machine is no fault of the decoder
@given(VALUES | st.lists(st.dictionaries(st.sampled_from(["friendly_name", "definition", "type"]), VALUES), max_size=3))
def test_any_inventory(rows: Any) -> None:  # noqa: ANN401 - any JSON
    found = inventory(json.dumps(rows).encode())
    assert all(Reason(refusal.reason) in MEANINGS for refusal in found.refusals)
    assert all(device.id.isprintable() for device in found.devices)


NEST = 100_000
WHOLE_MESSAGE = [
    pytest.param(b" " * (64 * 1024 + 1), Reason.TOO_BIG, id="more than 64 KiB"),
    pytest.param(b"", Reason.EMPTY, id="nothing"),
    pytest.param(b'{"sos":"\xff"}', Reason.NOT_UTF8, id="not UTF-8"),
    pytest.param('{"sos":"press"}'.encode("utf-16"), Reason.NOT_UTF8, id="UTF-16, which json.loads would guess"),
    pytest.param(b'{"sos":"press"', Reason.NOT_JSON, id="cut off"),
    pytest.param(b'{"sos":NaN', Reason.NOT_JSON, id="cut off behind NaN"),
    pytest.param(b"\xef\xbb\xbf{}", Reason.NOT_JSON, id="byte order mark"),
    pytest.param(b"[" * 60_000, Reason.TOO_DEEP, id="60,000 brackets"),
    pytest.param(b'{"a":' * 12_000, Reason.TOO_DEEP, id="12,000 objects"),
    pytest.param(b'[{"sos":"press"}]', Reason.NOT_AN_OBJECT, id="a list"),
    pytest.param(b'"press"', Reason.NOT_AN_OBJECT, id="a string"),
    pytest.param(b"NaN", Reason.NOT_A_NUMBER, id="only NaN"),
]


@pytest.mark.parametrize(("payload", "reason"), WHOLE_MESSAGE)
@pytest.mark.parametrize("topic", ["shouwang/x/event", "shouwang/x/heartbeat", "zigbee2mqtt/x", "zigbee2mqtt/a/b"])
def test_a_message_that_cannot_be_read_is_refused_as_a_whole(topic: str, payload: bytes, reason: Reason) -> None:
    decode = native.decode if topic.startswith("shouwang") else zigbee2mqtt.decode
    found = decode(topic, payload, AT)
    assert found.readings == ()
    expected = [reason] if payload != b"NaN" else [Reason.NOT_AN_OBJECT]
    assert [refusal.reason for refusal in found.refusals] == expected


def test_64_kib_exactly_is_read() -> None:
    payload = b'{"action":"emergency"}'.ljust(64 * 1024)
    assert [reading.value for reading in zigbee2mqtt.decode("zigbee2mqtt/sos", payload, AT).readings] == ["press"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("NaN", Reason.NOT_A_NUMBER),
        ("-Infinity", Reason.NOT_A_NUMBER),
        ("1e999", Reason.NOT_A_NUMBER),
        ("9" * 5000, Reason.OUT_OF_RANGE),
        ("9" * 400, Reason.OUT_OF_RANGE),
        ("-0.5", Reason.OUT_OF_RANGE),
        ("true", Reason.WRONG_TYPE),
        ('"1_0"', Reason.WRONG_TYPE),
        ('"１０"', Reason.WRONG_TYPE),
        ("[[[]]]", Reason.WRONG_TYPE),
    ],
)
def test_a_bad_number_never_hides_the_press_beside_it(number: str, reason: Reason) -> None:
    for decode, topic, text in (
        (zigbee2mqtt.decode, "zigbee2mqtt/x", f'{{"battery":{number},"action":"emergency"}}'),
        (native.decode, "shouwang/x/event", f'{{"v":1,"boot":1,"seq":1,"battery_percent":{number},"sos":"press"}}'),
    ):
        found = decode(topic, text.encode(), AT)
        assert [(reading.kind, reading.value) for reading in found.readings] == [("sos", "press")]
        assert [refusal.reason for refusal in found.refusals] == [reason]


def test_a_nest_within_a_field_is_refused_without_being_printed() -> None:
    nest = "[" * 500 + "]" * 500
    found = zigbee2mqtt.decode("zigbee2mqtt/x", f'{{"battery":{nest}}}'.encode(), AT)
    assert found.refusals[0].reason == Reason.WRONG_TYPE
    assert "[…]" in found.refusals[0].detail


def test_of_a_key_told_twice_the_last_counts() -> None:
    found = zigbee2mqtt.decode("zigbee2mqtt/x", b'{"contact":true,"contact":false}', AT)
    assert [reading.value for reading in found.readings] == [True]


@pytest.mark.parametrize("sort", ["say", "heard"])
def test_our_own_words_to_a_device_heard_again_are_no_message(sort: str) -> None:
    assert native.decode(f"shouwang/pendant/{sort}", b"{}", AT) == Decoded()
