"""A fall, and whether she is up again."""

from __future__ import annotations

import pytest

from alerts.model import Severity
from tests.scenarios.watch import Watch

FALL = "1 09:00:00 raised fall fall_reported since 1 09:00:00"
NOT_UP = "1 09:02:00 raised fall not_up_again since 1 09:00:00"


def fallen(word: str = "fall") -> Watch:
    watch = Watch()
    watch.moves("1 08:58:00", "hall")
    watch.says("1 09:00:00", "radar", word)
    return watch


def test_a_fall_is_told_at_once() -> None:
    watch = fallen()
    assert watch.lines == [FALL]
    found = watch.found[0]
    assert found.key == "fall:radar:2026-03-02T01:00:00+00:00"
    assert (found.severity, found.subject, found.device) == (Severity.EMERGENCY, "resident", "radar")
    assert found.evidence == {"device": "radar", "room": "bathroom"}


def test_lying_without_a_fall_before_is_told_too() -> None:
    assert fallen("lying").lines == ["1 09:00:00 raised fall lying_reported since 1 09:00:00"]


def test_what_a_device_repeats_of_one_fall_is_nothing_new() -> None:
    watch = fallen()
    for second in range(1, 100, 9):
        assert watch.says(f"1 09:{second // 60:02}:{second % 60:02}", "radar", "lying" if second > 50 else "fall") == []


def test_not_up_again_is_told_graver() -> None:
    watch = fallen()
    assert watch.until("1 10:00:00") == [NOT_UP]
    found = watch.found[-1]
    assert found.key == "fall:radar:2026-03-02T01:00:00+00:00:not_up"
    assert found.evidence == {
        "device": "radar",
        "room": "bathroom",
        "limit_s": 120.0,
        "lying_s": 120.0,
        "last_sign_at": "2026-03-02T00:58:30+00:00",
        "last_sign_device": "hall",
        "last_sign_room": "hall",
    }


@pytest.mark.parametrize(
    ("device", "word"),
    [("kitchen", "moves"), ("tap", "tap"), ("bed", "filled"), ("fridge", "opens"), ("door", "opens")],
)
def test_a_sign_of_being_up_clears(device: str, word: str) -> None:
    watch = fallen()
    assert watch.says("1 09:01:00", device, word) == ["1 09:01:00 cleared fall up_again since 1 09:00:00"]
    assert watch.found[-1].key == "fall:radar:2026-03-02T01:00:00+00:00"
    assert watch.until("1 09:10:00") == []


def test_up_after_not_up_clears_the_raised_key() -> None:
    watch = fallen()
    watch.until("1 09:30:00")
    assert watch.says("1 09:31:00", "kitchen", "moves") == ["1 09:31:00 cleared fall up_again since 1 09:00:00"]
    assert watch.found[-1].key == "fall:radar:2026-03-02T01:00:00+00:00"


@pytest.mark.parametrize(
    ("device", "word"),
    [("radar", "none"), ("radar", "unknown"), ("bed", "empty"), ("pendant", "press"), ("cord", "cord")],
)
def test_these_are_no_sign_of_being_up(device: str, word: str) -> None:
    watch = Watch()
    watch.says("1 08:59:00", "bed", "filled")
    watch.says("1 09:00:00", "radar", "fall")
    watch.says("1 09:01:00", device, word)
    assert NOT_UP in watch.until("1 09:10:00")


def test_movement_in_the_room_of_the_fall_may_be_crawling() -> None:
    watch = Watch()
    watch.moves("1 08:59:00", "kitchen")
    watch.says("1 09:00:00", "belt", "fall")  # worn: it fell where she was seen last
    watch.says("1 09:01:00", "kitchen", "moves")
    assert watch.until("1 09:10:00") == [NOT_UP]


def test_a_sensor_that_reports_late_does_not_make_her_rise() -> None:
    watch = fallen()
    assert watch.says("1 09:00:09", "hall", "moves") == []
    assert watch.until("1 09:05:00") == [NOT_UP]


def test_a_fall_after_the_device_let_go_is_a_new_one() -> None:
    watch = fallen()
    watch.says("1 09:00:30", "radar", "none")
    assert watch.says("1 09:00:40", "radar", "fall") == ["1 09:00:40 raised fall fall_reported since 1 09:00:40"]


def test_a_device_that_goes_on_reporting_after_she_is_up_tells_nothing_new() -> None:
    watch = fallen()
    watch.says("1 09:01:00", "kitchen", "moves")
    assert watch.says("1 09:02:00", "radar", "fall") == []
    watch.says("1 09:03:00", "radar", "none")
    assert len(watch.says("1 09:04:00", "radar", "fall")) == 1


def test_maybe_is_told_when_nobody_gets_up() -> None:
    watch = fallen("maybe")
    assert watch.lines == []
    assert watch.until("1 10:00:00") == [
        "1 09:00:30 raised fall fall_suspected since 1 09:00:00",
        "1 09:02:30 raised fall not_up_again since 1 09:00:00",
    ]


def test_maybe_is_dropped_when_she_is_seen_up() -> None:
    watch = fallen("maybe")
    watch.says("1 09:00:20", "kitchen", "moves")
    assert watch.until("1 10:00:00") == []
    assert watch.says("1 10:00:00", "radar", "maybe") == []  # it never took the first one back
    watch.says("1 10:01:00", "radar", "none")
    watch.says("1 10:02:00", "radar", "maybe")
    assert watch.until("1 10:02:30") == ["1 10:02:30 raised fall fall_suspected since 1 10:02:00"]


def test_maybe_that_becomes_a_fall_is_one_fall_since_the_maybe() -> None:
    watch = fallen("maybe")
    assert watch.says("1 09:00:10", "radar", "fall") == ["1 09:00:10 raised fall fall_reported since 1 09:00:00"]
    assert watch.until("1 09:30:00") == ["1 09:02:10 raised fall not_up_again since 1 09:00:00"]


def test_maybe_that_the_device_took_back_is_dropped_by_any_movement() -> None:
    watch = Watch()
    watch.moves("1 08:59:00", "kitchen")
    watch.says("1 09:00:00", "belt", "maybe")
    watch.says("1 09:00:05", "belt", "none")
    watch.says("1 09:00:20", "kitchen", "moves")
    assert watch.until("1 10:00:00") == []


def test_maybe_that_the_device_took_back_is_still_told_when_nothing_moves() -> None:
    watch = fallen("maybe")
    watch.says("1 09:00:05", "radar", "none")
    assert watch.until("1 09:01:00") == ["1 09:00:30 raised fall fall_suspected since 1 09:00:00"]


def test_noticed_late_it_keeps_its_true_beginning() -> None:
    watch = fallen("maybe")
    assert watch.hears("1 11:00:00", "kitchen", "moves") == [
        "1 11:00:00 raised fall fall_suspected since 1 09:00:00",
        "1 11:00:00 raised fall not_up_again since 1 09:00:00",
        "1 11:00:00 cleared fall up_again since 1 09:00:00",
    ]
