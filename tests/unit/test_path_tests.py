"""Every path is tried every day: when, what is kept of it, and when people are told."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts.dispatch import SendFailed
from gateway import path_tester
from gateway.path_tester import PathTester
from gateway.path_tests import Hour, PathTest, next_at, shift_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = Hour(at=time(10, 0), zone=ZONE, shift=timedelta(minutes=7))


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=ZONE)


def tried(text: str, *, ok: bool = True) -> PathTest:
    return PathTest(path="p", at=local(text).astimezone(UTC), ok=ok, told="")


def test_a_path_that_was_never_tried_is_tried_now():
    assert next_at([], HOUR, local("01 12:00")) == local("01 12:00")


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("01 10:07:01", "02 10:07:00"),
        ("01 10:06:59", "01 10:07:00"),
        ("01 23:59:00", "02 10:07:00"),
        ("02 00:01:00", "02 10:07:00"),
    ],
)
def test_a_path_that_works_is_tried_at_its_minute_of_the_day(last: str, expected: str):
    assert next_at([tried(last)], HOUR, local("09 00:00")) == local(expected)


def test_what_was_missed_is_made_up_for_once():
    assert next_at([tried("01 10:07:01")], HOUR, local("05 15:00")) <= local("05 15:00")
    assert next_at([tried("01 10:07:01"), tried("05 15:00:00")], HOUR, local("05 15:00")) == local("06 10:07:00")


def test_a_failure_is_tried_again_soon_and_later_every_hour():
    failed = [tried("01 10:07:00", ok=False)]
    assert next_at(failed, HOUR, local("01 10:08")) == local("01 10:12:00")
    failed += [tried("01 10:12:00", ok=False), tried("01 10:17:00", ok=False)]
    assert next_at(failed, HOUR, local("01 10:18")) == local("01 11:17:00")
    assert next_at([*failed, tried("01 11:17:00")], HOUR, local("01 12:00")) == local("02 10:07:00")


def test_a_minute_past_midnight_is_found_from_the_evening_before():
    late = Hour(at=time(23, 30), zone=ZONE, shift=timedelta(minutes=45))
    assert next_at([tried("01 22:00:00")], late, local("01 23:00")) == local("02 00:15:00")
    assert next_at([tried("02 00:15:01")], late, local("02 01:00")) == local("03 00:15:00")


def test_homes_are_spread_over_the_hour_and_keep_their_minute():
    shifts = {shift_of(f"home-{number}") for number in range(200)}
    assert len(shifts) > 150
    assert max(shifts) < timedelta(hours=1)
    assert shift_of("home-1") == shift_of("home-1")


class Line:
    """A way that answers as the test says."""

    def __init__(self) -> None:
        self.failure: SendFailed | None = None
        self.hangs = False
        self.tries = 0

    async def probe(self) -> str:
        self.tries += 1
        if self.hangs:
            await asyncio.get_running_loop().create_future()
        if self.failure is not None:
            raise self.failure
        return "it answered"


class Kept:
    """What is written and reported: the watch and its journal in one."""

    def __init__(self) -> None:
        self.journal = self
        self.tests: list[PathTest] = []
        self.reports: list[tuple[str, bool]] = []

    def tested(self, test: PathTest) -> None:
        self.tests.append(test)

    def report(self, part: str, *, trouble: bool, at: datetime) -> None:
        self.reports.append((part, trouble))


class Day:
    """A tester whose clock the test moves."""

    def __init__(self, remembered: list[PathTest] | None = None) -> None:
        self.now, self.clock_s = local("05 10:07:30"), 0.0
        self.webhook, self.phone, self.kept = Line(), Line(), Kept()
        probes = {"contact 女儿": self.webhook, "telephone": self.phone}
        self.tester = PathTester(
            probes,
            remembered or [],
            HOUR,
            watch=self.kept,  # type: ignore[arg-type]  # two of its methods
            now=lambda: self.now,
            clock_s=lambda: self.clock_s,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Day]:
        task = asyncio.create_task(self.tester.run())
        await asyncio.sleep(0)
        try:
            yield self
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    async def passes(self, **length: float) -> None:
        self.now += timedelta(**length)
        self.clock_s += timedelta(**length).total_seconds()
        self.tester.tick()
        for _ in range(5):
            await asyncio.sleep(0)


async def test_nothing_is_tried_until_the_box_has_settled():
    async with Day().running() as day:
        await day.passes(seconds=path_tester.SETTLE_S - 1)
        assert (day.webhook.tries, day.phone.tries) == (0, 0)
        await day.passes(seconds=1)
        assert (day.webhook.tries, day.phone.tries) == (1, 1)
        await day.passes(hours=1)
        assert (day.webhook.tries, day.phone.tries) == (1, 1)
        assert [(test.path, test.ok, test.told) for test in day.tester.latest()] == [
            ("contact 女儿", True, "it answered"),
            ("telephone", True, "it answered"),
        ]
        await day.passes(hours=23)
        assert (day.webhook.tries, day.phone.tries) == (2, 2)
        assert len(day.kept.tests) == 4


async def test_a_contact_is_told_of_at_the_third_failure_and_when_it_works_again():
    async with Day().running() as day:
        day.webhook.failure = day.phone.failure = SendFailed("refused", "the receiver answered 404")
        await day.passes(minutes=3)
        await day.passes(minutes=5)
        assert day.kept.reports == []
        await day.passes(minutes=5)
        assert day.kept.reports == [("gateway/contact 女儿", True)], "the telephone tells of itself"
        assert day.kept.tests[-1].told == "refused: the receiver answered 404"
        day.webhook.failure = None
        await day.passes(hours=1)
        assert day.kept.reports[-1] == ("gateway/contact 女儿", False)


async def test_failures_are_counted_over_a_restart():
    earlier = [
        PathTest(path="contact 女儿", at=local("05 10:02:00"), ok=False, told=""),
        PathTest(path="contact 女儿", at=local("05 10:07:00"), ok=False, told=""),
        PathTest(path="contact gone", at=local("05 10:07:00"), ok=False, told=""),
    ]
    async with Day(earlier).running() as day:
        day.webhook.failure = SendFailed("refused", "still")
        await day.passes(minutes=5)
        assert day.kept.reports == [("gateway/contact 女儿", True)]


async def test_a_path_that_hangs_fails_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(path_tester, "LONGEST_S", 0.01)
    async with Day().running() as day:
        day.webhook.hangs = True
        await day.passes(minutes=3)
        await day.passes(minutes=1)
        assert day.webhook.tries == 1, "one try at a time"
        await asyncio.sleep(0.05)
        by_path = {test.path: test for test in day.kept.tests}
        assert by_path["telephone"].ok
        assert by_path["contact 女儿"].told.startswith("timeout: no answer within")
