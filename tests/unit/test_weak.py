"""A sensor that chatters, sees ghosts or misses is recognised from its own history and counts for less."""

from __future__ import annotations

from gateway.detection import pipeline, profile
from tests.scenarios.watch import Watch, home

SENSORS = ("door", "hall", "living", "kitchen", "bedroom")


def watch() -> Watch:
    return Watch(home(*SENSORS, inactivity_day_s=7200.0, inactivity_night_s=43200.0), begins="1 07:00:00")


def lives(seen: Watch, day: int, *rooms: str) -> None:
    """An ordinary day: every hour in every room."""
    for hour in range(7, 22):
        for minute, room in enumerate(rooms or ("hall", "living", "kitchen", "bedroom")):
            seen.moves(f"{day} {hour:02}:{minute:02}:00", room)


def goes_out(seen: Watch, day: int, *, ghost: str) -> None:
    """Out from ten to twelve, while a sensor alone sees somebody at eleven."""
    seen.moves(f"{day} 09:59:30", "hall")
    seen.passes(f"{day} 10:00:05")
    if ghost:
        seen.moves(f"{day} 11:00:00", ghost)
    seen.passes(f"{day} 12:00:00")
    seen.moves(f"{day} 12:00:10", "hall")


def chatters(seen: Watch, day: int) -> None:
    for second in range(10, 22):
        seen.says(f"{day} 16:30:{second}", "living", "moves")
        seen.says(f"{day} 16:30:{second}.5", "living", "still")


def haunted(days: int) -> Watch:
    seen = watch()
    for day in range(1, days + 1):
        for hour in (7, 8, 9):
            seen.moves(f"{day} {hour:02}:30:00", "kitchen")
        goes_out(seen, day, ghost="living")
        for hour in range(13, 22):
            seen.moves(f"{day} {hour:02}:00:00", "living")
            seen.moves(f"{day} {hour:02}:02:00", "kitchen")
    seen.moves(f"{days} 23:00:00", "bedroom")
    return seen


def test_who_sees_somebody_while_she_is_out_on_three_days_sees_ghosts() -> None:
    assert haunted(2).state.weak.alone == frozenset()
    assert haunted(3).state.weak.alone == {"living"}


def test_what_a_ghostly_sensor_says_alone_ends_no_silence() -> None:
    seen = haunted(3)
    seen.moves("4 08:00:00", "kitchen")
    seen.until("4 08:30:00")
    told_before = len(seen.lines)
    seen.moves("4 09:00:00", "living")
    assert seen.until("4 11:00:00") == ["4 10:00:30 raised inactivity no_sign_of_life_by_day since 4 08:00:30"]
    assert len(seen.lines) == told_before + 1


def test_beside_another_it_is_believed() -> None:
    seen = haunted(3)
    seen.moves("4 08:00:00", "kitchen")
    seen.says("4 09:00:00", "kitchen", "moves")
    seen.says("4 09:01:00", "living", "moves")
    sign = seen.state.last_sign
    assert sign is not None
    assert sign.device == "living"


def test_a_sensor_that_is_believed_again_after_a_quiet_week() -> None:
    seen = haunted(3)
    for day in range(4, 13):
        lives(seen, day)
    assert seen.state.weak.alone == frozenset()


def test_whoever_is_at_home_and_goes_out_later_is_no_ghost() -> None:
    seen = watch()
    for day in range(1, 5):
        seen.moves(f"{day} 09:59:30", "hall")
        seen.passes(f"{day} 10:00:05")  # looks out of the door, and sits still in the living room
        seen.moves(f"{day} 11:00:00", "living")
        seen.moves(f"{day} 11:10:00", "hall")
        seen.passes(f"{day} 11:10:20")
        seen.passes(f"{day} 12:00:00")
        lives(seen, day, "kitchen")
    assert seen.state.weak.alone == frozenset()


def test_a_level_that_falls_within_a_second_ten_times_a_day_chatters() -> None:
    seen = watch()
    for day in range(1, 5):
        lives(seen, day)
        if day < 4:
            chatters(seen, day)
    assert seen.state.weak.alone == {"living"}


def test_a_motion_sensor_that_has_fallen_quiet_in_a_busy_home_misses_and_nothing_is_learned_meanwhile() -> None:
    seen = watch()
    for day in range(1, 13):
        lives(seen, day)
    assert not profile.is_half_blind(seen.home, seen.state)
    for day in range(13, 18):
        assert day > 15 or not seen.state.weak.misses
        lives(seen, day, "hall", "living", "bedroom")
        seen.moves(f"{day} 12:30:00", "kitchen")
    assert seen.state.weak.misses == {"kitchen"}
    assert profile.is_half_blind(seen.home, seen.state)


def test_what_is_remembered_survives_a_restart() -> None:
    seen = haunted(3)
    assert pipeline.decode_state(pipeline.encode_state(seen.state)) == seen.state
