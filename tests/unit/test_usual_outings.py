"""What is usual of her outings: nothing before two weeks, then her hours, her longest and her latest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.detection.reasons import Reason
from gateway.detection.usual_outings import KEPT, WINDOW_DAYS, Outing, Unusual, judge, remember
from tests.scenarios.watch import home, moment, when

HOME = home()


def lived(*outings: tuple[int, str, str]) -> tuple[Outing, ...]:
    past: tuple[Outing, ...] = ()
    for day, left, back in sorted(outings):
        past = remember(HOME, past, when(f"{day} {left}"), when(f"{day} {back}"))
    return past


def days(first: int, last: int, left: str = "09:00:00", back: str = "11:00:00") -> list[tuple[int, str, str]]:
    return [(day, left, back) for day in range(first, last + 1)]


def told(past: tuple[Outing, ...], left: str) -> tuple[str, Reason, float] | None:
    found = judge(HOME, past, when(left))
    return None if found is None else (moment(found.due), found.reason, found.usual_s)


@pytest.mark.parametrize(
    ("first", "last", "left"), [(1, 13, "14 09:00:00"), (8, 20, "21 09:00:00"), (1, 9, "21 09:00:00")]
)
def test_too_little_is_known(first: int, last: int, left: str) -> None:
    assert told(lived(*days(first, last)), left) is None


def test_longer_than_her_longest_and_a_margin() -> None:
    past = lived(*days(1, 14), (8, "14:00:00", "15:00:00"))
    assert told(past, "16 09:30:00") == ("16 12:15:00", Reason.OUT_LONGER_THAN_USUAL, 7200.0)


def test_a_quarter_more_where_her_longest_is_long() -> None:
    past = lived(*days(1, 14, "08:00:00", "16:00:00"))
    assert told(past, "16 07:00:00") == ("16 17:00:00", Reason.OUT_LONGER_THAN_USUAL, 28_800.0)


def test_like_hours_are_compared_with_like() -> None:
    past = lived(*days(1, 14, "08:00:00", "13:00:00"), *days(1, 14, "16:00:00", "16:40:00"))
    assert told(past, "16 16:00:00") == ("16 17:25:00", Reason.OUT_LONGER_THAN_USUAL, 2400.0)


def test_later_than_she_ever_comes_back() -> None:
    past = lived(*days(1, 14, "13:00:00", "17:00:00"))
    assert told(past, "16 14:25:00") == ("16 18:30:00", Reason.OUT_LATER_THAN_USUAL, 9300.0)


def test_at_an_hour_at_which_she_never_leaves() -> None:
    past = lived(*days(1, 14))
    assert told(past, "16 10:31:00") == ("16 11:01:00", Reason.OUT_AT_ODD_HOUR, 0.0)
    assert told(past, "16 10:30:00") == ("16 12:30:00", Reason.OUT_LATER_THAN_USUAL, 1800.0)


def test_an_outing_past_midnight_belongs_to_the_evening() -> None:
    late = [(day, "20:00:00", "23:59:00") for day in range(1, 15)]
    past = remember(HOME, lived(*late), when("15 20:00:00"), when("16 00:30:00"))
    found = judge(HOME, past, when("17 20:00:00"))
    assert found == Unusual(when("18 01:37:30"), Reason.OUT_LONGER_THAN_USUAL, 16_200.0)


def test_one_night_in_twenty_does_not_make_every_night_usual() -> None:
    usual = lived(*days(1, 20))
    with_night = remember(HOME, usual, when("21 09:00:00"), when("22 08:00:00"))
    assert told(with_night, "24 09:00:00") == told(usual, "24 09:00:00")


def test_seasons_are_followed_and_no_more_is_kept_than_needed() -> None:
    past = lived(*days(1, 200))
    assert len(past) == WINDOW_DAYS + 1
    busy: tuple[Outing, ...] = ()
    for hour in range(KEPT + 50):
        left = when("1 00:00:00") + timedelta(hours=hour)
        busy = remember(HOME, busy, left, left + timedelta(minutes=20))
    assert len(busy) == KEPT
