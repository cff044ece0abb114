"""A press is never swallowed, never doubled, and never made up by a bridge that repeats itself."""

from __future__ import annotations

from datetime import timedelta

from alerts.model import Severity
from devices.reading import Kind, Reading
from gateway.detection import pipeline
from tests.scenarios.watch import Watch, when

PRESS = "raised emergency pressed"


def test_a_press_is_told_at_once() -> None:
    watch = Watch()
    assert watch.says("1 09:00:00", "pendant", "press") == [f"1 09:00:00 {PRESS} since 1 09:00:00"]
    found = watch.found[0]
    assert found.key == "emergency:pendant:2026-03-02T01:00:00+00:00"
    assert (found.severity, found.subject, found.device) == (Severity.EMERGENCY, "resident", "pendant")
    assert found.evidence == {"device": "pendant", "room": "", "press": "press"}


def test_a_numbered_press_has_its_number_in_the_key() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "cord", "cord", sequence=(3 << 32) + 7)
    assert watch.found[0].key == "emergency:cord:2026-03-02T01:00:00+00:00:12884901895"


def test_every_further_press_is_told_again() -> None:
    watch = Watch()
    for second in ("00", "01", "30"):
        watch.says(f"1 09:00:{second}", "pendant", "press")
    assert len({found.key for found in watch.found}) == 3


def test_two_presses_in_one_second_are_two_and_a_redelivery_is_none() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "pendant", "press", sequence=1)
    watch.says("1 09:00:00", "pendant", "press", sequence=2)
    assert watch.says("1 09:00:00", "pendant", "press", sequence=1) == []
    assert len({found.key for found in watch.found}) == 2


def test_a_late_message_with_a_lower_number_still_counts() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "pendant", 1.0, Kind.HEARTBEAT, sequence=9)
    assert watch.says("1 09:00:01", "pendant", "press", sequence=8) == [f"1 09:00:01 {PRESS} since 1 09:00:01"]
    assert watch.says("1 09:00:02", "pendant", "press", sequence=8) == []


def test_one_message_may_carry_several_readings() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "pendant", 80.0, Kind.BATTERY, sequence=9)
    assert watch.says("1 09:00:00", "pendant", "press", sequence=9) == [f"1 09:00:00 {PRESS} since 1 09:00:00"]
    reading = Reading(device_id="pendant", kind=Kind.SOS, value="press", at=when("1 09:00:00"), sequence=9)
    assert pipeline.is_repeat(watch.state, reading)


def test_a_new_boot_begins_new_numbers_and_old_ones_are_remembered() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "pendant", "press", sequence=(5 << 32) + 40)
    assert len(watch.says("1 09:01:00", "pendant", "press", sequence=(2 << 32) + 1)) == 1  # a random boot number
    assert watch.says("1 09:02:00", "pendant", "press", sequence=(5 << 32) + 40) == []


def test_a_button_that_can_only_say_single_calls_for_help_when_that_is_its_role() -> None:
    watch = Watch()
    assert watch.says("1 09:00:00", "pendant", "single", Kind.ACTIVITY) == [f"1 09:00:00 {PRESS} since 1 09:00:00"]
    assert watch.says("1 09:00:01", "tap", "single") == []


def restarted(watch: Watch, at: str = "1 10:00:00") -> None:
    watch.says("1 08:30:00", "pendant", "press", origin="a" * 16)
    extra = Reading(device_id="zigbee2mqtt", kind=Kind.BRIDGE, value=False, at=when("1 09:59:00"))
    watch.state, _ = pipeline.step(watch.home, watch.state, extra)
    up = Reading(device_id="zigbee2mqtt", kind=Kind.BRIDGE, value=True, at=when(at))
    watch.state, _ = pipeline.step(watch.home, watch.state, up)


def test_a_bridge_that_restarts_may_repeat_an_old_press_once() -> None:
    watch = Watch()
    restarted(watch)
    assert watch.says("1 10:00:05", "pendant", "press", origin="a" * 16) == []
    assert watch.says("1 10:00:05", "pendant", "press", origin="a" * 16) == [f"1 10:00:05 {PRESS} since 1 10:00:05"]


def test_a_repeated_press_is_no_sign_of_life() -> None:
    watch = Watch()
    restarted(watch)
    before = watch.state.last_sign
    watch.says("1 10:00:05", "pendant", "press", origin="a" * 16)
    assert watch.state.last_sign == before


def test_other_bytes_after_a_restart_are_a_press() -> None:
    watch = Watch()
    restarted(watch)
    assert len(watch.says("1 10:00:05", "pendant", "press", origin="b" * 16)) == 1


def test_the_same_bytes_later_than_the_window_are_a_press() -> None:
    watch = Watch()
    restarted(watch)
    assert watch.says("1 10:00:15", "pendant", "press", origin="a" * 16) == []
    watch = Watch()
    restarted(watch)
    assert len(watch.says("1 10:00:16", "pendant", "press", origin="a" * 16)) == 1


def test_a_bridge_that_only_repeats_that_it_is_up_excuses_nothing() -> None:
    watch = Watch()
    restarted(watch)
    watch.says("1 10:00:05", "pendant", "press", origin="a" * 16)
    up = Reading(device_id="zigbee2mqtt", kind=Kind.BRIDGE, value=True, at=when("1 11:00:00"))
    watch.state, _ = pipeline.step(watch.home, watch.state, up)
    assert len(watch.says("1 11:00:05", "pendant", "press", origin="a" * 16)) == 1


def test_a_flag_rings_when_it_rises_and_not_when_it_stands() -> None:
    watch = Watch()
    assert watch.says("1 09:00:00", "pendant", "on", Kind.SOS_FLAG) == [f"1 09:00:00 {PRESS} since 1 09:00:00"]
    assert watch.says("1 09:00:02", "pendant", "on", Kind.SOS_FLAG) == []
    assert watch.says("1 09:00:30", "pendant", "off", Kind.SOS_FLAG) == []
    assert watch.says("1 09:00:31", "pendant", "on", Kind.SOS_FLAG) == [f"1 09:00:31 {PRESS} since 1 09:00:31"]


def test_a_flag_that_stands_later_is_told_once_as_stuck() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "pendant", "on", Kind.SOS_FLAG)
    stuck = "raised system button_stuck pendant since 1 09:00:00"
    assert watch.says("1 10:00:00", "pendant", "on", Kind.SOS_FLAG) == [f"1 10:00:00 {stuck}"]
    assert watch.found[-1].key == "button_stuck:pendant:2026-03-02T01:00:00+00:00"
    assert watch.found[-1].evidence == {"device": "pendant", "room": "", "stuck_s": 3600.0}
    assert watch.says("1 11:00:00", "pendant", "on", Kind.SOS_FLAG) == []
    released = "cleared system button_released pendant since 1 09:00:00"
    assert watch.says("1 12:00:00", "pendant", "off", Kind.SOS_FLAG) == [f"1 12:00:00 {released}"]


def test_two_repeats_in_a_burst_are_a_person_pressing_again() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "pendant", "on", Kind.SOS_FLAG)
    watch.says("1 10:00:00", "pendant", "on", Kind.SOS_FLAG)
    assert watch.says("1 10:00:10", "pendant", "on", Kind.SOS_FLAG) == [f"1 10:00:10 {PRESS} since 1 10:00:10"]
    assert watch.says("1 10:00:12", "pendant", "on", Kind.SOS_FLAG) == []
    assert watch.says("1 10:00:23", "pendant", "on", Kind.SOS_FLAG) == []


def test_a_burst_while_the_bridge_repeats_itself_is_none() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "cord", "on", Kind.SOS_FLAG)
    restarted(watch)
    for second in ("01", "02", "03"):
        assert f"1 10:00:{second} {PRESS} since 1 10:00:{second}" not in watch.says(
            f"1 10:00:{second}", "cord", "on", Kind.SOS_FLAG
        )


def test_a_clock_that_steps_back_hides_no_press() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "pendant", "press")
    late = Reading(device_id="pendant", kind=Kind.SOS, value="press", at=when("1 09:00:00") - timedelta(days=400))
    watch.state, found = pipeline.step(watch.home, watch.state, late)
    assert [found_.at for found_ in found] == [when("1 09:00:00")]
    assert watch.state.at == when("1 09:00:00")
