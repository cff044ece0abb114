"""Who is told when, as a table of exact times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts import ladder as ladders
from alerts import lifecycle
from alerts.ladder import Ladder, Rung
from alerts.lifecycle import Change, Step
from alerts.model import Alert, AlertKind, AlertState, Delivery, Detection, Outcome, Phase, Severity

T0 = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
LADDER = Ladder(
    rungs=(
        Rung(contact="station", channels=("station",), after_s=0),
        Rung(contact="duty", channels=("webhook",), after_s=60, severities=frozenset({Severity.EMERGENCY})),
        Rung(contact="daughter", channels=("webhook",), after_s=180, severities=frozenset({Severity.EMERGENCY})),
    ),
    round_s=180,
)


def opened(severity: Severity = Severity.EMERGENCY) -> Change:
    found = Detection(
        key="k",
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=severity,
        subject="resident",
        since=T0,
        at=T0,
        reason="pressed",
    )
    change = lifecycle.apply([], {}, found)
    assert change is not None
    return change


def told(deliveries: tuple[Delivery, ...]) -> list[tuple[str, float]]:
    return [(d.contact, (d.due_at - T0).total_seconds()) for d in deliveries]


def occurred(alert: Alert, after_s: float) -> Change:
    at = T0 + timedelta(seconds=after_s)
    found = Detection(
        key=f"k{after_s}",
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=Severity.EMERGENCY,
        subject="resident",
        since=at,
        at=at,
        reason="pressed",
    )
    change = lifecycle.apply([alert], {}, found)
    assert change is not None
    return change


def test_station_at_once_then_repeat_and_next_contact_at_60_and_180_s():
    plan = ladders.plan(LADDER, opened())
    assert plan.reason == "opened"
    assert told(plan.deliveries) == [
        ("station", 0),
        ("station", 60),
        ("duty", 60),
        ("station", 180),
        ("duty", 180),
        ("daughter", 180),
    ]
    assert len({d.id for d in plan.deliveries}) == 6


def test_a_lone_station_is_told_again_too():
    lone = Ladder(rungs=LADDER.rungs[:1], round_s=180)
    assert told(ladders.plan(lone, opened()).deliveries) == [("station", 0), ("station", 60), ("station", 180)]


def test_a_fault_is_told_once_and_again_the_next_day():
    change = opened(Severity.FAULT)
    assert told(ladders.plan(LADDER, change).deliveries) == [("station", 0)]
    assert ladders.next_round(LADDER, change.alert, T0 + timedelta(hours=23, minutes=59)) is None
    again = ladders.next_round(LADDER, change.alert, T0 + timedelta(hours=24))
    assert again is not None
    assert told(again[1]) == [("station", 86_400)]


def test_planning_twice_gives_the_same_ids():
    assert ladders.plan(LADDER, opened()) == ladders.plan(LADDER, opened())


def test_further_press_is_told_at_once_to_those_already_told():
    plan = ladders.plan(LADDER, occurred(opened().alert, 61))
    assert told(plan.deliveries) == [("station", 61), ("duty", 61)]
    assert (plan.supersedes, plan.reason) == (False, "told_again")


def test_press_after_acceptance_starts_the_ladder_anew():
    taken = lifecycle.decide(opened().alert, Step.ACKNOWLEDGED, by="王", at=T0 + timedelta(seconds=5)).alert
    plan = ladders.plan(LADDER, occurred(taken, 300))
    assert plan.reason == "pressed_after_acceptance"
    assert plan.supersedes
    assert told(plan.deliveries)[:3] == [("station", 300), ("station", 360), ("duty", 360)]


def test_acceptance_supersedes_and_tells_those_already_told_but_not_who_took_it():
    change = lifecycle.decide(opened().alert, Step.ACKNOWLEDGED, by="王", at=T0 + timedelta(seconds=70))
    plan = ladders.plan(LADDER, change, origin="station")
    assert (plan.supersedes, plan.reason) == (True, "taken")
    assert told(plan.deliveries) == [("duty", 70)]


def test_the_ladder_goes_round_for_ever_until_a_person_takes_it():
    alert = opened().alert
    assert ladders.next_round_at(LADDER, alert) == T0 + timedelta(seconds=360)
    assert ladders.next_round(LADDER, alert, T0 + timedelta(seconds=359)) is None
    ids: set[str] = set()
    for n in range(1, 20):
        due = ladders.next_round(LADDER, alert, T0 + timedelta(seconds=360 * n))
        assert due is not None
        alert, deliveries = due
        assert told(deliveries)[0] == ("station", 360 * n)
        ids |= {d.id for d in deliveries}
    assert len(ids) == 19 * 6
    taken = lifecycle.decide(alert, Step.ACKNOWLEDGED, by="王", at=T0 + timedelta(days=1)).alert
    assert ladders.next_round(LADDER, taken, T0 + timedelta(days=2)) is None


def test_rounds_missed_while_the_box_was_off_become_one():
    due = ladders.next_round(LADDER, opened().alert, T0 + timedelta(seconds=360 * 10 + 5))
    assert due is not None
    assert due[0].rounds == 11
    assert told(due[1])[0] == ("station", 3600)
    assert ladders.next_round(LADDER, due[0], T0 + timedelta(seconds=360 * 10 + 6)) is None


def test_returned_alert_is_still_called():
    returned = replace(opened().alert, state=AlertState.RETURNED)
    assert ladders.next_round(LADDER, returned, T0 + timedelta(seconds=360)) is not None


def test_retries_grow_to_five_seconds_for_an_emergency_and_a_minute_for_the_rest():
    row = ladders.plan(LADDER, opened()).deliveries[0]
    waits = [ladders.retry_after_s(replace(row, attempt=n)) for n in range(1, 9)]
    assert waits == [0.5, 1, 2, 4, 5, 5, 5, 5]
    faults = [ladders.retry_after_s(replace(row, attempt=n, severity=Severity.FAULT)) for n in (1, 7, 8, 5000)]
    assert faults == [0.5, 32, 60, 60]


def test_news_of_a_live_alert_is_always_wanted_of_a_closed_one_for_a_day():
    alert = opened().alert
    closed = lifecycle.decide(alert, Step.CLOSED, by="王", at=T0, outcome=Outcome.TEST).alert
    assert ladders.still_wanted(alert, T0 + timedelta(days=30))
    assert ladders.still_wanted(closed, T0 + timedelta(hours=23))
    assert not ladders.still_wanted(closed, T0 + timedelta(hours=24))


def test_an_alert_that_no_rung_serves_has_no_round():
    none = Ladder(rungs=(replace(LADDER.rungs[1]),), round_s=180)
    change = opened(Severity.FAULT)
    assert ladders.plan(none, change).deliveries == ()
    assert ladders.next_round_at(none, change.alert) is None
