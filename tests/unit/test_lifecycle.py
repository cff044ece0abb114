"""The alert's life: every arrow of the table, and what no input may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import lifecycle
from alerts.lifecycle import DECISIONS, TRANSITIONS, IllegalStep, Step
from alerts.model import LIVE_STATES, Alert, AlertKind, AlertState, Cause, Detection, Outcome, Phase, Severity

T0 = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def detection(key: str = "emergency:pendant:1", **changes: object) -> Detection:
    found = Detection(
        key=key,
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=Severity.EMERGENCY,
        subject="resident",
        since=T0,
        at=T0,
        reason="pressed",
        device="pendant",
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def opened(**changes: object) -> Alert:
    change = lifecycle.apply([], {}, detection())
    assert change is not None
    return replace(change.alert, **changes)  # type: ignore[arg-type]


def test_first_detection_opens_an_alert_with_its_true_start():
    late = detection(since=T0 - timedelta(hours=3))
    change = lifecycle.apply([], {}, late)
    assert change is not None
    assert (change.step, change.previous) == (Step.OPENED, None)
    assert change.alert.state is AlertState.OPEN
    assert change.alert.since == T0 - timedelta(hours=3)
    assert change.alert.opened_at == T0
    assert (change.alert.count, change.alert.revision, change.alert.rounds) == (1, 1, 1)


def test_further_press_is_the_same_alert_told_again():
    again = detection("emergency:cord:2", at=T0 + timedelta(seconds=9), since=T0 + timedelta(seconds=9), device="cord")
    change = lifecycle.apply([opened()], {"emergency:pendant:1": "emergency:pendant:1"}, again)
    assert change is not None
    assert change.alert.key == "emergency:pendant:1"
    assert (change.alert.count, change.alert.revision) == (2, 2)
    assert change.alert.last_at == T0 + timedelta(seconds=9)
    assert change.alert.device == "cord"
    assert change.alert.called_from == T0


@pytest.mark.parametrize("taken", [AlertState.ACKNOWLEDGED, AlertState.ATTENDED])
def test_press_after_acceptance_opens_the_alert_again(taken: AlertState):
    alert = opened(state=taken, by="王", acknowledged_at=T0)
    later = T0 + timedelta(minutes=4)
    change = lifecycle.apply([alert], {}, detection("emergency:pendant:2", at=later, since=later))
    assert change is not None
    assert change.alert.state is AlertState.OPEN
    assert (change.alert.by, change.alert.acknowledged_at) == ("", None)
    assert (change.alert.called_from, change.alert.rounds) == (later, 1)


def test_detection_applied_before_changes_nothing():
    assert lifecycle.apply([opened()], {"emergency:pendant:1": "emergency:pendant:1"}, detection()) is None


def test_condition_gone_before_anyone_looked_still_needs_a_person():
    applied = {"emergency:pendant:1": "emergency:pendant:1"}
    gone = detection(phase=Phase.CLEARED, at=T0 + timedelta(minutes=1), reason="up_again")
    change = lifecycle.apply([opened()], applied, gone)
    assert change is not None
    assert change.alert.state is AlertState.RETURNED
    assert change.alert.evidence == {"cleared_at": "2026-03-01T02:01:00+00:00", "cleared_by": "up_again"}
    assert lifecycle.apply([change.alert], {**applied, lifecycle.applied_key(gone): change.alert.key}, gone) is None


def test_clearing_what_is_not_live_changes_nothing():
    assert lifecycle.apply([], {}, detection(phase=Phase.CLEARED)) is None
    assert lifecycle.apply([opened()], {}, detection("other", phase=Phase.CLEARED)) is None


def test_graver_severity_wins():
    warned = opened(severity=Severity.WARNING)
    change = lifecycle.apply([warned], {}, detection("k2", severity=Severity.EMERGENCY))
    assert change is not None
    assert change.alert.severity is Severity.EMERGENCY
    change = lifecycle.apply([change.alert], {}, detection("k3", severity=Severity.FAULT))
    assert change is not None
    assert change.alert.severity is Severity.EMERGENCY


def test_closing_needs_an_outcome():
    with pytest.raises(ValueError, match="outcome"):
        lifecycle.decide(opened(), Step.CLOSED, by="王", at=T0)


def test_a_decision_says_who_and_keeps_the_first_acceptance():
    first = lifecycle.decide(opened(), Step.ACKNOWLEDGED, by="王", at=T0 + timedelta(seconds=30)).alert
    then = lifecycle.decide(first, Step.CLOSED, by="李", at=T0 + timedelta(hours=1), outcome=Outcome.TRUE_ALARM).alert
    assert (first.by, first.acknowledged_at) == ("王", T0 + timedelta(seconds=30))
    assert (then.by, then.acknowledged_at, then.outcome) == ("李", T0 + timedelta(seconds=30), Outcome.TRUE_ALARM)
    assert then.state is AlertState.CLOSED


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("step", Step)
def test_people_can_take_exactly_the_steps_of_the_table(state: AlertState, step: Step):
    alert = opened(state=state)
    if step in DECISIONS and (state, step) in TRANSITIONS:
        change = lifecycle.decide(alert, step, by="王", at=T0, outcome=Outcome.TEST)
        assert change.alert.state is TRANSITIONS[state, step]
    else:
        with pytest.raises(IllegalStep, match=f"is {state}"):
            lifecycle.decide(alert, step, by="王", at=T0, outcome=Outcome.TEST)


def test_final_states_have_no_way_out_and_live_states_reach_a_person():
    assert {state for state, _ in TRANSITIONS} == LIVE_STATES
    assert all((state, Step.ACKNOWLEDGED) in TRANSITIONS for state in LIVE_STATES)
    assert all((state, Step.OCCURRED) in TRANSITIONS and (state, Step.CLEARED) in TRANSITIONS for state in LIVE_STATES)


facts = st.builds(
    detection,
    st.sampled_from(["a", "b", "c"]),
    phase=st.sampled_from(Phase),
    kind=st.sampled_from([AlertKind.FALL, AlertKind.EMERGENCY]),
    severity=st.sampled_from(Severity),
    at=st.integers(0, 500).map(lambda s: T0 + timedelta(seconds=s)),
)
decisions = st.tuples(st.sampled_from(Step), st.sampled_from([None, *Outcome]))


@given(st.lists(st.one_of(facts, decisions), max_size=40))
def test_no_sequence_breaks_the_life(events: list[Detection | tuple[Step, Outcome | None]]):
    live: dict[str, Alert] = {}
    applied: dict[str, str] = {}
    for event in events:
        try:
            if isinstance(event, Detection):
                change = lifecycle.apply(live.values(), applied, event)
            else:
                change = next(
                    (lifecycle.decide(a, event[0], by="x", at=T0, outcome=event[1]) for a in live.values()), None
                )
        except (IllegalStep, ValueError):
            continue
        if change is None:
            continue
        before = live.get(change.alert.key)
        assert change.alert.revision == (before.revision + 1 if before else 1)
        live[change.alert.key] = change.alert
        if isinstance(event, Detection):
            applied[lifecycle.applied_key(event)] = change.alert.key
        if change.alert.state not in LIVE_STATES:
            del live[change.alert.key]
        subjects = [(a.kind, a.subject) for a in live.values()]
        assert len(subjects) == len(set(subjects))


def pending(**changes: object) -> Alert:
    change = lifecycle.apply([], {}, detection("fall:radar", kind=AlertKind.FALL, countdown_s=30.0))
    assert change is not None
    return replace(change.alert, **changes)  # type: ignore[arg-type]


ARRIVAL_S = 1080.0


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_what_is_not_sure_is_asked_first_and_called_when_nobody_answers():
    asked = pending()
    assert (asked.state, asked.called_from) == (AlertState.PENDING, after(30))
    assert lifecycle.expires_at(asked, ARRIVAL_S) == after(30)
    assert lifecycle.expire(asked, after(29.9), ARRIVAL_S) is None
    change = lifecycle.expire(asked, after(31), ARRIVAL_S)
    assert change is not None
    assert (change.step, change.previous) == (Step.COUNTED_DOWN, AlertState.PENDING)
    assert (change.alert.state, change.alert.called_from, change.alert.revision) == (AlertState.OPEN, after(31), 2)


def test_movement_during_the_countdown_cancels_it():
    asked = pending()
    moved = detection("fall:radar", kind=AlertKind.FALL, phase=Phase.CLEARED, at=after(12), reason="up_again")
    change = lifecycle.apply([asked], {"fall:radar": "fall:radar"}, moved)
    assert change is not None
    assert change.alert.state is AlertState.CANCELLED


def test_a_second_source_ends_the_countdown_at_once():
    second = detection("fall:strap", kind=AlertKind.FALL, at=after(5), since=after(5), countdown_s=30.0)
    change = lifecycle.apply([pending()], {"fall:radar": "fall:radar"}, second)
    assert change is not None
    assert (change.alert.state, change.alert.called_from, change.alert.count) == (AlertState.OPEN, after(5), 2)


def test_an_emergency_call_has_no_countdown():
    assert opened().state is AlertState.OPEN
    with pytest.raises(IllegalStep):
        lifecycle.decide(opened(), Step.CANCELLED, by="resident", at=after(1))


def test_nobody_arrived_in_time_opens_it_again_and_says_who_had_it():
    taken = lifecycle.decide(opened(rounds=4), Step.ACKNOWLEDGED, by="duty", at=after(60)).alert
    away = lifecycle.decide(taken, Step.SET_OUT, by="duty", at=after(120)).alert
    assert (away.state, away.set_out_at, away.acknowledged_at) == (AlertState.ACKNOWLEDGED, after(120), after(60))
    assert lifecycle.expire(away, after(60 + ARRIVAL_S - 1), ARRIVAL_S) is None
    change = lifecycle.expire(away, after(60 + ARRIVAL_S), ARRIVAL_S)
    assert change is not None
    again = change.alert
    assert (change.step, again.state, again.by, again.acknowledged_at) == (Step.OVERDUE, AlertState.OPEN, "", None)
    assert (again.called_from, again.rounds, again.set_out_at) == (after(60 + ARRIVAL_S), 1, None)
    assert (again.evidence["overdue_by"], again.evidence["overdue_s"]) == ("duty", ARRIVAL_S)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": AlertState.OPEN},
        {"state": AlertState.ATTENDED},
        {"state": AlertState.RETURNED},
        {"state": AlertState.ACKNOWLEDGED, "severity": Severity.WARNING},
        {"state": AlertState.ACKNOWLEDGED, "severity": Severity.FAULT},
        {"state": AlertState.ACKNOWLEDGED, "test": True},
    ],
)
def test_time_changes_nothing_else(changes: dict[str, object]):
    alert = opened(acknowledged_at=T0, **changes)
    assert lifecycle.expires_at(alert, ARRIVAL_S) is None
    assert lifecycle.expire(alert, after(1e6), ARRIVAL_S) is None


def test_only_a_false_alarm_has_a_cause():
    closed = lifecycle.decide(
        opened(), Step.CLOSED, by="duty", at=after(9), outcome=Outcome.FALSE_ALARM, cause=Cause.PRESSED_BY_MISTAKE
    ).alert
    assert (closed.outcome, closed.cause) == (Outcome.FALSE_ALARM, Cause.PRESSED_BY_MISTAKE)
    with pytest.raises(ValueError, match="only a false alarm has a cause"):
        lifecycle.decide(opened(), Step.CLOSED, by="d", at=T0, outcome=Outcome.TRUE_ALARM, cause=Cause.PET)
