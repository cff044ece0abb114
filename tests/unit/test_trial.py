"""A test of the chain holds back one press, for one minute, until a person says that it was the test."""

from __future__ import annotations

from datetime import timedelta

from alerts.model import AlertKind, Severity
from devices.reading import Kind, Reading
from gateway.detection import pipeline, trial
from gateway.detection.trial import Order
from tests.scenarios.watch import Watch, home, when

PRESS = "raised emergency pressed"
KEY = "emergency:pendant:2026-03-02T01:00:10+00:00"


def orders(watch: Watch, moment: str, what: Order, **facts: str | list[str]) -> list[str]:
    """Let time pass until then and give an order; what is told."""
    told = watch.until(moment)
    return [*told, *watch.takes(trial.order(what, when(moment), **facts))]


def armed(device: str = "pendant", contacts: tuple[str, ...] = ("station",), **limits: float) -> Watch:
    """A home whose device is armed at 9:00:00 on the first day."""
    watch = Watch(home(**limits))
    assert orders(watch, "1 09:00:00", Order.ARM, device=device, contacts=list(contacts)) == []
    return watch


def test_a_confirmed_press_becomes_one_test_for_each_contact_and_no_call_for_help() -> None:
    watch = armed(contacts=("station", "女儿"))
    assert watch.says("1 09:00:10", "pendant", "press") == []
    assert orders(watch, "1 09:00:15", Order.CONFIRM, key=KEY) == [
        "1 09:00:15 raised test chain_tested pendant/station since 1 09:00:10",
        "1 09:00:15 raised test chain_tested pendant/女儿 since 1 09:00:10",
    ]
    station = watch.found[0]
    assert station.key == f"test:{KEY}:station"
    assert (station.kind, station.severity, station.test, station.device) == (
        AlertKind.TEST, Severity.WARNING, True, "pendant",
    )  # fmt: skip
    assert station.evidence == {"device": "pendant", "room": "", "contacts": "station"}
    assert watch.until("1 14:00:00") == []


def test_a_press_that_nobody_confirms_is_real_a_minute_later_with_its_true_beginning() -> None:
    watch = armed()
    watch.says("1 09:00:10", "pendant", "press")
    assert watch.until("1 09:01:09") == []
    assert watch.until("1 09:01:11") == [f"1 09:01:10 {PRESS} since 1 09:00:10"]
    real = watch.found[0]
    assert (real.key, real.severity, real.subject, real.test) == (KEY, Severity.EMERGENCY, "resident", False)
    assert real.evidence == {"device": "pendant", "room": "", "press": "press", "held_s": 60.0}
    assert orders(watch, "1 09:01:12", Order.CONFIRM, key=KEY) == [], "too late to call it a test"


def test_no_it_was_not_me_tells_it_at_once() -> None:
    watch = armed()
    watch.says("1 09:00:10", "pendant", "press")
    assert orders(watch, "1 09:00:14", Order.RELEASE, key=KEY) == [f"1 09:00:14 {PRESS} since 1 09:00:10"]


def test_the_end_of_the_guide_or_a_restart_lets_everything_go() -> None:
    watch = armed()
    watch.says("1 09:00:10", "pendant", "press")
    assert orders(watch, "1 09:00:14", Order.END) == [f"1 09:00:14 {PRESS} since 1 09:00:10"]
    watch = armed()
    assert orders(watch, "1 09:00:05", Order.END) == []
    assert watch.says("1 09:00:10", "pendant", "press") == [f"1 09:00:10 {PRESS} since 1 09:00:10"]


def test_only_the_first_press_is_held_and_only_of_that_device() -> None:
    watch = armed()
    assert watch.says("1 09:00:05", "cord", "press") == [f"1 09:00:05 {PRESS} since 1 09:00:05"]
    assert watch.says("1 09:00:10", "pendant", "press") == []
    assert watch.says("1 09:00:11", "pendant", "press") == [f"1 09:00:11 {PRESS} since 1 09:00:11"]
    assert watch.says("1 09:00:12", "radar", "fall") == ["1 09:00:12 raised fall fall_reported since 1 09:00:12"]
    assert len(orders(watch, "1 09:00:15", Order.CONFIRM, key=KEY)) == 1
    assert watch.says("1 09:00:20", "pendant", "press") == [f"1 09:00:20 {PRESS} since 1 09:00:20"]


def test_after_the_window_a_press_is_real() -> None:
    watch = armed()
    assert watch.says("1 09:01:00", "pendant", "press") == [f"1 09:01:00 {PRESS} since 1 09:01:00"]
    assert watch.state.trial.armed is None


def test_a_window_that_closed_while_the_box_was_busy_is_closed() -> None:
    watch = armed()
    assert watch.hears("1 09:01:00", "pendant", "press") == [f"1 09:01:00 {PRESS} since 1 09:01:00"]


def test_only_the_key_of_the_very_press_confirms_it() -> None:
    watch = armed()
    watch.says("1 09:00:10", "pendant", "press")
    assert orders(watch, "1 09:00:11", Order.CONFIRM, key="emergency:pendant:another") == []
    assert orders(watch, "1 09:00:12", Order.CONFIRM) == []
    assert watch.until("1 09:01:11") == [f"1 09:01:10 {PRESS} since 1 09:00:10"]


def test_a_flag_that_rises_is_held_like_a_press() -> None:
    watch = armed()
    assert watch.says("1 09:00:10", "pendant", "on", Kind.SOS_FLAG) == []
    assert len(orders(watch, "1 09:00:15", Order.CONFIRM, key=KEY)) == 1
    assert watch.says("1 09:00:20", "pendant", "off", Kind.SOS_FLAG) == []


def test_a_tested_fall_is_over_and_nobody_waits_for_her_to_get_up() -> None:
    watch = armed("radar")
    key = "fall:radar:2026-03-02T01:00:10+00:00"
    assert watch.says("1 09:00:10", "radar", "fall") == []
    assert len(orders(watch, "1 09:00:15", Order.CONFIRM, key=key)) == 1
    assert watch.until("1 10:00:00") == []
    watch.says("1 10:00:00", "radar", "none")
    assert watch.says("1 10:00:10", "radar", "fall") == ["1 10:00:10 raised fall fall_reported since 1 10:00:10"]


def test_a_suspected_fall_is_held_when_time_makes_a_fall_of_it() -> None:
    watch = armed("radar")
    watch.says("1 09:00:10", "radar", "maybe")
    assert watch.until("1 09:00:41") == []
    assert watch.state.trial.held is not None
    assert orders(watch, "1 09:00:45", Order.CONFIRM, key="fall:radar:2026-03-02T01:00:10+00:00") == [
        "1 09:00:45 raised test chain_tested radar/station since 1 09:00:10"
    ]


def test_a_fall_that_began_before_the_arming_is_real() -> None:
    watch = Watch()
    watch.says("1 08:59:50", "radar", "maybe")
    orders(watch, "1 09:00:00", Order.ARM, device="radar", contacts=["station"])
    assert watch.until("1 09:00:21") == ["1 09:00:20 raised fall fall_suspected since 1 08:59:50"]


def test_a_fall_after_which_nobody_gets_up_is_told_even_while_the_first_word_of_it_is_held() -> None:
    watch = armed("radar", fall_up_s=30.0)
    watch.says("1 09:00:10", "radar", "fall")
    assert watch.until("1 09:00:41") == ["1 09:00:40 raised fall not_up_again since 1 09:00:10"]


def test_a_door_is_noted_holds_nothing_back_and_a_door_nobody_confirms_is_nothing() -> None:
    watch = armed("door")
    assert watch.says("1 09:00:10", "door", "opens") == []
    assert orders(watch, "1 09:00:15", Order.CONFIRM, key="door:door:2026-03-02T01:00:10+00:00") == [
        "1 09:00:15 raised test chain_tested door/station since 1 09:00:10"
    ]
    assert watch.until("1 09:30:11") == ["1 09:30:10 raised door door_left_open door since 1 09:00:10"]
    watch = armed("door")
    watch.says("1 09:00:10", "door", "opens")
    assert watch.says("1 09:00:20", "door", "closes") == []
    assert watch.until("1 10:00:00") == []


def test_a_press_that_the_device_could_deliver_only_now_is_real() -> None:
    watch = armed()
    press = Reading(
        device_id="pendant", kind=Kind.SOS, value="press", at=when("1 09:00:10"), device_at=when("1 08:58:59")
    )
    assert watch.takes(press) == [f"1 09:00:10 {PRESS} since 1 09:00:10"]
    assert watch.state.trial.armed is not None


def test_arming_while_a_press_waits_for_its_answer_changes_nothing() -> None:
    watch = armed()
    watch.says("1 09:00:10", "pendant", "press")
    orders(watch, "1 09:00:11", Order.ARM, device="cord", contacts=["station"])
    assert watch.says("1 09:00:12", "cord", "press") == [f"1 09:00:12 {PRESS} since 1 09:00:12"]


def test_what_is_no_order_changes_nothing() -> None:
    watch = Watch()
    before = watch.state.trial
    for value in ("", "{", "[]", '"arm"', '{"order":"arm"}', '{"order":"arm","device":"living","contacts":["station"]}',
                  '{"order":"arm","device":"pendant"}', '{"order":"later version"}'):  # fmt: skip
        watch.takes(Reading(device_id="gateway/trial", kind=Kind.TRIAL, value=value, at=when("1 09:00:00")))
    stranger = trial.order(Order.ARM, when("1 09:00:00"), device="pendant", contacts=["station"])
    watch.takes(Reading(device_id="pendant", kind=Kind.TRIAL, value=stranger.value, at=stranger.at))
    assert watch.state.trial is before
    assert watch.found == []


def test_what_is_armed_and_held_survives_a_snapshot() -> None:
    watch = armed()
    watch.says("1 09:00:10", "pendant", "press")
    assert pipeline.decode_state(pipeline.encode_state(watch.state)) == watch.state


def overdue(told: list[str]) -> list[str]:
    """What was told of trials; an empty home tells of inactivity, too."""
    return [line for line in told if " trial_" in line]


def test_the_first_test_is_due_at_once_and_told_a_week_later() -> None:
    watch = Watch(home("pendant", trial_every_days=31.0))
    assert overdue(watch.until("8 07:59:59")) == []
    told = ["8 08:00:00 raised system trial_overdue gateway/trial since 1 08:00:00"]
    assert overdue(watch.until("8 08:00:01")) == told
    assert watch.found[-1].severity is Severity.FAULT
    assert overdue(watch.until("60 08:00:00")) == []
    assert overdue(orders(watch, "60 09:00:00", Order.PASSED)) == [
        "60 09:00:00 cleared system trial_made gateway/trial since 1 08:00:00"
    ]
    assert watch.found[-1].key == next(found.key for found in watch.found if found.reason == "trial_overdue")


def test_a_test_that_worked_is_good_for_a_month_and_a_week() -> None:
    watch = Watch(home("pendant", trial_every_days=31.0))
    orders(watch, "1 10:00:00", Order.PASSED)
    orders(watch, "30 10:00:00", Order.PASSED)
    told = ["68 10:00:00 raised system trial_overdue gateway/trial since 61 10:00:00"]
    assert overdue(watch.until("68 10:00:01")) == told
    assert overdue(watch.lines) == told
    assert watch.state.proof.at == when("1 10:00:00") + timedelta(days=29)
