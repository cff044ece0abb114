"""What the firmware of each sensor decides, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.reading import Kind
from firmware_sim.channels import Button, Debounced, FallJudge, Held
from firmware_sim.feeling import Sense

START = datetime(2026, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def contact() -> Debounced:
    return Debounced(sense=Sense.LEAF, kind=Kind.CONTACT, true_after_s=0.05, false_after_s=0.05)


def test_a_bouncing_door_is_told_once_when_it_has_held_for_50_ms() -> None:
    door = contact()
    for at, level in ((0, True), (0.01, False), (0.02, True), (0.04, False), (0.045, True)):
        door.feel(after(at), level=level)
    assert door.due() == after(0.095)
    assert door.wake(after(0.094)) is None
    assert door.wake(after(0.095)) is True
    assert door.due() is None


def test_a_bounce_back_to_what_is_believed_is_no_news() -> None:
    door = contact()
    door.feel(START, level=True)
    door.feel(after(0.03), level=False)
    assert door.due() is None


def test_a_door_opened_while_the_device_was_dead_is_read_at_its_boot() -> None:
    door = contact()
    door.feel(START, level=True)
    door.restart(after(60))
    assert door.lasting() is True
    assert door.due() is None


def test_movement_is_told_at_once_again_after_60_s_and_taken_back_after_90_s() -> None:
    pir = Held()
    told = [pir.feel(after(s), level=True) for s in (0, 10, 59.9, 60, 100, 119.9, 121)]
    assert told == [True, None, None, True, None, None, True]
    assert pir.due() == after(211)
    assert pir.wake(after(210)) is None
    assert pir.wake(after(211)) is False
    assert pir.due() is None
    assert pir.feel(after(215), level=True) is True


def test_a_press_is_told_once_for_each_press_and_the_spring_is_none() -> None:
    button = Button(word="press")
    told = [button.feel(after(s), level=True) for s in (0, 0.03, 0.29, 0.3, 0.9)]
    assert told == ["press", None, None, "press", "press"]
    assert button.feel(after(2), level=False) is None
    assert button.lasting() is None


def test_a_radar_says_maybe_then_fall_then_lying_and_none_5_s_after_she_is_up() -> None:
    radar = FallJudge()
    radar.feel(START, level=True)
    steps = []
    while (due := radar.due()) is not None:
        steps.append(((due - START).total_seconds(), radar.wake(due)))
    assert steps == [(8.0, "maybe"), (20.0, "fall"), (180.0, "lying")]
    radar.feel(after(400), level=False)
    assert radar.due() == after(405)
    assert radar.wake(after(405)) == "none"


def test_a_stumble_is_never_told() -> None:
    radar = FallJudge()
    radar.feel(START, level=True)
    radar.feel(after(5), level=False)
    assert radar.wake(after(10)) is None
    assert radar.lasting() == "none"
    assert radar.due() is None


def test_a_radar_that_reboots_over_her_on_the_floor_judges_anew() -> None:
    radar = FallJudge()
    radar.feel(START, level=True)
    radar.wake(after(8))
    radar.restart(after(30))
    assert radar.lasting() == "none"
    assert radar.due() == after(38)


@pytest.mark.parametrize("gap_s", [1.0, 9.9])
def test_turning_over_in_bed_is_not_getting_up(gap_s: float) -> None:
    strap = Debounced(sense=Sense.WEIGHT, kind=Kind.BED, true_after_s=5, false_after_s=10)
    strap.feel(START, level=True)
    assert strap.wake(after(5)) is True
    strap.feel(after(100), level=False)
    strap.feel(after(100 + gap_s), level=True)
    assert strap.due() is None
