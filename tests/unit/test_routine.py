"""What she does for longer, later or more often than she ever does is told, each habit with a subject of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.reading import Kind
from gateway.detection import days, pipeline
from gateway.detection.days import DayRecord, usual_most
from tests.scenarios.watch import Watch, home


def watch(**limits: float) -> Watch:
    ids = ("bed", "bedroom", "living", "tap", "door")
    here = home(*ids, extra=(), inactivity_day_s=43200.0, inactivity_night_s=43200.0, **limits)
    return Watch(replace(here, baths=frozenset({"bathroom"})), begins="1 19:00:00")


def usual_night(seen: Watch, day: int, *, trips: int = 1) -> None:
    """To bed at ten, up by night, up for good at seven, a quarter of an hour in the bathroom."""
    seen.moves(f"{day} 20:00:00")
    seen.says(f"{day} 22:10:00", "bed", "filled")
    for trip in range(trips):
        seen.says(f"{day + 1} 0{1 + trip}:00:00", "bed", "empty")
        seen.says(f"{day + 1} 0{1 + trip}:10:00", "bed", "filled")
    seen.says(f"{day + 1} 07:00:00", "bed", "empty")
    seen.says(f"{day + 1} 07:05:00", "tap", "flush")
    seen.moves(f"{day + 1} 07:20:00")
    seen.moves(f"{day + 1} 14:00:00")


def after_nights(count: int, **limits: float) -> Watch:
    seen = watch(**limits)
    for day in range(1, count + 1):
        usual_night(seen, day)
    assert seen.lines == []
    return seen


def test_an_hour_in_the_bathroom_is_told_on_the_first_day_and_over_when_she_is_seen_elsewhere() -> None:
    seen = watch()
    seen.says("1 20:00:00", "tap", "flush")
    assert seen.says("1 20:30:00", "tap", "flush") == []
    assert seen.until("1 22:00:00") == ["1 21:00:00 raised inactivity bathroom_long bathroom since 1 20:00:00"]
    assert seen.found[0].severity == "warning"
    assert seen.found[0].evidence == {
        "limit_s": 3600.0,
        "room": "bathroom",
        "stay_s": 3600.0,
        "last_sign_at": "2026-03-02T12:30:00+00:00",
        "last_sign_device": "tap",
        "last_sign_room": "bathroom",
    }
    assert seen.moves("1 22:30:00") == ["1 22:30:00 cleared inactivity left_bathroom bathroom since 1 20:00:00"]


def test_with_a_week_behind_her_it_is_told_after_half_as_long_again_as_usual_but_not_before_half_an_hour() -> None:
    seen = after_nights(8)
    assert seen.says("9 20:00:00", "tap", "flush") == []
    assert seen.until("9 21:00:00") == ["9 20:30:00 raised inactivity bathroom_long bathroom since 9 20:00:00"]
    assert (seen.found[0].evidence["limit_s"], seen.found[0].evidence["usual_s"]) == (1800.0, 900.0)


def test_who_goes_out_from_the_bathroom_is_not_in_it() -> None:
    seen = watch()
    seen.says("1 20:00:00", "tap", "flush")
    seen.passes("1 20:00:50")
    assert [told for told in seen.until("1 23:00:00") if "bathroom" in told] == []


def test_out_of_bed_at_night_and_not_back() -> None:
    seen = watch()
    seen.says("1 22:10:00", "bed", "filled")
    seen.says("2 02:00:00", "bed", "empty")
    assert seen.until("2 03:00:00") == ["2 02:45:00 raised inactivity out_of_bed_at_night out_of_bed since 2 02:00:00"]
    assert seen.says("2 03:00:00", "bed", "filled") == [
        "2 03:00:00 cleared inactivity back_in_bed out_of_bed since 2 02:00:00"
    ]


def test_up_and_about_at_night_is_nobodys_business_until_it_is_quiet() -> None:
    seen = watch()
    seen.says("1 22:10:00", "bed", "filled")
    seen.says("2 02:00:00", "bed", "empty")
    for minute in range(5, 60, 10):
        seen.moves(f"2 02:{minute:02}:00")
    assert seen.until("2 04:00:00") == ["2 03:10:30 raised inactivity out_of_bed_at_night out_of_bed since 2 02:00:00"]


def test_getting_up_for_the_day_is_not_being_out_of_bed() -> None:
    seen = watch()
    seen.says("1 22:10:00", "bed", "filled")
    seen.says("2 05:30:00", "bed", "empty")
    assert seen.until("2 10:00:00") == []


def test_not_up_an_hour_after_the_usual_time() -> None:
    seen = after_nights(8)
    seen.says("9 22:10:00", "bed", "filled")
    assert seen.until("10 09:00:00") == ["10 08:00:00 raised inactivity not_up not_up since 9 22:10:00"]
    assert seen.found[0].evidence["usual_at"] == "07:00"
    assert seen.says("10 09:30:00", "bed", "empty") == ["10 09:30:00 cleared inactivity up not_up since 9 22:10:00"]


def test_a_bed_that_still_says_occupied_while_she_walks_about_is_not_believed() -> None:
    seen = after_nights(8)
    seen.says("9 22:10:00", "bed", "filled")
    seen.moves("10 07:00:00")
    assert seen.until("10 10:00:00") == []


def test_a_bad_night_is_told_in_the_morning_and_only_once() -> None:
    seen = after_nights(8)
    usual_night(seen, 9, trips=4)
    assert seen.lines == ["10 06:00:00 raised inactivity up_often up_often since 10 06:00:00"]
    assert (seen.found[0].evidence["times"], seen.found[0].evidence["usual_times"]) == (4.0, 1.0)


def test_while_a_sensor_that_sees_her_is_lost_nothing_of_this_is_told() -> None:
    seen = watch()
    seen.moves("1 19:30:00", "bedroom")
    seen.says("1 19:40:00", "bedroom", "offline", Kind.AVAILABILITY)
    seen.says("1 20:00:00", "tap", "flush")
    assert [told for told in seen.until("1 23:00:00") if "bathroom_long" in told] == []


def test_a_day_is_one_line_and_twelve_weeks_are_kept() -> None:
    seen = after_nights(3)
    seen.moves("4 20:00:00")
    first, *_ = seen.state.routine.records
    assert seen.state.routine.records[1] == DayRecord(
        first.day + 1, quarters=6, trips=1, up_min=420, bath_min=15, out_of_bed_min=10
    )
    many = tuple(DayRecord(day) for day in range(days.KEPT_DAYS))
    assert [record.day for record in days.kept(many, DayRecord(99))][:1] == [1]
    assert len(days.kept(many, DayRecord(99))) == days.KEPT_DAYS


@pytest.mark.parametrize(
    ("figures", "usual"), [([9] * 6, None), ([1, 2, 3, 4, 5, 6, 90], 6), ([0] * 20, None), ([5] * 7, 5)]
)
def test_one_day_is_no_habit(figures: list[int], usual: int | None) -> None:
    records = [DayRecord(day, bath_min=figure) for day, figure in enumerate(figures)]
    assert usual_most(records, lambda record: record.bath_min) == usual


def test_what_is_remembered_survives_a_restart() -> None:
    seen = after_nights(2)
    assert pipeline.decode_state(pipeline.encode_state(seen.state)) == seen.state
