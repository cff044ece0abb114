"""Hazards, tampering and batteries."""

from __future__ import annotations

import pytest

from alerts.model import Severity
from devices.reading import Kind
from tests.scenarios.watch import Watch


@pytest.mark.parametrize(
    ("kind", "alert", "reason", "severity"),
    [
        (Kind.SMOKE, "hazard", "smoke", Severity.EMERGENCY),
        (Kind.GAS, "hazard", "gas", Severity.EMERGENCY),
        (Kind.CARBON_MONOXIDE, "hazard", "carbon_monoxide", Severity.EMERGENCY),
        (Kind.WATER_LEAK, "hazard", "water_leak", Severity.WARNING),
        (Kind.TAMPER, "tamper", "tampered", Severity.FAULT),
    ],
)
def test_rises_once_and_clears_once(kind: Kind, alert: str, reason: str, severity: Severity) -> None:
    watch = Watch()
    over = "tamper_over" if kind is Kind.TAMPER else "hazard_over"
    assert watch.says("1 09:00:00", "smoke", "off", kind) == []
    assert watch.says("1 09:01:00", "smoke", "on", kind) == [
        f"1 09:01:00 raised {alert} {reason} smoke since 1 09:01:00"
    ]
    assert watch.says("1 09:02:00", "smoke", "on", kind) == []
    assert watch.says("1 09:03:00", "smoke", "off", kind) == [
        f"1 09:03:00 cleared {alert} {over} smoke since 1 09:01:00"
    ]
    raised, cleared = watch.found
    assert raised.key == cleared.key == f"{reason}:smoke:2026-03-02T01:01:00+00:00"
    assert raised.severity is severity
    assert raised.evidence == {"device": "smoke", "room": "kitchen"}
    assert cleared.evidence == {"device": "smoke", "room": "kitchen", "hazard": reason, "lasted_s": 120.0}


LOW = "raised battery battery_low living"


def reports(watch: Watch, *percents: float) -> None:
    for minute, percent in enumerate(percents):
        watch.says(f"1 09:{minute:02}:00", "living", percent, Kind.BATTERY)


def test_a_low_battery_is_told_once() -> None:
    watch = Watch()
    reports(watch, 30.0, 16.0, 15.0, 14.0, 16.0, 12.0)
    assert watch.lines == [f"1 09:02:00 {LOW} since 1 09:02:00"]
    assert watch.found[0].key == "battery:living:2026-03-02T01:02:00+00:00"
    assert watch.found[0].severity is Severity.FAULT
    assert watch.found[0].evidence == {
        "device": "living",
        "room": "living",
        "percent": 15.0,
        "role": "motion",
        "limit_percent": 15.0,
    }


def test_it_is_well_when_it_has_clearly_risen() -> None:
    watch = Watch()
    reports(watch, 14.0, 24.0, 25.0)
    assert watch.lines[1:] == ["1 09:02:00 cleared battery battery_changed living since 1 09:00:00"]


def test_a_false_zero_is_not_believed() -> None:
    watch = Watch()
    reports(watch, 100.0, 0.0, 100.0, 0.0, 100.0)
    assert watch.lines == []


def test_a_fall_to_zero_is_believed_when_it_is_said_twice() -> None:
    watch = Watch()
    reports(watch, 100.0, 0.0, 0.0)
    assert watch.lines == [f"1 09:02:00 {LOW} since 1 09:01:00"]


def test_a_false_hundred_does_not_clear_and_a_new_battery_does() -> None:
    watch = Watch()
    reports(watch, 10.0, 100.0, 10.0)
    assert len(watch.lines) == 1
    watch = Watch()
    reports(watch, 10.0, 100.0, 100.0)
    assert watch.lines[1:] == ["1 09:02:00 cleared battery battery_changed living since 1 09:00:00"]


def test_the_first_report_of_all_is_believed() -> None:
    watch = Watch()
    reports(watch, 3.0)
    assert len(watch.lines) == 1


def test_the_devices_own_flag_is_believed_at_once() -> None:
    watch = Watch()
    assert watch.says("1 09:00:00", "living", "on", Kind.BATTERY_LOW) == [f"1 09:00:00 {LOW} since 1 09:00:00"]
    assert "percent" not in watch.found[0].evidence
    assert watch.says("1 10:00:00", "living", "on", Kind.BATTERY_LOW) == []
    assert watch.says("1 11:00:00", "living", "off", Kind.BATTERY_LOW) == [
        "1 11:00:00 cleared battery battery_changed living since 1 09:00:00"
    ]


def test_flag_and_percentage_must_both_be_well() -> None:
    watch = Watch()
    reports(watch, 10.0)
    watch.says("1 10:00:00", "living", "on", Kind.BATTERY_LOW)
    assert watch.says("1 10:01:00", "living", "off", Kind.BATTERY_LOW) == []
    watch.says("1 10:02:00", "living", "on", Kind.BATTERY_LOW)
    assert watch.says("1 10:03:00", "living", 40.0, Kind.BATTERY) == []
    assert len(watch.says("1 10:04:00", "living", "off", Kind.BATTERY_LOW)) == 1
