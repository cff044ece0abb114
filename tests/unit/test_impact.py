"""A window becomes readings once: a score, whether it was worn, or a named refusal."""

from __future__ import annotations

import numpy as np
import pytest

from devices.reading import Kind
from firmware_sim.blows import How
from gateway.detection import impact
from gateway.detection.fall import SURE, SUSPECTED
from gateway.detection.fall_model import shipped
from tests.unit.blows_felt import sent


def told(how: How, seed: int = 0, **fields: object) -> dict[Kind, object]:
    return {reading.kind: reading.value for reading in impact.judge(shipped(), sent(how, seed, **fields)).readings}


@pytest.mark.parametrize("lossy", [False, True])
def test_a_fall_is_a_score_of_a_thing_that_is_worn(lossy: bool):  # noqa: FBT001
    found = told(How.FELL, lossy=lossy)
    assert found[Kind.WORN] is True
    assert isinstance(found[Kind.IMPACT], float)
    assert SUSPECTED <= found[Kind.IMPACT] <= 1


@pytest.mark.parametrize("how", [How.SAT, How.TAKEN_OFF, How.PUT_DOWN])
def test_what_is_done_every_day_scores_as_no_fall(how: How):
    for seed in range(5):
        score = told(how, seed).get(Kind.IMPACT, 0.0)
        assert isinstance(score, float)
        assert score < SUSPECTED


@pytest.mark.parametrize("how", [How.KNOCKED, How.DROPPED])
def test_what_nobody_wears_tells_only_that(how: How):
    for seed in range(5):
        assert told(how, seed) == {Kind.WORN: False}


def test_both_readings_carry_the_number_and_origin_of_the_message():
    window = sent(How.FELL, 3, at="2026-03-02T01:00:00Z")
    found = impact.judge(shipped(), window).readings
    assert [reading.kind for reading in found] == [Kind.WORN, Kind.IMPACT]
    assert {(r.sequence, r.origin, r.device_id, r.at, r.device_at) for r in found} == {
        (window.sequence, window.origin, "belt", window.at, window.device_at)
    }


def test_a_window_of_which_too_much_was_lost_is_a_suspicion():
    found = told(How.SAT, lost=[[0, 180]])
    assert found == {Kind.IMPACT: SUSPECTED}


def test_where_no_skin_is_felt_only_little_doubt_counts():
    sat = told(How.SAT, worn=False)
    assert sat == {Kind.WORN: False}
    fell = told(How.FELL, worn=False)
    assert fell[Kind.WORN] is False
    assert fell.get(Kind.IMPACT, 1.0) >= SURE  # type: ignore[operator]


def test_without_a_model_windows_are_refused_by_name():
    found = impact.judge(None, sent(How.FELL, 0))
    assert found.readings == ()
    assert [(refusal.reason, refusal.topic) for refusal in found.refusals] == [("no_fall_model", "belt")]


def test_samples_are_left_as_they_were():
    window = sent(How.FELL, 0)
    before = window.samples.copy()
    impact.judge(shipped(), window)
    assert np.array_equal(before, window.samples)
