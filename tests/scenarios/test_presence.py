"""Days on which it is not obvious where she is, as a home would tell them; nobody presses a button."""

from __future__ import annotations

from devices.reading import Kind
from gateway.detection.home import Device, Role
from tests.scenarios.watch import Watch, home, moment, when


def where(watch: Watch) -> str:
    """The place, how surely, and from what."""
    presence = watch.state.presence
    return f"{presence.place} {presence.confidence}: {presence.evidence}"


def morning(watch: Watch, day: int = 1) -> None:
    """She gets up, and breakfast is made; the clocks of all sensors have been heard."""
    watch.says(f"{day} 08:10:00", "bed", "empty")
    for minute, room in ((11, "bedroom"), (20, "hall"), (21, "kitchen"), (40, "living")):
        watch.moves(f"{day} 08:{minute}:00", room)


def goes_out(watch: Watch, at: str) -> None:
    """She walks through the hall and shuts the door behind her."""
    before = moment(when(at).replace(second=0))
    watch.says(before, "hall", "moves")
    watch.passes(at)
    watch.says(moment(when(at).replace(second=40)), "hall", "still")


def comes_home(watch: Watch, at: str) -> None:
    """The door, the hall, the living room."""
    watch.passes(at)
    watch.moves(moment(when(at).replace(second=20)), "hall")
    watch.moves(moment(when(at).replace(second=55)), "living")


INDOORS = ("door", "hall", "living", "kitchen", "bedroom", "bed", "sofa")
"""Without what must be heard from within a week."""


def begun() -> Watch:
    watch = Watch(home(*INDOORS), begins="1 07:00:00")
    watch.says("1 07:30:00", "bed", "filled")
    morning(watch)
    return watch


def test_gone_out_and_not_back_is_away_for_sure_and_told_after_a_day() -> None:
    watch = begun()
    goes_out(watch, "1 10:00:20")
    watch.until("1 12:00:00")
    assert (where(watch), watch.place) == ("away sure: door_then_nothing", "away since 1 10:00:26: door_then_nothing")
    assert watch.until("2 10:00:00") == []  # being away is not inactivity
    assert watch.until("2 10:00:27") == ["2 10:00:26 raised door not_back since 1 10:00:26"]
    watch.says("2 12:00:00", "door", "opens")
    assert watch.lines[-1] == "2 12:00:00 cleared door back_home since 1 10:00:26"
    assert where(watch) == "unknown doubtful: door_while_away"


def test_gone_out_and_straight_back_is_home_even_if_she_falls_in_the_hall() -> None:
    watch = begun()
    goes_out(watch, "1 10:00:20")
    watch.says("1 10:00:50", "door", "opens")  # nothing has moved inside since the door fell shut: she is back
    watch.says("1 10:00:53", "hall", "moves")
    watch.says("1 10:00:56", "door", "closes")
    watch.says("1 10:02:30", "hall", "still")
    watch.until("1 12:00:00")
    assert watch.place == "home since 1 08:10:00: out_of_bed"
    told = watch.until("1 17:00:00")
    assert told == ["1 16:02:30 raised inactivity no_sign_of_life_by_day since 1 10:02:30"]


def test_back_for_the_purse_and_out_again_is_away() -> None:
    watch = begun()
    goes_out(watch, "1 10:00:20")
    comes_home(watch, "1 10:02:00")
    goes_out(watch, "1 10:05:20")
    watch.until("1 10:30:00")
    assert watch.place == "away since 1 10:05:26: door_then_nothing"


def test_home_only_for_a_moment_is_away_again_but_not_for_sure() -> None:
    watch = begun()
    goes_out(watch, "1 10:00:20")
    watch.until("1 10:40:00")
    comes_home(watch, "1 10:40:00")
    goes_out(watch, "1 10:42:20")
    watch.until("1 11:00:00")
    assert where(watch) == "away doubtful: door_then_nothing"
    assert watch.until("1 22:42:25") == []
    assert watch.until("1 22:42:27") == ["1 22:42:26 raised door perhaps_at_home since 1 10:42:26"]


def test_a_caregiver_lets_herself_in_works_and_leaves_while_she_stays_in_bed() -> None:
    watch = begun()
    watch.says("1 12:30:00", "bed", "filled")
    watch.until("1 13:30:00")
    assert where(watch) == "asleep sure: bed_occupied"
    watch.passes("1 14:00:00")  # the hall has been still: the door was opened from outside
    watch.moves("1 14:00:12", "hall")
    assert where(watch) == "visitor likely: door_from_outside"
    assert watch.state.presence.since == when("1 14:00:06")
    for minute in range(5, 55, 5):
        watch.moves(f"1 14:{minute:02}:00", "kitchen")
    watch.moves("1 14:59:00", "hall")
    watch.passes("1 15:00:00")
    watch.until("1 15:29:00")
    assert where(watch) == "visitor likely: door_from_outside"
    watch.until("1 15:31:00")
    assert where(watch) == "asleep sure: bed_occupied"  # never away: the bed has been taken all the time


def test_a_visitor_whom_she_lets_in_is_seen_by_two_rooms_at_once() -> None:
    watch = begun()
    watch.moves("1 13:59:40", "hall")
    watch.passes("1 14:00:20")
    watch.moves("1 14:00:40", "hall")
    watch.says("1 14:02:00", "sofa", "filled")
    watch.moves("1 14:03:00", "kitchen")
    watch.moves("1 14:07:00", "kitchen")
    assert where(watch) == "home sure: out_of_bed"  # a seat may linger, so five minutes of both are asked for
    watch.moves("1 14:08:10", "kitchen")
    assert watch.place == "visitor since 1 14:00:26: two_at_once"
    watch.moves("1 14:59:40", "hall")
    watch.passes("1 15:00:20")
    watch.until("1 15:30:30")
    assert watch.place == "home since 1 15:00:26: visit_over"


def test_both_leave_or_only_the_visitor_nobody_can_tell_and_it_is_told_no_later_than_a_silence() -> None:
    watch = begun()
    watch.passes("1 14:00:00")
    watch.moves("1 14:00:12", "hall")
    watch.moves("1 14:30:00", "living")
    goes_out(watch, "1 15:00:20")
    watch.until("1 15:20:00")
    assert where(watch) == "away doubtful: door_after_visit"
    assert watch.until("2 03:00:25") == []
    assert watch.until("2 03:00:27") == ["2 03:00:26 raised door perhaps_at_home since 1 15:00:26"]
    assert (when("2 03:00:26") - when("1 15:00:26")).total_seconds() == watch.home.limits.inactivity_floor_s


def test_a_visitor_delays_no_alert() -> None:
    alone, visited = begun(), begun()
    for watch in (alone, visited):
        watch.moves("1 14:00:00", "living")
    visited.passes("1 14:10:00")
    visited.moves("1 14:10:12", "hall")
    assert where(visited) == "visitor likely: door_from_outside"
    assert alone.until("1 22:00:00") == ["1 20:00:30 raised inactivity no_sign_of_life_by_day since 1 14:00:30"]
    assert visited.until("1 22:00:00") == ["1 20:10:42 raised inactivity no_sign_of_life_by_day since 1 14:10:42"]


def test_a_guest_for_the_night_is_forgotten_after_a_day() -> None:
    watch = begun()
    watch.passes("1 20:00:00")
    watch.moves("1 20:00:12", "hall")
    watch.says("1 22:30:00", "bed", "filled")
    watch.says("2 07:30:00", "bed", "empty")
    watch.moves("2 08:00:00", "living")
    watch.until("2 20:00:05")
    assert where(watch) == "visitor likely: door_from_outside"
    watch.until("2 20:00:07")
    assert where(watch) == "home likely: visit_over"


def test_a_night_at_the_daughter_s_is_no_alert_before_her_habits_are_known() -> None:
    watch = begun()
    watch.moves("1 12:00:00")
    goes_out(watch, "1 16:00:20")
    assert watch.until("2 10:00:00") == []
    comes_home(watch, "2 10:00:00")
    assert watch.lines == []


def test_once_her_habits_are_known_a_night_out_is_asked_about_gently_in_the_evening() -> None:
    watch = begun()
    for day in range(1, 17):
        goes_out(watch, f"{day} 09:00:20")
        comes_home(watch, f"{day} 11:00:00")
        goes_out(watch, f"{day} 16:00:20")
        comes_home(watch, f"{day} 17:30:00")
        watch.says(f"{day} 22:40:00", "bed", "filled")
        morning(watch, day + 1)
    assert watch.lines == []
    goes_out(watch, "17 16:00:20")
    told = watch.until("18 08:00:00")
    assert told == ["17 18:15:26 raised door out_longer_than_usual since 17 16:00:26"]
    assert watch.found[-1].evidence["usual_s"] == 5400.0
    comes_home(watch, "18 10:00:00")
    assert watch.lines[-1] == "18 10:00:00 cleared door back_home since 17 16:00:26"
    watch.moves("18 15:00:00")
    watch.moves("18 20:00:00")
    watch.says("18 22:10:00", "bed", "filled")
    watch.says("19 04:30:00", "bed", "empty")
    goes_out(watch, "19 04:31:20")
    assert watch.until("19 05:02:00") == [
        "19 05:01:26 raised door out_at_night since 19 04:31:26",
        "19 05:01:26 raised door out_at_odd_hour since 19 04:31:26",
    ]


def test_a_door_that_is_not_closed_proves_nothing_and_is_told() -> None:
    watch = begun()
    watch.moves("1 09:59:30", "hall")
    watch.says("1 10:00:00", "door", "opens")
    assert watch.until("1 12:00:00") == ["1 10:30:00 raised door door_left_open door since 1 10:00:00"]
    assert where(watch) == "home sure: out_of_bed"
    assert "no_sign_of_life_by_day" in watch.until("1 17:00:00")[0]


def test_a_pet_is_no_visitor_and_makes_home_less_sure() -> None:
    watch = begun()
    for day in range(1, 4):
        watch.says(f"{day} 22:00:00", "bed", "filled")
        for hour in (1, 2, 3):
            watch.moves(f"{day + 1} 0{hour}:00:00", "kitchen")
        assert where(watch) == "asleep sure: bed_occupied"  # nobody came: no visitor
        watch.says(f"{day + 1} 08:00:00", "bed", "empty")
    assert len(watch.state.presence.pet_days) == 3
    goes_out(watch, "4 10:00:20")
    watch.until("4 10:20:00")
    assert where(watch) == "away sure: door_then_nothing"
    watch.moves("4 10:30:00", "kitchen")
    assert where(watch) == "home likely: sign_indoors"
    watch.moves("4 11:59:20", "hall")
    watch.passes("4 12:00:00")  # a parcel; the cat and a seat are not two people
    watch.says("4 12:02:00", "sofa", "filled")
    watch.moves("4 12:03:00", "kitchen")
    watch.moves("4 12:10:00", "kitchen")
    assert where(watch) == "home likely: sign_indoors"


def test_a_dying_hall_sensor_makes_away_less_sure_and_a_dead_door_sensor_impossible() -> None:
    watch = begun()
    watch.says("1 09:00:00", "hall", "offline", Kind.AVAILABILITY)
    watch.moves("1 09:59:50", "living")
    watch.passes("1 10:00:20")
    watch.until("1 10:30:00")
    assert where(watch) == "away likely: door_then_nothing"
    watch.says("1 11:00:00", "door", "offline", Kind.AVAILABILITY)
    assert where(watch) == "unknown doubtful: door_sensor_lost"
    assert "no_sign" in watch.until("1 17:00:01")[0]


def test_a_home_without_sensors_of_movement_is_never_sure_that_she_is_away() -> None:
    fridge_only = home("door", "fridge", extra=(Device(id="tap2", role=Role.ACTIVITY, room="kitchen"),))
    watch = Watch(fridge_only)
    watch.says("1 09:59:50", "fridge", "opens")
    watch.passes("1 10:00:20")
    watch.until("1 10:30:00")
    assert where(watch) == "away likely: door_then_nothing"


def test_a_bed_sensor_that_died_with_somebody_in_it_proves_no_visitor() -> None:
    watch = begun()
    watch.moves("1 11:59:20", "hall")
    watch.passes("1 12:00:00")
    watch.moves("1 12:00:40", "hall")
    watch.says("1 13:00:00", "bed", "filled")
    watch.says("1 13:30:00", "bed", "offline", Kind.AVAILABILITY)
    watch.moves("1 14:00:00", "kitchen")
    watch.moves("1 14:10:00", "kitchen")
    assert watch.state.presence.visit is None
