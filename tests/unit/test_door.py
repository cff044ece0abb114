"""An entrance left open, by day and by night; out at night, and out for very long."""

from __future__ import annotations

from devices.reading import Kind
from gateway.detection.home import Device, Role
from tests.scenarios.watch import Watch, home


def test_left_open_by_day() -> None:
    watch = Watch()
    watch.moves("1 09:00:00")
    watch.says("1 10:00:00", "door", "opens")
    assert watch.until("1 12:00:00") == ["1 10:30:00 raised door door_left_open door since 1 10:00:00"]
    found = watch.found[0]
    assert found.key == "door_open:door:2026-03-02T02:00:00+00:00"
    assert found.evidence == {
        "device": "door",
        "room": "hall",
        "opened_at": "2026-03-02T02:00:00+00:00",
        "open_s": 1800.0,
        "limit_s": 1800.0,
        "place": "home",
    }


def test_closing_in_time_is_nothing() -> None:
    watch = Watch()
    watch.says("1 10:00:00", "door", "opens")
    assert watch.says("1 10:29:59", "door", "closes") == []
    assert watch.until("1 12:00:00") == []


def test_closing_clears() -> None:
    watch = Watch()
    watch.says("1 10:00:00", "door", "opens")
    watch.until("1 11:00:00")
    assert watch.says("1 11:00:00", "door", "closes") == ["1 11:00:00 cleared door door_closed door since 1 10:00:00"]
    assert watch.found[-1].key == watch.found[0].key
    assert watch.found[-1].evidence == {"device": "door", "room": "hall", "open_s": 3600.0}


def test_by_night_the_patience_is_shorter() -> None:
    watch = Watch()
    watch.says("1 22:30:00", "door", "opens")
    assert "1 22:40:00 raised door door_left_open_at_night door since 1 22:30:00" in watch.until("1 23:00:00")


def test_nightfall_shortens_the_patience_with_a_door_that_is_open() -> None:
    watch = Watch(begins="1 20:00:00")
    watch.says("1 21:50:00", "door", "opens")
    assert watch.until("1 23:00:00") == ["1 22:10:00 raised door door_left_open_at_night door since 1 21:50:00"]


def test_repeated_openings_do_not_move_the_beginning() -> None:
    watch = Watch()
    watch.says("1 10:00:00", "door", "opens")
    watch.says("1 10:20:00", "door", "opens")
    assert watch.until("1 10:30:00") == ["1 10:30:00 raised door door_left_open door since 1 10:00:00"]


def test_each_entrance_is_told_of_its_own() -> None:
    back = Device(id="back", role=Role.ENTRANCE, room="kitchen")
    watch = Watch(home(extra=(back,)))
    watch.says("1 10:00:00", "door", "opens")
    watch.says("1 10:10:00", "back", "opens")
    assert watch.until("1 12:00:00") == [
        "1 10:30:00 raised door door_left_open door since 1 10:00:00",
        "1 10:40:00 raised door door_left_open back since 1 10:10:00",
    ]


def test_an_inner_door_may_stand_open() -> None:
    watch = Watch()
    watch.says("1 10:00:00", "fridge", "opens")
    assert watch.until("1 12:00:00") == []


def goes_out(at: str) -> Watch:
    watch = Watch(begins="1 21:00:00")
    watch.moves("1 21:30:00", "hall")
    watch.passes(at)
    return watch


def test_out_at_night() -> None:
    watch = goes_out("1 22:30:00")
    assert watch.until("2 05:00:00") == ["1 23:00:06 raised door out_at_night since 1 22:30:06"]
    found = watch.found[0]
    assert found.key == "out_at_night:2026-03-02T14:30:06+00:00"
    assert found.subject == "resident"
    assert found.evidence == {"left_at": "2026-03-02T14:30:06+00:00", "out_s": 1800.0, "limit_s": 1800.0}


def test_back_within_the_limit_is_nothing() -> None:
    watch = goes_out("1 22:30:00")
    assert watch.says("1 22:58:00", "door", "opens") == []
    watch.moves("1 22:58:10", "hall")
    assert watch.says("1 22:58:12", "door", "closes") == []
    assert watch.until("2 05:00:00") == []


def test_coming_back_clears() -> None:
    watch = goes_out("1 22:30:00")
    watch.until("1 23:30:00")
    assert watch.says("1 23:30:00", "door", "opens") == ["1 23:30:00 cleared door back_home since 1 22:30:06"]
    assert watch.found[-1].key == watch.found[0].key
    assert watch.found[-1].evidence == {"out_s": 3594.0}


def test_out_since_the_evening_is_not_out_at_night() -> None:
    assert goes_out("1 21:45:00").until("2 05:00:00") == []


def test_out_at_night_is_told_at_once_when_being_away_shows_late() -> None:
    watch = Watch(home(out_at_night_s=300.0), begins="1 21:00:00")
    watch.moves("1 21:30:00", "hall")
    watch.passes("1 22:30:00")
    assert watch.until("1 23:00:00") == ["1 22:45:06 raised door out_at_night since 1 22:30:06"]


def test_not_back_after_a_day() -> None:
    watch = Watch()
    watch.moves("1 09:00:00")
    watch.passes("1 10:00:00")
    assert watch.until("4 08:00:00") == ["2 10:00:06 raised door not_back since 1 10:00:06"]
    assert watch.moves("4 08:00:00") == ["4 08:00:00 cleared door back_home since 1 10:00:06"]


def test_out_at_night_and_not_back_are_both_told_and_both_cleared() -> None:
    watch = goes_out("1 22:30:00")
    watch.until("3 10:00:00")
    assert watch.moves("3 10:00:00") == [
        "3 10:00:00 cleared door back_home since 1 22:30:06",
        "3 10:00:00 cleared door back_home since 1 22:30:06",
    ]
    assert [found.key.split(":")[0] for found in watch.found] == ["out_at_night", "not_back"] * 2


def test_a_lost_door_sensor_ends_the_outing_for_the_watch() -> None:
    watch = goes_out("1 22:30:00")
    watch.until("1 23:30:00")
    watch.says("1 23:40:00", "door", "offline", Kind.AVAILABILITY)
    assert "1 23:40:00 cleared door back_home since 1 22:30:06" in watch.lines
