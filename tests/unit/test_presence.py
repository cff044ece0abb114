"""Where she is, from door, motion and bed; and above all: when she must not be believed to be away."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.reading import Kind, Reading, Tick
from gateway.detection import pipeline
from gateway.detection.home import Device, Role
from gateway.detection.presence import Confidence, Place
from gateway.detection.reasons import Reason
from tests.scenarios.watch import KINDS, Watch, home, when


def test_nothing_is_known_at_the_start() -> None:
    assert Watch().place == "unknown since 1 08:00:00: nothing_yet"


def test_a_sign_indoors_is_home() -> None:
    watch = Watch()
    watch.moves("1 08:10:00")
    assert watch.place == "home since 1 08:10:00: sign_indoors"


def leaves(watch: Watch, at: str = "1 10:00:00") -> None:
    watch.moves("1 09:30:00", "hall")
    watch.moves("1 09:59:10", "living")
    watch.passes(at)


def test_door_and_then_nothing_is_away_since_the_door() -> None:
    watch = Watch()
    leaves(watch)
    watch.until("1 10:15:05")
    assert watch.place == "home since 1 09:30:00: sign_indoors"
    watch.until("1 10:15:06")
    assert watch.place == "away since 1 10:00:06: door_then_nothing"


def test_a_pir_that_rises_as_she_leaves_does_not_hold_her_back() -> None:
    watch = Watch()
    watch.moves("1 09:59:10", "living")
    watch.says("1 10:00:00", "door", "opens")
    watch.says("1 10:00:03", "hall", "moves")
    watch.says("1 10:00:06", "door", "closes")
    watch.says("1 10:00:33", "hall", "moves")  # the hold is renewed: a repeat, not a rise
    watch.says("1 10:01:33", "hall", "still")
    watch.until("1 10:20:00")
    assert watch.place == "away since 1 10:00:06: door_then_nothing"


def test_a_rise_just_after_the_door_closed_is_still_of_the_leaving() -> None:
    watch = Watch()
    leaves(watch)
    watch.moves("1 10:00:16", "hall")
    watch.until("1 10:20:00")
    assert watch.place.startswith("away")


def test_back_at_once_and_collapsed_in_the_hall_is_home() -> None:
    watch = Watch()
    leaves(watch)
    watch.says("1 10:05:00", "door", "opens")  # nothing has moved inside since she went
    watch.says("1 10:05:03", "hall", "moves")
    watch.says("1 10:05:06", "door", "closes")
    watch.says("1 10:06:33", "hall", "still")
    watch.until("1 12:00:00")
    assert watch.place == "home since 1 09:30:00: sign_indoors"


def test_movement_after_the_door_closed_is_home() -> None:
    watch = Watch()
    leaves(watch)
    watch.moves("1 10:00:17", "hall")
    watch.until("1 12:00:00")
    assert watch.place == "home since 1 09:30:00: sign_indoors"


def test_an_open_door_proves_nothing() -> None:
    watch = Watch()
    watch.moves("1 09:30:00")
    watch.says("1 10:00:00", "door", "opens")
    watch.until("1 13:00:00")
    assert watch.place.startswith("home")
    watch.says("1 13:00:00", "door", "closes")
    watch.until("1 13:15:00")
    assert watch.place == "away since 1 13:00:00: door_then_nothing"


def test_the_visitor_leaves_while_she_stays_in_bed() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "bed", "filled")
    watch.passes("1 10:00:00")
    watch.until("1 11:00:00")
    assert watch.place == "asleep since 1 09:00:00: bed_occupied"


def test_the_visitor_leaves_while_she_sits_on_the_sofa() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "sofa", "filled")
    watch.passes("1 10:00:00")
    watch.until("1 11:00:00")
    assert watch.place == "home since 1 09:00:00: sign_indoors"


def test_a_mat_that_lets_go_late_does_not_hold_her_back() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "sofa", "filled")
    watch.passes("1 10:00:00")
    watch.says("1 10:03:00", "sofa", "empty")
    watch.until("1 10:30:00")
    assert watch.place == "away since 1 10:00:06: door_then_nothing"


def test_getting_up_later_than_any_hold_time_is_home() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "sofa", "filled")
    watch.passes("1 10:00:00")
    watch.says("1 10:10:00", "sofa", "empty")
    watch.until("1 10:30:00")
    assert watch.place.startswith("home")


def test_without_a_living_indoor_sensor_nobody_is_away() -> None:
    watch = Watch(home("door", "living"))
    watch.passes("1 10:00:00")  # "living" has never spoken
    watch.until("1 11:00:00")
    assert watch.place == "unknown since 1 08:00:00: nothing_yet"


def test_the_door_opening_while_away_is_unknown_until_a_sign() -> None:
    watch = Watch()
    leaves(watch)
    watch.passes("1 12:00:00")
    assert watch.place == "unknown since 1 12:00:00: door_while_away"
    watch.until("1 12:30:00")
    assert watch.place == "unknown since 1 12:00:00: door_while_away"
    watch.moves("1 12:40:00")
    assert watch.place == "home since 1 12:00:00: sign_indoors"


def test_two_openings_on_arrival_are_no_departure() -> None:
    watch = Watch()
    leaves(watch)
    watch.passes("1 12:00:00")
    watch.says("1 12:00:10", "hall", "moves")
    watch.passes("1 12:01:30")
    watch.until("1 13:00:00")
    assert watch.place == "home since 1 12:00:00: sign_indoors"


def test_the_closing_of_the_door_she_came_in_by_is_no_departure() -> None:
    watch = Watch()
    leaves(watch)
    watch.says("1 12:00:00", "door", "opens")
    watch.says("1 12:00:02", "hall", "moves")
    watch.says("1 12:03:00", "door", "closes")  # later than an arrival's bustle, and still no opening
    watch.until("1 13:00:00")
    assert watch.place == "home since 1 12:00:00: sign_indoors"


def test_a_later_opening_is_a_new_departure() -> None:
    watch = Watch()
    leaves(watch)
    watch.passes("1 12:00:00")
    watch.passes("1 12:10:00")
    watch.until("1 12:30:00")
    assert watch.place == "away since 1 12:10:06: door_then_nothing"


def test_a_sign_without_the_door_ends_away() -> None:
    watch = Watch()
    leaves(watch)
    watch.says("1 12:00:00", "tap", "flush")
    assert watch.place == "home since 1 12:00:00: sign_indoors"


def test_losing_the_door_sensor_while_away_is_a_doubt() -> None:
    watch = Watch()
    leaves(watch)
    watch.until("1 11:00:00")
    watch.says("1 12:00:00", "door", "offline", Kind.AVAILABILITY)
    assert watch.place == "unknown since 1 12:00:00: door_sensor_lost"


def test_with_a_lost_entrance_sensor_nobody_is_away() -> None:
    back = Device(id="back", role=Role.ENTRANCE, room="kitchen")
    watch = Watch(home(extra=(back,)))
    watch.says("1 09:00:00", "back", "offline", Kind.AVAILABILITY)
    leaves(watch)
    watch.until("1 11:00:00")
    assert watch.place == "home since 1 09:30:00: sign_indoors"


def test_in_bed_by_night_is_asleep_at_once() -> None:
    watch = Watch()
    watch.says("1 22:30:00", "bed", "filled")
    assert watch.place == "asleep since 1 22:30:00: bed_occupied"
    watch.says("2 06:30:00", "bed", "empty")
    assert watch.place == "home since 2 06:30:00: out_of_bed"


def test_in_bed_by_day_is_asleep_after_a_while() -> None:
    watch = Watch()
    watch.says("1 13:00:00", "bed", "filled")
    watch.until("1 13:19:59")
    assert watch.place == "home since 1 13:00:00: sign_indoors"
    watch.until("1 13:20:00")
    assert watch.place == "asleep since 1 13:00:00: bed_occupied"


def test_in_bed_at_nightfall_is_asleep_at_nightfall() -> None:
    watch = Watch()
    watch.says("1 21:50:00", "bed", "filled")
    watch.until("1 22:00:00")
    assert watch.place == "asleep since 1 21:50:00: bed_occupied"


def test_without_a_bed_sensor_a_quiet_night_is_sleep() -> None:
    watch = Watch(home("living"))
    watch.moves("1 21:50:00")
    watch.until("1 22:20:29")
    assert watch.place == "home since 1 21:50:00: sign_indoors"
    watch.until("1 22:20:30")
    assert watch.place == "asleep since 1 21:50:30: quiet_at_night"
    watch.until("2 08:00:00")
    assert watch.place == "asleep since 1 21:50:30: quiet_at_night"
    watch.moves("2 08:00:00")
    assert watch.place == "home since 2 08:00:00: sign_indoors"


def test_a_quiet_night_out_of_bed_is_not_sleep() -> None:
    watch = Watch()
    watch.moves("1 21:50:00")
    watch.until("2 02:00:00")
    assert watch.place == "home since 1 21:50:00: sign_indoors"


SPEAKERS = ("door", "hall", "living", "kitchen", "bed", "sofa")
GAPS_S = (1.0, 4.0, 6.0, 12.0, 40.0, 70.0, 310.0, 905.0, 1900.0, 9000.0)
SAID = st.tuples(st.sampled_from(GAPS_S), st.sampled_from(SPEAKERS), st.booleans())


@given(st.lists(SAID, min_size=3, max_size=40))
def test_whatever_was_seen_a_silence_or_a_doubtful_outing_is_told_within_the_floor(
    said: list[tuple[float, str, bool]],
) -> None:
    lived, at = home(*SPEAKERS), when("1 08:00:00")
    state, reasons = pipeline.start(lived, at), set[str]()
    for gap_s, device, value in said:
        at += timedelta(seconds=gap_s)
        kind = KINDS[lived.devices[device].role]
        state, _ = pipeline.step(lived, state, Reading(device_id=device, kind=kind, value=value, at=at))
    end = at + timedelta(seconds=lived.limits.inactivity_floor_s)
    while state.next_due <= end:
        state, found = pipeline.step(lived, state, Tick(at=state.next_due))
        reasons |= {one.reason for one in found if one.since >= state.presence.since}
    doubtful = state.presence.confidence is Confidence.DOUBTFUL
    if state.presence.place is not Place.AWAY:
        assert state.inactivity.told
    elif doubtful:
        assert Reason.PERHAPS_AT_HOME in reasons
