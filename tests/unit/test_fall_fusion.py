"""Weak sources together: windows of a worn sensor, radars, stillness and signs of being up."""

from __future__ import annotations

import pytest

from alerts.model import Severity
from devices.reading import Kind
from gateway.detection import fall
from tests.scenarios.watch import Watch

SUSPECTED = "1 09:00:30 raised fall fall_suspected since 1 09:00:00"
NOT_UP = "1 09:02:30 raised fall not_up_again since 1 09:00:00"


def struck(score: float, moment: str = "1 09:00:00", watch: Watch | None = None) -> Watch:
    """The belt is struck while she is in the kitchen."""
    watch = watch or Watch()
    watch.moves("1 08:58:00", "kitchen")
    watch.says(moment, "belt", score, Kind.IMPACT)
    return watch


@pytest.mark.parametrize("score", [0.0, 0.3, 0.499])
def test_a_window_of_daily_life_is_nothing(score: float) -> None:
    watch = struck(score)
    watch.says("1 09:00:15", "belt", "still", Kind.AFTER)
    assert watch.until("1 10:00:00") == []


@pytest.mark.parametrize("score", [0.5, 0.7, 1.0])
def test_one_window_is_one_weak_source_however_sure(score: float) -> None:
    watch = struck(score)
    assert watch.until("1 10:00:00") == [SUSPECTED, NOT_UP]
    suspected = watch.found[0]
    assert suspected.countdown_s == 30.0
    assert suspected.evidence == {"device": "belt", "room": "kitchen", "score": score, "limit_s": 30.0}


def test_who_is_struck_and_then_lies_still_has_fallen() -> None:
    watch = struck(0.6)
    assert watch.says("1 09:00:18", "belt", "still", Kind.AFTER) == [
        "1 09:00:18 raised fall fall_lying_still since 1 09:00:00"
    ]
    told = watch.found[0]
    assert (told.countdown_s, told.severity, told.key) == (
        0.0,
        Severity.EMERGENCY,
        "fall:belt:2026-03-02T01:00:00+00:00",
    )
    assert told.evidence == {"device": "belt", "room": "kitchen", "score": 0.6}
    assert watch.until("1 10:00:00") == ["1 09:02:18 raised fall not_up_again since 1 09:00:00"]


def test_stillness_ends_a_countdown_that_runs() -> None:
    watch = struck(0.6)
    watch.until("1 09:00:40")
    assert watch.says("1 09:00:45", "belt", "still", Kind.AFTER) == [
        "1 09:00:45 raised fall fall_lying_still since 1 09:00:00"
    ]
    assert watch.found[-1].key == "fall:belt:2026-03-02T01:00:00+00:00:again"
    assert watch.found[-1].countdown_s == 0.0
    assert watch.says("1 09:01:00", "belt", "still", Kind.AFTER) == []
    assert watch.until("1 10:00:00") == [NOT_UP]


def test_stirring_says_neither_that_she_is_up_nor_that_she_is_not() -> None:
    watch = struck(0.6)
    watch.says("1 09:00:18", "belt", "stirring", Kind.AFTER)
    assert watch.until("1 10:00:00") == [SUSPECTED, NOT_UP]


@pytest.mark.parametrize("word", ["still", "stirring", "up"])
def test_a_word_about_the_minute_after_nothing_is_nothing(word: str) -> None:
    watch = Watch()
    watch.says("1 09:00:00", "belt", word, Kind.AFTER)
    assert watch.until("1 10:00:00") == []


@pytest.mark.parametrize("score", [0.5, 0.89])
def test_who_is_up_again_after_a_doubtful_window_has_not_fallen(score: float) -> None:
    watch = struck(score)
    watch.says("1 09:00:18", "belt", "up", Kind.AFTER)
    assert watch.until("1 10:00:00") == []
    assert watch.says("1 10:00:00", "belt", 0.7, Kind.IMPACT) == []
    assert len(watch.until("1 10:10:00")) == 2  # the next one counts


def test_a_fall_after_which_she_goes_on_is_told_gently() -> None:
    watch = struck(0.95)
    assert watch.says("1 09:00:18", "belt", "up", Kind.AFTER) == ["1 09:00:18 raised fall fall_got_up since 1 09:00:00"]
    told = watch.found[0]
    assert (told.severity, told.key) == (Severity.WARNING, "fall:belt:2026-03-02T01:00:00+00:00:got_up")
    assert told.evidence == {"device": "belt", "room": "kitchen", "lying_s": 18.0}
    assert watch.until("1 12:00:00") == []


def test_at_night_that_waits_for_the_morning() -> None:
    watch = Watch()
    watch.moves("1 23:10:00", "bathroom" if "bathroom" in watch.home.devices else "hall")
    watch.says("1 23:12:00", "belt", 0.97, Kind.IMPACT)
    watch.says("1 23:12:20", "bed", "filled")
    assert watch.until("2 05:59:59") == []
    assert watch.until("2 06:00:01") == ["2 06:00:00 raised fall fall_got_up since 1 23:12:00"]


def test_it_is_told_in_the_morning_even_after_a_countdown() -> None:
    watch = struck(0.95)
    watch.until("1 09:00:40")
    assert watch.says("1 09:00:50", "living", "moves") == [
        "1 09:00:50 cleared fall up_again since 1 09:00:00",
        "1 09:00:50 raised fall fall_got_up since 1 09:00:00",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("belt", 0.55, Kind.IMPACT), ("radar", "maybe", Kind.FALL)),
        (("radar", "maybe", Kind.FALL), ("belt", 0.55, Kind.IMPACT)),
    ],
)
def test_two_weak_sources_are_a_fall_at_once(first: tuple, second: tuple) -> None:  # type: ignore[type-arg]
    watch = Watch()
    watch.moves("1 08:58:00", "kitchen")
    watch.says("1 09:00:00", *first)
    assert watch.says("1 09:00:20", *second) == ["1 09:00:20 raised fall fall_seen_twice since 1 09:00:00"]
    told = watch.found[0]
    assert (told.device, told.evidence["second"], told.countdown_s) == (first[0], second[0], 0.0)
    assert watch.until("1 10:00:00") == ["1 09:02:20 raised fall not_up_again since 1 09:00:00"]


def test_two_weak_sources_end_a_countdown() -> None:
    watch = struck(0.7)
    watch.until("1 09:00:40")
    assert watch.says("1 09:00:50", "radar", "maybe") == ["1 09:00:50 raised fall fall_seen_twice since 1 09:00:00"]
    assert watch.found[-1].key.endswith(":again")
    assert watch.until("1 10:00:00") == [NOT_UP]


def test_more_than_a_minute_apart_they_are_two_stories() -> None:
    watch = struck(0.7)
    watch.until("1 09:01:01")
    assert watch.says("1 09:01:02", "radar", "maybe") == []


def test_the_same_device_struck_twice_is_one_source() -> None:
    watch = struck(0.7)
    assert watch.says("1 09:00:03", "belt", 0.9, Kind.IMPACT) == []
    assert watch.until("1 10:00:00") == [SUSPECTED, NOT_UP]


def test_a_sure_radar_after_a_window_is_told_at_once() -> None:
    watch = struck(0.7)
    assert watch.says("1 09:00:10", "radar", "fall") == ["1 09:00:10 raised fall fall_reported since 1 09:00:10"]


def test_going_to_bed_heavily_is_no_fall() -> None:
    watch = struck(0.7)
    watch.says("1 09:00:12", "bed", "filled")
    assert watch.until("1 10:00:00") == []


def test_up_is_a_sign_of_life_and_still_is_none() -> None:
    watch = Watch()
    watch.moves("1 08:58:00", "kitchen")
    watch.says("1 09:00:00", "belt", "still", Kind.AFTER)
    assert watch.state.last_sign is not None
    assert watch.state.last_sign.device == "kitchen"
    watch.says("1 09:01:00", "belt", "up", Kind.AFTER)
    assert watch.state.last_sign.device == "belt"


def test_the_bars_are_ordered() -> None:
    assert 0 < fall.SUSPECTED < fall.SURE < 1
