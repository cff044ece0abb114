"""Who is there when: nights, weekends, China's holidays and the weekends that are worked instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from alerts.hours import Days, Hours, is_open, is_workday, next_closed, next_open
from alerts.rungs import CHINA

OFFICE = (Hours(opens=time(8, 30), closes=time(17, 30), days=Days.WORKDAYS),)
NIGHT = (Hours(opens=time(22), closes=time(6)),)
SUNDAYS = (Hours(opens=time(9), closes=time(12), days=Days.RESTDAYS),)
WHOLE_DAY = (Hours(opens=time(0), closes=time(0)),)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-03-02", True),  # a Monday
        ("2026-03-01", False),  # a Sunday
        ("2026-10-01", False),  # National Day, a Thursday
        ("2026-10-10", True),  # the Saturday that is worked instead
        ("2026-02-16", False),  # the eve of the Spring Festival
        ("2049-10-01", True),  # a Friday of a year that the calendar does not know
        ("2049-10-02", False),
    ],
)
def test_workdays_follow_the_calendar_of_china(day: str, *, works: bool):
    assert is_workday(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("hours", "at", "there"),
    [
        ((), "2026-10-01T03:00", True),
        (OFFICE, "2026-03-02T08:29:59", False),
        (OFFICE, "2026-03-02T08:30", True),
        (OFFICE, "2026-03-02T17:29:59", True),
        (OFFICE, "2026-03-02T17:30", False),
        (OFFICE, "2026-10-01T10:00", False),
        (OFFICE, "2026-10-10T10:00", True),
        (NIGHT, "2026-03-02T23:00", True),
        (NIGHT, "2026-03-03T05:59", True),
        (NIGHT, "2026-03-03T06:00", False),
        (SUNDAYS, "2026-10-02T10:00", True),
        (SUNDAYS, "2026-10-10T10:00", False),
        (WHOLE_DAY, "2026-03-02T00:00", True),
        (WHOLE_DAY, "2026-03-02T23:59:59", True),
        (OFFICE + NIGHT, "2026-03-02T23:00", True),
    ],
)
def test_open_or_closed(hours: tuple[Hours, ...], at: str, *, there: bool):
    assert is_open(hours, local(at), CHINA) is there


@pytest.mark.parametrize(
    ("hours", "at", "opens"),
    [
        (OFFICE, "2026-03-02T12:00", "2026-03-02T12:00"),
        (OFFICE, "2026-03-02T18:00", "2026-03-03T08:30"),
        (OFFICE, "2026-03-06T18:00", "2026-03-09T08:30"),
        (OFFICE, "2026-09-30T18:00", "2026-10-08T08:30"),
        ((), "2026-03-02T12:00", "2026-03-02T12:00"),
    ],
)
def test_the_next_opening(hours: tuple[Hours, ...], at: str, opens: str):
    assert next_open(hours, local(at), CHINA) == local(opens)


@pytest.mark.parametrize(
    ("hours", "at", "closes"),
    [
        (NIGHT, "2026-03-02T23:00", "2026-03-03T06:00"),
        (NIGHT, "2026-03-02T12:00", "2026-03-02T12:00"),
        (
            (Hours(opens=time(22), closes=time(2)), Hours(opens=time(1), closes=time(7))),
            "2026-03-02T23:00",
            "2026-03-03T07:00",
        ),
        ((), "2026-03-02T12:00", "2026-03-02T12:00"),
    ],
)
def test_the_end_of_a_stretch(hours: tuple[Hours, ...], at: str, closes: str):
    assert next_closed(hours, local(at), CHINA) == local(closes)
