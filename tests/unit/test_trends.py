"""What has changed from week to week is reported once it is too much for chance, and never as an alarm."""

from __future__ import annotations

import pytest

from gateway.detection.days import DayRecord
from gateway.detection.trends import Change, trends
from gateway.web.trends import told
from gateway.web.view import TrendSeen


def days(*figures: dict[str, int]) -> list[DayRecord]:
    return [DayRecord(number, **{"quarters": 30, **figure}) for number, figure in enumerate(figures)]


BEFORE = [{"quarters": 28 + number % 5, "trips": number % 2, "up_min": 420 + number % 9} for number in range(28)]


def change(name: str, week: list[dict[str, int]]) -> Change:
    return next(trend.change for trend in trends(days(*BEFORE, *week)) if trend.name == name)


def test_a_week_like_those_before_has_no_change() -> None:
    found = trends(days(*BEFORE, *BEFORE[:7]))
    assert [(trend.name, trend.change) for trend in found] == [
        ("activity_h", Change.NONE),
        ("night_trips", Change.NONE),
        ("up_at_h", Change.NONE),
    ]


def test_a_quiet_week_is_less_activity() -> None:
    assert change("activity_h", [{"quarters": 20}] * 7) is Change.LESS
    assert change("activity_h", [{"quarters": 27}] * 7) is Change.NONE  # less for certain, but it does not matter


def test_restless_nights_are_more_trips() -> None:
    assert change("night_trips", [{"trips": 3, "up_min": 420}] * 7) is Change.MORE
    assert change("night_trips", [{"trips": 3, "up_min": 420}, *[{"trips": 0, "up_min": 420}] * 6]) is Change.NONE


def test_days_spent_elsewhere_do_not_count() -> None:
    assert change("activity_h", [{"quarters": 1}] * 5 + [{"quarters": 30}] * 7) is Change.NONE


@pytest.mark.parametrize("count", [0, 7, 13])
def test_before_two_weeks_nothing_is_said(count: int) -> None:
    assert trends(days(*BEFORE[:count])) == ()


def test_the_words() -> None:
    less = TrendSeen(name="activity_h", week=5.2, before=7.41, change="less")
    assert told(less, "zh").words == "每天有动静的时间：这周 5.2 小时，之前四周 7.4 小时（活动减少）"
    assert told(less, "en").words == ("Active hours a day: 5.2 this week, 7.4 in the four weeks before (less active)")
    same = TrendSeen(name="up_at_h", week=7.25, before=7.0, change="none")
    assert (told(same, "zh").words, told(same, "zh").changed) == ("早上起床：这周 7:15，之前四周 7:00", False)
    more = TrendSeen(name="night_trips", week=3.0, before=1.0, change="more")
    assert told(more, "zh").words == "每夜起来：这周 3.0 次，之前四周 1.0 次（夜间起夜增多）"
