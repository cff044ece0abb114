"""Devices, the bridge, the broker and the gateway's own parts: each has its own silence, and one cause is one alert."""

from __future__ import annotations

import pytest

from alerts.model import Severity
from devices.reading import Kind, Reading
from gateway.detection import pipeline
from gateway.detection.home import Device, Role
from tests.scenarios.watch import Watch, home, line, when

METER = Device(id="meter", role=Role.OTHER, room="hall", report_interval_s=3600.0)
DAILY = Device(id="daily", role=Role.HAZARD, room="kitchen", report_interval_s=86400.0)


def hears_own(watch: Watch, at: str, device: str, kind: Kind, *, value: bool) -> list[str]:
    """A reading of the bridge or the gateway itself, neither of which is among the home's devices."""
    lines = watch.until(at)
    reading = Reading(device_id=device, kind=kind, value=value, at=when(at))
    watch.state, found = pipeline.step(watch.home, watch.state, reading)
    watch.found += found
    return [*lines, *map(line, found)]


def metered(**limits: float) -> Watch:
    watch = Watch(home("living", extra=(METER,), **{"inactivity_day_s": 43200.0, **limits}))
    watch.says("1 09:00:00", "meter", 1.0, Kind.HEARTBEAT)
    return watch


def test_a_device_past_twice_its_interval_is_silent() -> None:
    watch = metered()
    assert watch.until("1 12:00:00") == ["1 11:00:00 raised silence device_silent meter since 1 09:00:00"]
    found = watch.found[0]
    assert found.key == "silence:meter:2026-03-02T01:00:00+00:00"
    assert found.severity is Severity.FAULT
    assert found.evidence == {
        "device": "meter",
        "room": "hall",
        "role": "other",
        "silent_s": 7200.0,
        "limit_s": 7200.0,
        "last_heard_at": "2026-03-02T01:00:00+00:00",
    }


def test_any_word_of_it_ends_the_silence() -> None:
    watch = metered()
    watch.until("1 12:00:00")
    assert watch.says("1 12:00:00", "meter", 50.0, Kind.BATTERY) == [
        "1 12:00:00 cleared silence heard_again meter since 1 09:00:00"
    ]
    assert watch.found[-1].evidence == {"device": "meter", "room": "hall", "role": "other", "silent_s": 10800.0}
    assert watch.until("1 15:00:00") == ["1 14:00:00 raised silence device_silent meter since 1 12:00:00"]


def test_a_device_that_was_never_heard_is_told_after_its_patience() -> None:
    watch = Watch(home("living", extra=(METER,)))
    assert watch.until("1 11:00:00") == ["1 10:00:00 raised silence device_never_heard meter since 1 08:00:00"]


def test_a_daily_report_may_come_a_little_late_and_no_more_than_the_cap() -> None:
    watch = Watch(home("living", extra=(DAILY,), silence_cap_s=90000.0), begins="1 08:00:00")
    watch.says("1 09:00:00", "daily", 1.0, Kind.HEARTBEAT)
    told = [said for said in watch.until("3 00:00:00") if "daily" in said]
    assert told == ["2 11:24:00 raised silence device_silent daily since 1 09:00:00"]
    assert watch.found[-1].evidence["limit_s"] == pytest.approx(86400 * 1.1)


def test_a_device_that_speaks_only_when_something_happens_may_rest_for_a_month() -> None:
    watch = Watch(home("fridge", "living", silence_cap_s=90000.0))
    watch.says("1 09:00:00", "fridge", "opens")
    watch.until("30 09:00:00")
    assert [said for said in watch.lines if "silence" in said] == []


def test_a_device_without_interval_that_sends_heartbeats_has_the_cap() -> None:
    watch = Watch(home("fridge", silence_cap_s=90000.0))
    watch.says("1 09:00:00", "fridge", 1.0, Kind.HEARTBEAT, sequence=1)
    assert "2 10:00:00 raised silence device_silent fridge since 1 09:00:00" in watch.until("3 00:00:00")


def test_a_bridge_that_passes_on_an_empty_word_promises_no_heartbeat() -> None:
    watch = Watch(home("fridge", silence_cap_s=90000.0))
    watch.says("1 09:00:00", "fridge", 0.0, Kind.HEARTBEAT)
    assert [said for said in watch.until("9 00:00:00") if "silence" in said] == []


def test_a_pendant_that_never_spoke_is_told() -> None:
    watch = Watch(home("pendant", "fridge", silence_cap_s=90000.0))
    told = [said for said in watch.until("4 00:00:00") if "silence" in said]
    assert told == ["2 09:00:00 raised silence device_never_heard pendant since 1 08:00:00"]
    assert watch.found[-1].evidence["role"] == "sos"


def test_offline_is_told_at_once_and_online_ends_it() -> None:
    watch = metered()
    assert watch.says("1 09:30:00", "meter", "offline", Kind.AVAILABILITY) == [
        "1 09:30:00 raised silence device_offline meter since 1 09:30:00"
    ]
    assert watch.found[-1].evidence["last_heard_at"] == "2026-03-02T01:00:00+00:00"
    assert watch.says("1 09:31:00", "meter", "offline", Kind.AVAILABILITY) == []
    assert watch.says("1 09:40:00", "meter", "online", Kind.AVAILABILITY) == [
        "1 09:40:00 cleared silence heard_again meter since 1 09:30:00"
    ]


def test_online_is_not_the_devices_own_word() -> None:
    watch = metered()
    watch.until("1 12:00:00")
    assert watch.says("1 12:00:00", "meter", "online", Kind.AVAILABILITY) == []
    assert watch.state.devices["meter"].last_heard == when("1 09:00:00")


def test_the_bridge_has_three_minutes_to_come_back() -> None:
    watch = metered()
    assert hears_own(watch, "1 09:30:00", "z2m", Kind.BRIDGE, value=False) == []
    assert hears_own(watch, "1 09:32:59", "z2m", Kind.BRIDGE, value=True) == []
    assert watch.until("1 10:00:00") == []


def test_a_bridge_that_stays_down_is_one_alert_for_all_its_devices() -> None:
    watch = metered()
    hears_own(watch, "1 09:30:00", "z2m", Kind.BRIDGE, value=False)
    assert watch.until("1 15:00:00") == ["1 09:33:00 raised silence bridge_down z2m since 1 09:30:00"]
    assert watch.found[0].key == "bridge:z2m:2026-03-02T01:30:00+00:00"
    assert watch.found[0].severity is Severity.WARNING
    assert hears_own(watch, "1 15:00:00", "z2m", Kind.BRIDGE, value=True) == [
        "1 15:00:00 cleared silence bridge_up z2m since 1 09:30:00"
    ]
    assert watch.until("1 18:00:00") == ["1 17:00:00 raised silence device_silent meter since 1 09:00:00"]


def test_a_device_that_numbers_its_messages_is_not_behind_the_bridge() -> None:
    watch = metered()
    watch.says("1 09:10:00", "meter", 1.0, Kind.HEARTBEAT, sequence=1)
    hears_own(watch, "1 09:30:00", "z2m", Kind.BRIDGE, value=False)
    assert "1 11:10:00 raised silence device_silent meter since 1 09:10:00" in watch.until("1 12:00:00")


def test_while_the_broker_is_down_no_device_is_silent() -> None:
    watch = metered()
    watch.says("1 09:10:00", "meter", 1.0, Kind.HEARTBEAT, sequence=1)
    hears_own(watch, "1 09:30:00", "gateway/broker", Kind.TROUBLE, value=True)
    assert watch.until("1 15:00:00") == ["1 09:33:00 raised system broker_down gateway/broker since 1 09:30:00"]
    assert watch.found[0].evidence == {"device": "gateway/broker", "down_s": 180.0, "limit_s": 180.0}
    assert hears_own(watch, "1 15:00:00", "gateway/broker", Kind.TROUBLE, value=False) == [
        "1 15:00:00 cleared system broker_up gateway/broker since 1 09:30:00"
    ]


def test_another_part_of_the_gateway_is_told_at_once() -> None:
    watch = metered()
    assert hears_own(watch, "1 09:30:00", "gateway/disk", Kind.TROUBLE, value=True) == [
        "1 09:30:00 raised system gateway_trouble gateway/disk since 1 09:30:00"
    ]
    assert watch.found[-1].evidence == {"device": "gateway/disk", "part": "disk"}
    assert watch.found[-1].severity is Severity.FAULT
    assert hears_own(watch, "1 09:40:00", "gateway/disk", Kind.TROUBLE, value=True) == []
    assert hears_own(watch, "1 09:50:00", "gateway/disk", Kind.TROUBLE, value=False) == [
        "1 09:50:00 cleared system trouble_over gateway/disk since 1 09:30:00"
    ]
