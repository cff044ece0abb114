"""What each kind of alert is called at the centre."""

import re

import pytest

from alerts.channels.centre.codes import MATTERS, NO_ZONE, Stage, Zone, device_type_of, matter_of, stage_of
from alerts.channels.centre.contact_id import SEQUENCES, events_of, sequence_of
from alerts.model import AlertKind, AlertState, Severity
from tests.centres.staged import ZONES, alert

KINDS = [
    (AlertKind.EMERGENCY, "pressed", {}, "emergency"),
    (AlertKind.FALL, "fall_reported", {}, "fall"),
    (AlertKind.INACTIVITY, "no_sign_of_life_by_day", {}, "inactivity"),
    (AlertKind.DOOR, "door_left_open", {}, "door"),
    (AlertKind.DOOR, "out_at_night", {}, "out"),
    (AlertKind.DOOR, "back_home", {}, "out"),
    (AlertKind.HAZARD, "smoke", {}, "smoke"),
    (AlertKind.HAZARD, "gas", {}, "gas"),
    (AlertKind.HAZARD, "carbon_monoxide", {}, "carbon_monoxide"),
    (AlertKind.HAZARD, "water_leak", {}, "water_leak"),
    (AlertKind.HAZARD, "hazard_over", {"hazard": "gas"}, "gas"),
    (AlertKind.TAMPER, "tampered", {}, "tamper"),
    (AlertKind.BATTERY, "battery_low", {}, "battery"),
    (AlertKind.SILENCE, "device_silent", {}, "silence"),
    (AlertKind.SILENCE, "bridge_down", {}, "bridge"),
    (AlertKind.SYSTEM, "button_stuck", {}, "button"),
    (AlertKind.SYSTEM, "broker_down", {}, "system"),
    (AlertKind.SYSTEM, "mains_lost", {"part": "mains"}, "mains"),
    (AlertKind.SYSTEM, "battery_ending", {"part": "mains"}, "supply"),
    (AlertKind.SYSTEM, "gateway_trouble", {"part": "uplink-spare"}, "uplink-spare"),
    (AlertKind.SYSTEM, "gateway_trouble", {"part": "disk"}, "system"),
]


@pytest.mark.parametrize(("kind", "reason", "evidence", "matter"), KINDS)
def test_every_alert_has_a_matter(kind: AlertKind, reason: str, evidence: dict[str, str], matter: str):
    assert matter_of(alert(kind=kind, reason=reason, evidence=evidence)) == matter


def test_every_matter_is_written_as_the_protocols_want_it():
    for codes in MATTERS.values():
        assert all(re.fullmatch(r"[1-9][0-9]{2}", code) for code in codes.contact_id)
        assert re.fullmatch(r"([0-9]{4})?", codes.device_type)
        assert re.fullmatch(r"[0-9]{4}", codes.status)
        assert re.fullmatch(r"[0-9]{4}", codes.status_over)


@pytest.mark.parametrize(
    ("state", "kind", "stage"),
    [
        (AlertState.OPEN, AlertKind.EMERGENCY, Stage.NEW),
        (AlertState.RETURNED, AlertKind.HAZARD, Stage.NEW),  # the smoke is gone, and nobody has looked
        (AlertState.RETURNED, AlertKind.SYSTEM, Stage.OVER),  # the mains are back
        (AlertState.ACKNOWLEDGED, AlertKind.EMERGENCY, Stage.TAKEN),
        (AlertState.ATTENDED, AlertKind.EMERGENCY, Stage.TAKEN),
        (AlertState.CLOSED, AlertKind.EMERGENCY, Stage.OVER),
        (AlertState.CANCELLED, AlertKind.FALL, Stage.OVER),
    ],
)
def test_a_danger_that_nobody_has_looked_at_is_never_told_as_over(state: AlertState, kind: AlertKind, stage: Stage):
    assert stage_of(alert(state=state, kind=kind)) is stage


@pytest.mark.parametrize(
    ("changes", "events"),
    [
        ({}, ("1101 00 001", "1100 00 001")),
        ({"device": "pendant"}, ("1101 00 002", "1100 00 002")),
        (
            {"device": "", "kind": AlertKind.INACTIVITY, "reason": "no_sign_of_life_floor"},
            ("1102 00 000", "1100 00 000"),
        ),
        ({"state": AlertState.ACKNOWLEDGED}, ("6101 00 001", "6100 00 001")),
        ({"state": AlertState.CLOSED}, ("3101 00 001", "3100 00 001")),
        ({"kind": AlertKind.FALL, "device": "radar"}, ("1100 00 003",)),
        ({"test": True}, ("1601 00 001", "1602 00 001")),
        ({"test": True, "state": AlertState.CLOSED}, ("1601 00 001", "1602 00 001")),
        (
            {"kind": AlertKind.BATTERY, "severity": Severity.FAULT, "state": AlertState.RETURNED},
            ("3384 00 001", "3380 00 001"),
        ),
    ],
)
def test_an_alert_becomes_contact_id_events(changes: dict[str, object], events: tuple[str, ...]):
    assert events_of(alert(**changes), ZONES, {}) == events


def test_the_installer_may_set_the_code_of_a_fall_and_the_general_one_stays_behind_it():
    fall = alert(kind=AlertKind.FALL, device="radar")

    assert events_of(fall, ZONES, {"fall": "103"}) == ("1103 00 003", "1100 00 003")
    assert events_of(alert(kind=AlertKind.FALL, device="radar", test=True), ZONES, {"fall": "103"})[0] == "1601 00 003"


@pytest.mark.parametrize(
    ("zone", "device_type"),
    [
        (Zone(1, "sos", worn=True), "0003"),
        (Zone(1, "sos", worn=False), "0004"),
        (Zone(1, "bed", worn=False), "0012"),
        (NO_ZONE, "0001"),
    ],
)
def test_a_device_has_a_scaip_type(zone: Zone, device_type: str):
    assert device_type_of(zone) == device_type


def test_a_delivery_keeps_its_sequence_number_and_two_in_a_row_differ():
    numbers = [sequence_of(f"delivery {n}", 0, 0) for n in range(5000)]

    assert numbers == [sequence_of(f"delivery {n}", 0, 0) for n in range(5000)]
    assert (min(numbers), max(numbers)) >= (1, 1)
    assert max(numbers) <= SEQUENCES
    assert len(set(numbers)) > 3500  # spread over the whole range
    assert sequence_of("a", 0, sequence_of("a", 0, 0)) == sequence_of("a", 0, 0) % SEQUENCES + 1
    assert sequence_of("a", 1, 0) != sequence_of("a", 0, 0)
