"""What a capture cannot show: base topics, spellings of calls for help, and the bridge's inventory."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.catalog import MODELS
from devices.dialects import native, zigbee2mqtt
from devices.dialects.refusals import MEANINGS, Reason, refuse
from devices.dialects.zigbee2mqtt_inventory import AnnouncedDevice, inventory
from devices.dialects.zigbee2mqtt_words import action_fact
from devices.reading import Decoded, Kind

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("base", "topic", "device"),
    [
        ("zigbee2mqtt", "zigbee2mqtt/sos", "sos"),
        ("home/zigbee", "home/zigbee/bath/cord", "bath/cord"),
        ("zigbee2mqtt", "zigbee2mqtt/availability", "availability"),
        ("zigbee2mqtt", "zigbee2mqtt/set", "set"),
        ("zigbee2mqtt", "zigbee2mqtt/bridges", "bridges"),
    ],
)
def test_the_rest_of_the_topic_is_the_device(base: str, topic: str, device: str) -> None:
    found = zigbee2mqtt.decode(topic, b'{"action":"emergency"}', AT, base_topic=base)
    assert [(reading.device_id, reading.kind) for reading in found.readings] == [(device, Kind.SOS)]


@pytest.mark.parametrize("topic", ["", "zigbee2mqtt", "zigbee2mqtt/", "zigbee2mqttx/sos", "zigbee2mqtt/a\x07", "x/y"])
def test_a_topic_of_nobody_is_refused(topic: str) -> None:
    for decode in (zigbee2mqtt.decode, native.decode):
        found = decode(topic, b'{"action":"emergency"}', AT)
        assert (found.readings, [refusal.reason for refusal in found.refusals]) == ((), [Reason.UNKNOWN_TOPIC])


def test_the_bridge_of_another_base_topic_has_its_own_name() -> None:
    found = zigbee2mqtt.decode("home/zigbee/bridge/state", b"offline", AT, base_topic="home/zigbee")
    assert [(r.device_id, r.kind, r.value) for r in found.readings] == [("home/zigbee/bridge", Kind.BRIDGE, False)]
    assert zigbee2mqtt.bridge_id("home/zigbee") == "home/zigbee/bridge"


def test_native_base_topic_may_hold_slashes_and_dots() -> None:
    payload = b'{"v":1,"boot":0,"seq":1,"sos":"press"}'
    found = native.decode("a.b/c/x/event", payload, AT, base_topic="a.b/c")
    assert [(r.device_id, r.sequence) for r in found.readings] == [("x", 1)]
    assert native.decode("aXb/c/x/event", payload, AT, base_topic="a.b/c").readings == ()


def test_subscriptions_cover_what_is_decoded() -> None:
    assert native.subscriptions("s") == ("s/+/event", "s/+/heartbeat", "s/+/status", "s/+/window")
    assert zigbee2mqtt.subscriptions("z") == ("z/#",)


@pytest.mark.parametrize(
    ("action", "fact"),
    [
        ("emergency", (Kind.SOS, "press")),
        ("EMERGENCY ", (Kind.SOS, "press")),
        ("panic", (Kind.SOS, "press")),
        ("sos", (Kind.SOS, "press")),
        ("emergency_1", (Kind.SOS, "press")),
        ("2_sos", (Kind.SOS, "press")),
        ("sos_double", (Kind.SOS, "double")),
        ("sos_hold", (Kind.SOS, "long")),
        ("panic-cord", (Kind.SOS, "cord")),
        ("emergency_cancel", (Kind.ACTIVITY, "emergency_cancel")),
        ("sos_test", (Kind.ACTIVITY, "sos_test")),
        ("single", (Kind.ACTIVITY, "single")),
        ("disarm", (Kind.ACTIVITY, "disarm")),
        ("vibration", (Kind.VIBRATION, "vibration")),
        ("tilt", (Kind.VIBRATION, "tilt")),
        ("drop", (Kind.VIBRATION, "drop")),
        ("fall", (Kind.VIBRATION, "drop")),
        ("", None),
        ("  ", None),
        ("unknown", None),
        ("auto_lock", None),
        ("unlock_failure_invalid_pin_or_id", None),
        ("region_10_unoccupied", None),
    ],
)
def test_actions(action: str, fact: tuple[Kind, str] | None) -> None:
    assert action_fact(action) == fact


def _row(name: str, definition: dict[str, Any] | None, **more: str) -> dict[str, Any]:
    return {"friendly_name": name, "type": "EndDevice", "definition": definition, **more}


def test_inventory_says_what_each_device_can_tell() -> None:
    strap = [
        {"type": "binary", "property": "occupancy", "value_on": True, "value_off": False},
        {"type": "enum", "property": "work_state", "values": ["presence", "none"]},
        {"type": "numeric", "property": "battery"},
    ]
    lamp = [
        {"type": "light", "features": [{"type": "binary", "property": "state", "value_on": "ON", "value_off": "OFF"}]}
    ]
    remote = [{"type": "enum", "property": "action", "values": ["emergency", "disarm"]}]
    nested = [{"type": "composite", "features": [{"type": "binary", "property": "contact", "value_on": False}]}]
    rows = [
        {"friendly_name": "Coordinator", "type": "Coordinator", "definition": None},
        _row(
            "bed", {"model": "TS0601_bed_presence_sensor", "vendor": "Tuya", "exposes": strap}, power_source="Battery"
        ),
        _row("lamp", {"model": "L1", "vendor": "V", "exposes": lamp}, power_source="Mains (single phase)"),
        _row("remote", {"model": "HM1RC-2-E", "vendor": "Heiman", "exposes": remote}),
        _row("door", {"model": "D", "vendor": "V", "exposes": nested}),
        _row("new", None, model_id="TS0203", manufacturer="_TZ3000_x"),
        {"type": "EndDevice"},
    ]
    found = inventory(json.dumps(rows).encode())

    def device(name: str, model: str, vendor: str, power: str, *kinds: Kind) -> AnnouncedDevice:
        return AnnouncedDevice(id=name, model=model, vendor=vendor, power_source=power, kinds=frozenset(kinds))

    assert found.devices == (
        device("bed", "TS0601_bed_presence_sensor", "Tuya", "Battery", Kind.BED, Kind.BATTERY),
        device("lamp", "L1", "V", "Mains (single phase)"),
        device("remote", "HM1RC-2-E", "Heiman", "", Kind.SOS, Kind.ACTIVITY),
        device("door", "D", "V", "", Kind.CONTACT),
        device("new", "TS0203", "_TZ3000_x", ""),
    )
    assert [refusal.reason for refusal in found.refusals] == [Reason.WRONG_TYPE]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(b"", Reason.EMPTY), (b"{}", Reason.WRONG_TYPE), (b"[", Reason.NOT_JSON), (b"[3]", Reason.WRONG_TYPE)],
)
def test_an_inventory_that_is_no_list_of_devices(payload: bytes, reason: Reason) -> None:
    found = inventory(payload)
    assert (found.devices, [refusal.reason for refusal in found.refusals]) == ((), [reason])


def test_an_inventory_may_be_larger_than_a_message() -> None:
    rows = [_row(f"device {number}", None, model_id="x" * 1000) for number in range(100)]
    payload = json.dumps(rows).encode()
    assert len(payload) > 64 * 1024
    assert len(inventory(payload).devices) == 100
    assert zigbee2mqtt.decode("zigbee2mqtt/bridge/devices", payload, AT) == Decoded()


def test_every_reason_is_explained_in_both_languages() -> None:
    assert set(MEANINGS) == set(Reason)
    for zh, en in MEANINGS.values():
        assert zh.endswith("。")
        assert en.endswith(".")


def test_a_refusal_can_be_stored_whatever_the_topic() -> None:
    refusal = refuse(Reason.UNKNOWN_TOPIC, "\ud800" + "x" * 300, "\udfff")
    assert (refusal.topic, refusal.detail) == ("?" + "x" * 199, "?")


def test_calls_for_help_in_the_catalogue_are_decoded_as_calls() -> None:
    for model in MODELS:
        for word in model.sos_spelling.removeprefix("action: ").split(";")[0].split(", "):
            if model.sos_spelling.startswith("action: ") and Kind.SOS in model.kinds:
                assert action_fact(word) == (Kind.SOS, "press")
