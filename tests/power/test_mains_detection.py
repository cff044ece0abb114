"""A loss of the mains is told with the battery's time, its end is told as such, and both survive a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.ladder import Ladder, Rung
from alerts.model import AlertState, Severity
from devices.reading import Kind, Reading, Tick
from gateway.detection import pipeline
from gateway.detection.parts import MAINS, UPS
from gateway.judge import Belief, judge
from gateway.power.keeper import telling
from gateway.power.supply import Silence, Supply
from tests.scenarios.watch import Watch, home, line, when

if TYPE_CHECKING:
    from alerts.model import Alert

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
ON_MAINS = Supply(mains=True, percent=100, runtime_s=2820)


def on_battery(percent: float = 80, runtime_s: float = 2820) -> Supply:
    return Supply(mains=False, percent=percent, runtime_s=runtime_s)


def look(watch: Watch, at: str, seen: Supply | Silence, *, ending: bool = False) -> list[str]:
    """What is told after one look at the power."""
    lines = watch.until(at)
    for reading in readings(watch.state, seen, when(at), ending=ending):
        watch.state, found = pipeline.step(watch.home, watch.state, reading)
        watch.found += found
        lines += map(line, found)
    return lines


def readings(state: pipeline.State, seen: Supply | Silence, at: datetime, *, ending: bool = False) -> list[Reading]:
    facts, parts = telling(state, seen, at)
    changes = [(part, trouble) for part, trouble in parts.items() if trouble != (part in state.trouble.down)]
    end = [Reading(device_id=UPS, kind=Kind.BATTERY_LOW, value=True, at=at)] if ending else []
    return [*facts, *(Reading(device_id=p, kind=Kind.TROUBLE, value=t, at=at) for p, t in changes), *end]


def quiet() -> Watch:
    return Watch(home("living", inactivity_day_s=43200.0))


def test_a_loss_is_told_after_its_patience_with_what_the_battery_has():
    watch = quiet()
    assert look(watch, "1 09:00:00", on_battery()) == []
    assert watch.until("1 09:01:00") == ["1 09:00:20 raised system mains_lost gateway/mains since 1 09:00:00"]
    told = watch.found[0]
    assert told.severity is Severity.WARNING
    assert told.evidence == {"device": MAINS, "part": "mains", "percent": 80.0, "runtime_s": 2820.0}
    assert look(watch, "1 09:47:00", ON_MAINS) == [
        "1 09:47:00 cleared system mains_back gateway/mains since 1 09:00:00"
    ]
    assert watch.found[-1].evidence == {"device": MAINS, "part": "mains", "lasted_s": 2820.0}


def test_a_dip_is_never_told():
    watch = quiet()
    look(watch, "1 09:00:00", on_battery())
    assert look(watch, "1 09:00:19", ON_MAINS) == []
    assert watch.until("1 12:00:00") == []


def test_the_end_of_the_battery_is_a_further_occurrence_and_told_at_once():
    watch = quiet()
    look(watch, "1 09:00:00", on_battery())
    assert look(watch, "1 09:40:00", on_battery(9, 290), ending=True)[-1] == (
        "1 09:40:00 raised system battery_ending gateway/mains since 1 09:00:00"
    )
    lost, ending = watch.found
    assert ending.key == f"{lost.key}:ending"
    assert ending.evidence == {"device": MAINS, "part": "mains", "percent": 9.0, "runtime_s": 290.0}
    assert look(watch, "1 09:40:02", on_battery(9, 290), ending=True) == []


def test_an_end_within_the_patience_is_told_in_place_of_the_loss():
    watch = quiet()
    told = look(watch, "1 09:00:00", on_battery(9, 290), ending=True)
    assert told == ["1 09:00:00 raised system battery_ending gateway/mains since 1 09:00:00"]
    assert watch.until("1 12:00:00") == []
    assert look(watch, "1 12:00:00", ON_MAINS) == [
        "1 12:00:00 cleared system mains_back gateway/mains since 1 09:00:00"
    ]


def test_a_low_battery_on_the_mains_ends_nothing():
    assert look(quiet(), "1 09:00:00", Supply(mains=True, percent=3, low=True), ending=True) == []


@pytest.mark.parametrize("silence", Silence)
def test_each_silence_is_a_part_of_its_own_told_after_a_minute(silence: Silence):
    watch = quiet()
    look(watch, "1 09:00:00", silence)
    raised = f"1 09:01:00 raised system gateway_trouble gateway/{silence} since 1 09:00:00"
    assert watch.until("1 09:02:00") == [raised]
    assert look(watch, "1 09:03:00", ON_MAINS) == [
        f"1 09:03:00 cleared system trouble_over gateway/{silence} since 1 09:00:00"
    ]


def test_a_silence_says_nothing_about_the_mains():
    watch = quiet()
    look(watch, "1 09:00:00", on_battery())
    look(watch, "1 09:00:02", Silence.STALE)
    assert watch.until("1 09:00:30") == ["1 09:00:20 raised system mains_lost gateway/mains since 1 09:00:00"]


def test_a_worn_battery_is_a_fault_of_its_own():
    watch = quiet()
    assert look(watch, "1 09:00:00", Supply(mains=True, worn=True)) == [
        "1 09:00:00 raised system gateway_trouble gateway/ups-battery since 1 09:00:00"
    ]
    assert watch.found[0].severity is Severity.FAULT


def test_figures_are_written_only_when_they_moved():
    watch = quiet()
    look(watch, "1 09:00:00", on_battery(80, 2820))
    written = [
        len(readings(watch.state, seen, AT))
        for seen in (on_battery(80, 2820), on_battery(76, 2700), on_battery(75, 2700), on_battery(80, 2520), ON_MAINS)
    ]
    assert written == [0, 0, 1, 1, 1]


def test_figures_on_the_mains_are_not_written():
    state = quiet().state
    assert telling(state, ON_MAINS, AT).facts == ()


def story() -> list[Reading | Tick]:
    """Lost, told, nearly empty, back; each with the belief of its moment."""
    state, events = quiet().state, list[Reading | Tick]()
    looks = [(0, on_battery(), False), (2000, on_battery(9, 280), True), (9000, ON_MAINS, False)]
    for after_s, seen, ending in looks:
        tick = Tick(at=AT + timedelta(seconds=after_s))
        state, _ = pipeline.step(quiet().home, state, tick)
        said = readings(state, seen, tick.at, ending=ending)
        for reading in said:
            state, _ = pipeline.step(quiet().home, state, reading)
        events += [tick, *said]
    return events


def outcome(events: list[Reading | Tick], *, restarts: bool) -> list[Alert]:
    rules, ladder = quiet().home, Ladder(rungs=(Rung(contact="hook", channels=("webhook",), after_s=0),), round_s=180)
    belief, alerts = Belief(state=quiet().state), {}
    for event in events:
        belief, writes = judge(rules, ladder, belief, event)
        alerts |= {alert.key: alert for alert in writes.alerts}
        if restarts:
            state = pipeline.decode_state(pipeline.encode_state(belief.state))
            belief = Belief(state=state, alerts=belief.alerts, applied=belief.applied)
    return list(alerts.values())


def test_one_outage_is_one_alert_however_often_the_box_restarts():
    (alert,) = outcome(story(), restarts=False)
    assert (alert.state, alert.count, alert.reason) == (AlertState.RETURNED, 2, "battery_ending")
    assert alert.since == AT
    assert alert.evidence["cleared_by"] == "mains_back"
    assert outcome(story(), restarts=True) == [alert]
