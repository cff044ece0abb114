"""The checker finds what it is for: each rule is shown a world that broke it, and one that has a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.checker import (
    Applied,
    Arrival,
    Disturbance,
    Finding,
    Kind,
    Memory,
    Records,
    Row,
    Staged,
    Step,
    Told,
    check,
)

KEY = "emergency:pendant:2026-01-01T00:00:00+00:00:4294967297"
ONE = (1 << 32) | 1
REMEMBERED = Memory(
    applied=(Applied(device="pendant", sequence=ONE, alert=KEY),),
    steps=(
        Step(alert=KEY, revision=1, state="open", count=1),
        Step(alert=KEY, revision=2, state="acknowledged", count=1),
    ),
    rows=(Row(id="d1", alert=KEY, contact="hotline", revision=1, state="receipted"),),
)
FORGOT = Disturbance(name="an older memory was put back", began=1.0, ended=2.0, forgets=True)
GOOD = Records(
    staged=(Staged(device="pendant", sequence=ONE, at=10.0),),
    memory=REMEMBERED,
    station={KEY: 10.5},
    arrivals=(Arrival(id="d1", alert=KEY, contact="hotline", revision=1, at=12.0),),
)


def remembering(**changes: tuple[Any, ...]) -> Records:
    """The good world, with another memory in the home."""
    return replace(GOOD, memory=replace(REMEMBERED, **changes))


def sentences(kind: Kind, records: Records) -> list[str]:
    found = check(records)
    assert {finding.kind for finding in found} <= {kind}
    return [finding.sentence for finding in found]


def test_a_press_that_a_person_took_is_safe():
    assert check(GOOD) == []


def test_a_press_that_acted_on_nothing_is_lost():
    second = Staged(device="pendant", sequence=ONE + 1, at=11.0)
    assert sentences(Kind.LOST, replace(GOOD, staged=(*GOOD.staged, second))) == ["pendant press 2 acted on no alert"]


def test_of_presses_that_are_alike_the_number_counts():
    staged = tuple(Staged(device="button", sequence=None, at=10.0) for _ in range(3))
    acted = tuple(Applied(device="button", sequence=None, alert=KEY) for _ in range(2))
    pressed = replace(REMEMBERED.steps[0], count=2, revision=2)
    steps = (REMEMBERED.steps[0], pressed, replace(REMEMBERED.steps[1], count=2, revision=3))
    records = replace(remembering(applied=acted, steps=steps), staged=staged)
    assert sentences(Kind.LOST, records) == ["button was pressed 3 times and acted 2 times"]


@pytest.mark.parametrize(
    ("state", "row", "lost"),
    [("open", "due", 0), ("open", "sent", 0), ("returned", "due", 0), ("open", "receipted", 1), ("closed", "due", 1)],
)
def test_an_alert_that_nobody_took_is_safe_only_while_somebody_is_called(state: str, row: str, lost: int):
    steps, rows = (replace(REMEMBERED.steps[0], state=state),), (replace(REMEMBERED.rows[0], state=row),)
    records = remembering(steps=steps, rows=rows)
    assert len(sentences(Kind.LOST, records)) == lost


def test_who_took_the_first_press_has_not_taken_the_second():
    again = Step(alert=KEY, revision=3, state="open", count=2)
    acted = Applied(device="pendant", sequence=ONE + 1, alert=KEY)
    records = remembering(steps=(*REMEMBERED.steps, again), applied=(*REMEMBERED.applied, acted))
    assert sentences(Kind.LOST, records) == [f"{KEY} is open: nobody took its press 2, and nobody is called"]


def test_a_press_that_acted_twice_is_doubled():
    twice = remembering(applied=REMEMBERED.applied * 2)
    assert sentences(Kind.DOUBLED, twice) == ["pendant press 1 acted 2 times"]


def test_an_alert_that_counts_more_than_was_pressed_is_doubled():
    opened, taken = REMEMBERED.steps
    records = remembering(steps=(opened, replace(opened, revision=2, count=2), replace(taken, revision=3, count=2)))
    assert sentences(Kind.DOUBLED, records) == [f"{KEY} counts 2 presses, 1 acted on it"]


def test_an_alert_that_only_the_station_knows_is_doubled_unless_the_home_forgot_it():
    records = replace(GOOD, station={**GOOD.station, "emergency:ghost": 11.0, "gateway_silent:x": 11.0})
    assert sentences(Kind.DOUBLED, records) == ["the station has emergency:ghost, the home does not"]
    assert check(replace(records, disturbances=(FORGOT,))) == []


@pytest.mark.parametrize(("taken", "lost"), [({KEY: 1}, 0), ({KEY: 0}, 1), ({}, 1)])
def test_a_press_that_the_home_forgot_is_safe_if_a_person_at_the_station_took_it(taken: dict[str, int], lost: int):
    before = replace(REMEMBERED, steps=REMEMBERED.steps[:1])
    records = replace(GOOD, memory=Memory(), earlier=(before,), taken=taken, disturbances=(FORGOT,))
    assert len(sentences(Kind.LOST, records)) == lost
    assert check(replace(records, earlier=(REMEMBERED,))) == []


def test_a_telling_that_nobody_planned_is_doubled():
    records = replace(GOOD, arrivals=(*GOOD.arrivals, replace(GOOD.arrivals[0], id="ghost", at=60.0)))
    assert sentences(Kind.DOUBLED, records) == [f"hotline was told ghost of {KEY}: nobody planned it"]


@pytest.mark.parametrize(
    ("began", "ended", "doubled"), [(12.5, 13.0, 0), (0.0, 1.0, 0), (0.0, -4.0, 1), (14.5, 15.0, 1)]
)
def test_the_same_telling_twice_needs_a_disturbance(began: float, ended: float, doubled: int):
    records = replace(
        GOOD,
        arrivals=(*GOOD.arrivals, replace(GOOD.arrivals[0], at=14.0)),
        disturbances=(Disturbance(name="kill -9 gateway", began=began, ended=ended),),
    )
    assert len(sentences(Kind.DOUBLED, records)) == doubled


@pytest.mark.parametrize(("after_s", "doubled"), [(0.2, 1), (2.0, 0)])
def test_two_tellings_of_one_revision_do_not_come_together(after_s: float, doubled: int):
    arrivals = (*GOOD.arrivals, replace(GOOD.arrivals[0], id="d2", at=12.0 + after_s))
    records = replace(remembering(rows=(*REMEMBERED.rows, replace(REMEMBERED.rows[0], id="d2"))), arrivals=arrivals)
    assert len(sentences(Kind.DOUBLED, records)) == doubled
    found_the_time = Disturbance(name="no time at boot", began=5.0, ended=11.0, hurries=True)
    assert check(replace(records, disturbances=(found_the_time,))) == []


@pytest.mark.parametrize(("calls", "doubled"), [(0, 0), (3, 0), (4, 0), (5, 1)])
def test_the_telephone_rings_no_more_often_than_was_planned(calls: int, doubled: int):
    first = Row(id="c1", alert=KEY, contact="telephone", revision=1, state="receipted", attempts=2)
    rows = (*REMEMBERED.rows, first, replace(first, id="c2", state="superseded", attempts=0))
    blow = Disturbance(name="in a call: kill -9 gateway", began=1.0, ended=2.0)
    records = replace(remembering(rows=rows), calls=calls, disturbances=(blow,))
    assert len(sentences(Kind.DOUBLED, records)) == doubled


@pytest.mark.parametrize(("at", "untold"), [(None, 1), (5.0, 1), (45.0, 0)])
def test_an_outage_is_told_since_it_began(at: float | None, untold: int):
    key = "trouble:gateway/broker:x"
    must = Told(prefix="trouble:gateway/broker:", since=10.0)
    outage = Disturbance(name="home's broker dead", began=10.0, ended=50.0, told=(must,))
    sentence = "home's broker dead lasted 40 s and nobody was told of trouble:gateway/broker:"
    steps = (Step(alert=key, revision=1, state="closed", count=1),)
    heard = () if at is None else ((key, at),)
    found = check(Records(disturbances=(outage,), heard=heard, memory=Memory(steps=steps)))
    assert found == [Finding(kind=Kind.UNTOLD, sentence=sentence)] * untold
