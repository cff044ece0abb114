"""A silence at home is told at the right second, whoever slept, whichever sensor died, and on the very first day."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from devices.reading import Kind
from tests.scenarios.watch import Watch, home

DAY = "raised inactivity no_sign_of_life_by_day"
NIGHT = "raised inactivity no_sign_of_life_by_night"
FLOOR = "raised inactivity no_sign_of_life_floor"


def test_six_silent_hours_by_day_are_told() -> None:
    watch = Watch()
    watch.moves("1 10:00:00")
    assert watch.until("1 22:00:00") == [f"1 16:00:30 {DAY} since 1 10:00:30"]
    found = watch.found[0]
    assert found.key == "inactivity:2026-03-02T02:00:30+00:00"
    assert found.evidence == {
        "silent_s": 21600.0,
        "limit_s": 21600.0,
        "place": "home",
        "in_bed": False,
        "last_sign_at": "2026-03-02T02:00:30+00:00",
        "last_sign_device": "living",
        "last_sign_room": "living",
        "sensors_alive": 1,
        "sensors": 10,
    }


def test_any_sign_of_life_clears_and_the_timer_begins_anew() -> None:
    watch = Watch()
    watch.moves("1 10:00:00")
    watch.until("1 17:00:00")
    assert watch.says("1 17:00:00", "tap", "flush") == ["1 17:00:00 cleared inactivity sign_of_life since 1 10:00:30"]
    assert watch.found[-1].key == watch.found[0].key
    assert watch.found[-1].evidence == {"device": "tap", "room": "bathroom", "silent_s": 25170.0}
    assert watch.until("3 00:00:00") == [f"2 05:00:00 {FLOOR} since 1 17:00:00"]


def test_nobody_ever_moved() -> None:
    watch = Watch(begins="1 08:00:00")
    assert watch.until("2 08:00:00") == ["1 14:00:00 raised inactivity no_sign_since_start since 1 08:00:00"]
    assert watch.found[0].evidence["last_sign_at"] == ""


@pytest.mark.parametrize("hour", range(24))
def test_day_0_with_one_sensor_and_no_history_is_told_within_the_floor(hour: int) -> None:
    watch = Watch(home("living"), begins=f"1 {hour:02}:00:00")
    watch.until("3 00:00:00")
    assert (watch.found[0].at - watch.state.started).total_seconds() <= 12 * 3600


def test_no_silence_outlasts_the_floor() -> None:
    watch = Watch(home("living"), begins="1 08:00:00")
    watch.moves("1 21:59:00")
    assert watch.until("2 11:59:29") == [f"2 09:59:30 {FLOOR} since 1 21:59:30"]


def test_day_and_night_are_counted_apart() -> None:
    watch = Watch(begins="1 22:30:00")
    watch.moves("1 23:00:00")
    assert watch.until("2 11:00:00") == []  # seven hours of night and five of day
    assert watch.until("2 11:01:00") == [f"2 11:00:30 {FLOOR} since 1 23:00:30"]


def test_ten_silent_hours_by_night_are_told() -> None:
    watch = Watch(begins="1 17:00:00")
    watch.moves("1 19:30:00")
    watch.home = replace(watch.home, day_starts=time(11))
    assert watch.until("2 09:00:00") == [f"2 07:30:30 {FLOOR} since 1 19:30:30"]
    watch = Watch(begins="1 21:00:00")
    watch.home = replace(watch.home, day_starts=time(11))
    watch.moves("1 22:30:00")
    assert watch.until("2 09:00:00") == [f"2 08:30:30 {NIGHT} since 1 22:30:30"]


def test_in_bed_the_night_limit_holds_by_day() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "bed", "filled")
    assert watch.until("2 00:00:00") == ["1 19:00:00 raised inactivity no_sign_of_life_in_bed since 1 09:00:00"]
    assert watch.found[0].evidence["in_bed"] is True


def test_a_bed_sensor_that_is_lost_vouches_no_more() -> None:
    watch = Watch()
    watch.says("1 09:00:00", "bed", "filled")
    watch.says("1 10:00:00", "bed", "offline", Kind.AVAILABILITY)
    assert watch.until("1 20:00:00") == ["1 15:00:00 raised inactivity no_sign_sensors_silent since 1 09:00:00"]


def test_away_is_not_inactivity() -> None:
    watch = Watch()
    watch.moves("1 09:00:00")
    watch.passes("1 10:00:00")
    assert watch.until("2 08:00:00") == []


def test_came_home_and_collapsed_behind_the_door() -> None:
    watch = Watch()
    watch.moves("1 09:00:00")
    watch.passes("1 10:00:00")
    watch.until("1 12:00:00")
    watch.says("1 12:00:00", "door", "opens")
    watch.says("1 12:00:04", "hall", "moves")
    watch.says("1 12:00:06", "door", "closes")
    watch.says("1 12:01:30", "hall", "still")
    assert watch.until("1 22:00:00") == [f"1 18:01:30 {DAY} since 1 12:01:30"]


def test_the_door_opened_while_she_was_out_and_then_nothing() -> None:
    watch = Watch()
    watch.moves("1 09:00:00")
    watch.passes("1 10:00:00")
    watch.until("1 12:00:00")
    watch.passes("1 12:00:00")
    assert watch.until("1 22:00:00") == ["1 18:00:06 raised inactivity no_sign_after_door since 1 12:00:06"]
    assert watch.found[0].evidence["door_at"] == "2026-03-02T04:00:00+00:00"


def test_a_door_sensor_lost_while_she_is_out_starts_the_watch_from_then() -> None:
    watch = Watch()
    watch.moves("1 07:00:00")
    watch.passes("1 07:30:00")
    watch.says("1 12:00:00", "door", "offline", Kind.AVAILABILITY)
    assert watch.until("1 21:00:00") == [f"1 18:00:00 {DAY} since 1 12:00:00"]


@pytest.mark.parametrize(
    ("device", "word", "kind"),
    [
        ("living", "moves", Kind.MOTION),
        ("bed", "filled", Kind.BED),
        ("bed", "empty", Kind.BED),
        ("sofa", "empty", Kind.PRESENCE),
        ("fridge", "opens", Kind.CONTACT),
        ("door", "opens", Kind.CONTACT),
        ("tap", "flush", Kind.ACTIVITY),
        ("pendant", "press", Kind.SOS),
        ("pendant", "on", Kind.SOS_FLAG),
        ("fridge", "vibration", Kind.VIBRATION),
    ],
)
def test_these_are_signs_of_life(device: str, word: str, kind: Kind) -> None:
    watch = Watch()
    if word == "empty":
        watch.says("1 08:30:00", device, "filled", kind)
    watch.says("1 09:00:00", device, word, kind)
    sign = watch.state.last_sign
    assert sign is not None
    assert (sign.device, sign.at) == (device, watch.state.at)


@pytest.mark.parametrize(
    ("device", "word", "kind"),
    [
        ("living", "still", Kind.MOTION),
        ("living", 80.0, Kind.BATTERY),
        ("living", "on", Kind.BATTERY_LOW),
        ("living", "online", Kind.AVAILABILITY),
        ("living", 12.0, Kind.HEARTBEAT),
        ("smoke", "on", Kind.SMOKE),
        ("leak", "on", Kind.WATER_LEAK),
        ("living", "on", Kind.TAMPER),
        ("radar", "fall", Kind.FALL),
        ("bed", "empty", Kind.BED),
        ("fridge", "closes", Kind.CONTACT),
    ],
)
def test_these_are_none(device: str, word: str | float, kind: Kind) -> None:
    watch = Watch()
    watch.says("1 09:00:00", device, word, kind)
    assert watch.state.last_sign is None


def test_a_motion_sensor_that_is_stuck_vouches_for_two_hours_only() -> None:
    watch = Watch()
    for hour in range(9, 21):
        watch.says(f"1 {hour:02}:00:00", "living", "moves")
    assert watch.lines == [f"1 17:00:00 {DAY} since 1 11:00:00"]


def test_repeated_levels_are_no_signs() -> None:
    watch = Watch()
    for hour in range(9, 21):
        watch.says(f"1 {hour:02}:00:00", "fridge", "opens")
    assert watch.lines == [f"1 15:00:00 {DAY} since 1 09:00:00"]


def test_with_every_sensor_silent_the_silence_is_still_told() -> None:
    watch = Watch(home("living"))
    watch.moves("1 10:00:00")
    watch.says("1 11:00:00", "living", "offline", Kind.AVAILABILITY)
    assert watch.until("1 20:00:00") == ["1 16:00:30 raised inactivity no_sign_sensors_silent since 1 10:00:30"]


def test_due_while_the_box_was_off_is_told_late_with_its_true_beginning() -> None:
    watch = Watch()
    watch.moves("1 10:00:00")
    assert watch.hears("2 12:00:00", "living", "moves") == [
        f"2 12:00:00 {DAY} since 1 10:00:30",
        "2 12:00:00 cleared inactivity sign_of_life since 1 10:00:30",
    ]
