"""Each part of the gateway has its own patience and gravity, and the brief has words for it."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest

from alerts.model import Severity
from alerts.part_words import PARTS as WORDS
from devices.reading import Kind, Reading
from gateway.detection import pipeline
from gateway.detection.home import Limits
from gateway.detection.parts import PARTS
from tests.scenarios.watch import Watch, home, line, when

TOLD_AFTER_S = {
    "gateway/broker": 180,
    "gateway/uplink": 170,
    "gateway/uplink-spare": 17_700,
    "gateway/station": 170,
    "gateway/mains": 20,
    "gateway/ups": 60,
    "gateway/ups-driver": 60,
    "gateway/ups-stale": 60,
    "gateway/ups-refused": 60,
    "gateway/ups-garbled": 60,
    "gateway/ups-battery": 0,
    "gateway/telephone": 180,
    "gateway/modem": 180,
    "gateway/scaip": 180,
    "gateway/dc09": 180,
    "gateway/player": 0,
    "gateway/annunciator": 0,
    "gateway/store": 0,
    "gateway/disk": 0,
    "gateway/clock": 0,
    "gateway/fall-model": 0,
}
GRAVE = {"gateway/broker", "gateway/station", "gateway/mains"}


def report(watch: Watch, at: str, part: str, *, trouble: bool, since: str | None = None) -> list[str]:
    lines = watch.until(at)
    began = when(since) if since else None
    reading = Reading(device_id=part, kind=Kind.TROUBLE, value=trouble, at=when(at), device_at=began)
    watch.state, found = pipeline.step(watch.home, watch.state, reading)
    watch.found += found
    return [*lines, *map(line, found)]


def test_every_part_has_words_and_a_limit_that_exists():
    assert {part.removeprefix("gateway/") for part in PARTS} == WORDS.keys() | {"broker"}
    assert {part.limit for part in PARTS.values()} - {""} <= {limit.name for limit in fields(Limits)}
    assert TOLD_AFTER_S.keys() == PARTS.keys()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_told_after_its_patience_and_as_grave_as_it_is(part: str):
    watch = Watch(home("living", inactivity_day_s=43200.0))
    report(watch, "1 09:00:00", part, trouble=True)
    watch.until("1 15:00:00")
    assert len(watch.found) == 1
    told = watch.found[0]
    assert told.at - told.since == timedelta(seconds=TOLD_AFTER_S[part])
    assert told.since == when("1 09:00:00")
    assert told.severity is (Severity.WARNING if part in GRAVE else Severity.FAULT)


def test_a_trouble_that_ends_within_its_patience_is_never_told():
    watch = Watch(home("living"))
    report(watch, "1 09:00:00", "gateway/station", trouble=True)
    assert report(watch, "1 09:02:49", "gateway/station", trouble=False) == []
    assert watch.until("1 10:00:00") == []


def test_patience_counts_from_when_the_part_last_worked():
    watch = Watch(home("living"))
    report(watch, "1 09:01:10", "gateway/uplink", trouble=True, since="1 09:00:00")
    assert watch.until("1 09:05:00") == ["1 09:02:50 raised system gateway_trouble gateway/uplink since 1 09:00:00"]


def test_what_is_found_after_its_patience_is_told_at_once():
    watch = Watch(home("living", inactivity_day_s=43200.0))
    assert report(watch, "1 14:00:00", "gateway/uplink-spare", trouble=True, since="1 09:00:00") == [
        "1 14:00:00 raised system gateway_trouble gateway/uplink-spare since 1 09:00:00"
    ]


def test_a_trouble_never_begins_in_the_future():
    watch = Watch(home("living"))
    report(watch, "1 09:00:00", "gateway/disk", trouble=True, since="2 09:00:00")
    assert watch.found[0].since == when("1 09:00:00")


def test_a_part_of_another_version_is_a_fault_told_at_once():
    watch = Watch(home("living"))
    report(watch, "1 09:00:00", "gateway/periscope", trouble=True)
    assert (watch.found[0].at, watch.found[0].severity) == (when("1 09:00:00"), Severity.FAULT)
