"""Who is told when, as a table of exact times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from alerts import drawing, lifecycle
from alerts import ladder as ladders
from alerts.hours import Days, Hours
from alerts.lifecycle import Change, Step
from alerts.model import Alert, AlertKind, AlertState, Delivery, Detection, Outcome, Phase, Severity
from alerts.rungs import Ladder, Quiet, Rung, turns

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


def test_a_round_does_not_tell_again_what_was_told_as_news_a_moment_ago():
    alert = opened().alert
    begins = T0 + timedelta(seconds=360)
    pressed = replace(alert, revision=2, updated_at=begins - timedelta(seconds=1))
    whole = ladders.next_round(LADDER, replace(pressed, updated_at=T0), begins)
    due = ladders.next_round(LADDER, pressed, begins)
    assert whole is not None
    assert due is not None
    left_out = [row for row in whole[1] if row not in due[1]]
    assert {(row.channel in ladders.CHATTY, row.due_at) for row in left_out} == {(True, begins)}
    later = ladders.next_round(LADDER, pressed, begins + timedelta(seconds=4))
    assert later is not None
    assert later[1] == whole[1]


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


OFFICE = (Hours(opens=time(8, 30), closes=time(17, 30), days=Days.WORKDAYS),)
NIGHT = (Hours(opens=time(22), closes=time(7)),)
FULL = Ladder(
    rungs=(
        Rung(contact="neighbour", channels=("call",), after_s=0, gentle=True),
        Rung(contact="station", channels=("station",), after_s=0, hours=OFFICE),
        Rung(contact="duty", channels=("call", "sms"), after_s=60),
        Rung(contact="daughter", channels=("webhook",), after_s=120, quiet=Quiet(hours=NIGHT)),
        Rung(contact="hotline", channels=("call",), after_s=180, severities=frozenset({Severity.EMERGENCY})),
    ),
    round_s=180,
    gentle_s=300,
)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday in China
LATE = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 23:00 there


def first_turns(alert: Alert, start: datetime, ladder: Ladder = FULL) -> dict[str, float]:
    return {turn.rung.contact: turn.after_s for turn in turns(ladder, alert, start)}


def alert_of(kind: AlertKind = AlertKind.EMERGENCY, severity: Severity = Severity.EMERGENCY) -> Alert:
    return replace(opened().alert, kind=kind, severity=severity)


def test_by_day_everyone_in_turn_and_the_gentle_rung_not_at_all():
    assert first_turns(alert_of(), NOON) == {"station": 0, "duty": 60, "daughter": 120, "hotline": 180}


def test_an_emergency_with_the_station_closed_goes_to_all_who_are_there_at_once():
    assert first_turns(alert_of(), LATE) == {"station": 0, "duty": 0, "daughter": 0, "hotline": 0}


def test_a_closed_station_has_it_on_its_console_and_is_rung_nowhere():
    both = Rung(contact="station", channels=("call", "station"), after_s=0, hours=OFFICE)
    ladder = replace(FULL, rungs=(both, *FULL.rungs[2:]))
    change = replace(opened(), alert=replace(alert_of(), called_from=LATE, updated_at=LATE))
    rows = ladders.plan(ladder, change).deliveries
    assert {d.channel for d in rows if d.contact == "station"} == {"station"}


def test_a_warning_with_the_station_closed_keeps_its_gaps_and_heeds_quiet_hours():
    until_seven_s = 8 * 3600
    assert first_turns(alert_of(AlertKind.DOOR, Severity.WARNING), LATE) == {
        "station": 0,
        "duty": 0,
        "daughter": until_seven_s,
    }


def test_a_fault_waits_for_the_opening():
    found = first_turns(alert_of(AlertKind.BATTERY, Severity.FAULT), LATE)
    assert found == {"duty": 60, "daughter": 8 * 3600, "station": 9.5 * 3600}


def test_inactivity_asks_gently_first():
    silent = alert_of(AlertKind.INACTIVITY)
    assert first_turns(silent, NOON) == {"neighbour": 0, "station": 300, "duty": 360, "daughter": 420, "hotline": 480}
    assert first_turns(silent, LATE) == {"neighbour": 0, "station": 300, "duty": 300, "daughter": 300, "hotline": 300}


def test_where_nobody_is_there_somebody_is_told_all_the_same():
    closed = Ladder(rungs=(Rung(contact="station", channels=("station",), after_s=0, hours=OFFICE),), round_s=180)
    assert first_turns(alert_of(), LATE, closed) == {"station": 0}
    assert first_turns(alert_of(AlertKind.DOOR, Severity.WARNING), LATE, closed) == {"station": 0}


def test_every_channel_of_a_rung_is_used_and_a_telephone_is_not_told_twice_in_a_round():
    change = replace(opened(), alert=replace(alert_of(), called_from=NOON, updated_at=NOON))
    rows = ladders.plan(FULL, change).deliveries
    found = sorted((d.contact, d.channel, (d.due_at - NOON).total_seconds()) for d in rows)
    assert found == [
        ("daughter", "webhook", 120),
        ("daughter", "webhook", 180),
        ("duty", "call", 60),
        ("duty", "sms", 60),
        ("hotline", "call", 180),
        ("station", "station", 0),
        ("station", "station", 60),
        ("station", "station", 120),
        ("station", "station", 180),
    ]
    assert len({d.id for d in rows}) == len(rows)


def test_a_telling_that_waits_for_the_morning_is_planned_once_however_many_rounds_pass():
    warning = replace(alert_of(AlertKind.DOOR, Severity.WARNING), called_from=LATE, updated_at=LATE)
    rows = list(ladders.plan(FULL, replace(opened(), alert=warning)).deliveries)
    for minutes in range(10, 300, 10):
        round_ = ladders.next_round(FULL, warning, LATE + timedelta(minutes=minutes))
        if round_ is not None:
            warning = round_[0]
            rows += round_[1]
    waiting = {d.id for d in rows if d.contact == "daughter"}
    assert {d.due_at for d in rows if d.contact == "daughter"} == {LATE + timedelta(hours=8)}
    assert len(waiting) == 1
    assert warning.rounds > 10


def test_while_the_resident_is_asked_nobody_is_called():
    asked = replace(opened().alert, state=AlertState.PENDING, called_from=NOON + timedelta(seconds=30))
    assert ladders.plan(FULL, replace(opened(), alert=asked)) == ladders.Plan(reason="asking_the_resident")
    cancelled = Change(alert=replace(asked, state=AlertState.CANCELLED), step=Step.CLEARED, previous=AlertState.PENDING)
    assert ladders.plan(FULL, cancelled) == ladders.Plan(reason="cancelled_in_time")
    change = lifecycle.expire(asked, NOON + timedelta(seconds=30), FULL.arrival_s)
    assert change is not None
    assert ladders.plan(FULL, change).deliveries[0].due_at == NOON + timedelta(seconds=30)


def test_nobody_arrived_calls_everybody_again():
    taken = lifecycle.decide(alert_of(), Step.ACKNOWLEDGED, by="duty", at=NOON).alert
    at = NOON + timedelta(seconds=FULL.arrival_s)
    change = lifecycle.expire(taken, at, FULL.arrival_s)
    assert change is not None
    plan = ladders.plan(FULL, change)
    assert (plan.supersedes, plan.reason) == (True, "overdue")
    assert {(d.contact, d.due_at) for d in plan.deliveries if d.channel == "call"} == {
        ("duty", at + timedelta(seconds=60)),
        ("hotline", at + timedelta(seconds=180)),
    }


def test_a_telephone_rings_for_who_has_it_but_not_for_every_step():
    alert = replace(alert_of(), called_from=NOON, updated_at=NOON)
    at = NOON + timedelta(seconds=100)
    taken = lifecycle.decide(alert, Step.ACKNOWLEDGED, by="station", at=at)
    news = ladders.plan(FULL, taken, origin="station").deliveries
    assert [(d.contact, d.channel) for d in news] == [("duty", "call"), ("duty", "sms")]
    arrived = lifecycle.decide(taken.alert, Step.ATTENDED, by="station", at=at)
    assert [(d.contact, d.channel) for d in ladders.plan(FULL, arrived, origin="").deliveries] == [
        ("station", "station")
    ]


def test_the_page_is_drawn_from_these_tables():
    assert (Path(__file__).parents[2] / "docs/ladder.md").read_text("utf-8") == drawing.page()


def test_a_test_goes_to_those_it_names_and_has_no_rounds():
    trial = replace(alert_of(), test=True, evidence={"contacts": "station\nhotline"}, called_from=LATE, updated_at=LATE)
    rows = ladders.plan(FULL, replace(opened(), alert=trial)).deliveries
    assert [(d.contact, d.channel, d.due_at) for d in rows] == [("station", "station", LATE), ("hotline", "call", LATE)]
    assert ladders.next_round_at(FULL, trial) is None
