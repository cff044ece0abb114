"""Which path an alert takes to the station, what it costs when one is dead, and that nothing is told by guess."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.brief import BedInfo
from alerts.channels import station
from alerts.channels.briefs import Briefs
from alerts.channels.station import StationChannel
from alerts.dispatch import SendFailed
from alerts.link import LinkDown, PublishTimeout
from alerts.model import Alert, AlertKind, AlertState, Delivery, DeliveryState, Severity
from alerts.paths import Path, Paths
from alerts.supervision import Rhythm
from alerts.wire import MAIN, SPARE, Topics

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
RHYTHM = Rhythm(beat_s=50.0, alone_s=50.0, answer_s=10.0, retries_s=(10.0,))


@dataclass(eq=False)
class Line:
    """A link whose broker confirms, hangs or is away, as the test says."""

    name: str
    log: list[str]
    does: str = "confirms"
    connected: bool = True
    published: list[bytes] = field(default_factory=list)

    async def publish(self, _topic: str, payload: bytes, *, timeout_s: float, **_: Any) -> None:  # noqa: ANN401
        self.log.append(f"{self.name} {self.does}")
        if self.does == "is away":
            raise LinkDown("gone")
        if self.does == "hangs":
            await asyncio.sleep(timeout_s)
            raise PublishTimeout("no confirmation")
        self.published.append(payload)

    def redial(self, _reason: str) -> None:
        self.log.append(f"{self.name} is dialled anew")

    def hurry(self) -> None:
        self.log.append(f"{self.name} hurries")


class Home:
    """A channel over two lines."""

    def __init__(self, *names: str) -> None:
        self.log: list[str] = []
        self.lines = {name: Line(name, self.log) for name in names or (MAIN, SPARE)}
        clock_s = asyncio.get_running_loop().time
        paths = [Path(line, Topics(home="h", path=name), RHYTHM, 0.0) for name, line in self.lines.items()]  # type: ignore[arg-type]
        self.paths = Paths(paths, clock_s)
        briefs = Briefs(BedInfo(bed_code="B", resident="测试"), ZoneInfo("Asia/Shanghai"))
        self.channel = StationChannel(self.paths, b"k" * 32, briefs=briefs, now=lambda: NOW)

    async def send(self, severity: Severity = Severity.EMERGENCY, **changes: Any) -> str:  # noqa: ANN401 - any field
        facts = {"attempt": 1, "state": DeliveryState.DUE} | changes
        delivery = Delivery(
            id="d1",
            alert_key="k",
            contact="驿站",
            channel="station",
            severity=severity,
            revision=1,
            due_at=NOW,
            **facts,
        )
        return await self.channel.send(delivery, alert(severity))


def alert(severity: Severity) -> Alert:
    return Alert(
        key="k", kind=AlertKind.EMERGENCY, severity=severity, subject="sos", state=AlertState.OPEN, since=NOW,
        opened_at=NOW, reason="pressed", last_at=NOW, updated_at=NOW, called_from=NOW,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station, "HEDGE_S", 0.05)
    monkeypatch.setattr(station, "CONFIRM_S", 0.2)


async def test_an_emergency_whose_receipt_comes_takes_one_path_only():
    home = Home()
    sending = asyncio.create_task(home.send())
    await asyncio.sleep(0.01)
    home.paths.receipted(home.paths.all[MAIN], "d1")
    assert await sending == ""
    assert home.log == ["main confirms"]
    assert home.paths.all[MAIN].state.heard, "a receipt proves the path as well as an answer does"


async def test_an_emergency_without_a_receipt_takes_both_paths_and_the_first_one_is_doubted():
    home = Home()
    await home.send()
    assert home.log == ["main confirms", "spare confirms"]
    assert [path.state.good for path in home.paths] == [False, True]


async def test_a_half_open_path_costs_an_emergency_no_more_than_the_hedge():
    home = Home()
    home.lines[MAIN].does = "hangs"
    clock = asyncio.get_running_loop().time
    began = clock()
    await home.send()
    assert clock() - began < 0.15
    assert home.log == ["main hangs", "spare confirms"]
    home.log.clear()
    await home.send()
    assert home.log[0] == "spare confirms", "the doubtful path is not tried first again"


async def test_what_is_no_emergency_changes_over_when_the_broker_does_not_confirm():
    home = Home()
    home.lines[MAIN].does = "hangs"
    await home.send(Severity.FAULT)
    assert home.log == ["main hangs", "main is dialled anew", "spare confirms"]
    home.log.clear()
    await home.send(Severity.FAULT)
    assert home.log == ["spare confirms"]


async def test_a_path_that_is_down_costs_nothing():
    home = Home()
    home.lines[MAIN].connected, home.lines[MAIN].does = False, "is away"
    await home.send(Severity.WARNING)
    assert home.log == ["spare confirms"]
    await home.send(Severity.EMERGENCY)
    assert home.log == ["spare confirms", "main hurries", "spare confirms"]


async def test_an_unreceipted_delivery_takes_the_other_path_next_time():
    home = Home()
    await home.send(Severity.WARNING, state=DeliveryState.SENT, attempt=2)
    assert home.log == ["spare confirms"]
    await home.send(Severity.WARNING, state=DeliveryState.SENT, attempt=3)
    assert home.log == ["spare confirms", "main confirms"]


async def test_a_dead_station_is_not_told_twice_by_the_path_that_costs():
    home = Home()
    await home.send()
    home.paths.doubt(home.paths.all[SPARE])
    home.log.clear()
    await home.send(state=DeliveryState.SENT, attempt=2)
    assert home.log == ["main confirms"], "neither path answers, so the cheap one is used"


async def test_when_no_path_takes_it_the_failure_is_told():
    home = Home()
    for line in home.lines.values():
        line.connected, line.does = False, "is away"
    with pytest.raises(SendFailed, match="link_down: gone"):
        await home.send()
    assert home.log == ["main hurries", "spare hurries", "main is away", "spare is away"]


async def test_with_both_dead_in_different_ways_it_fails_and_is_tried_again():
    home = Home()
    home.lines[MAIN].does, home.lines[SPARE].does = "hangs", "is away"
    with pytest.raises(SendFailed, match="timeout: no confirmation"):
        await home.send()


async def test_a_slow_first_path_still_counts_when_the_second_fails():
    home = Home()
    home.lines[SPARE].does = "is away"
    assert await home.send() == ""
    assert home.log == ["main confirms", "spare is away"]


async def test_a_send_that_is_no_longer_wanted_stops_at_once():
    home = Home()
    home.lines[MAIN].does = home.lines[SPARE].does = "hangs"
    sending = asyncio.create_task(home.send())
    await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await asyncio.sleep(0.1)
    assert home.log == ["main hangs"]


async def test_one_path_alone_serves_as_before():
    home = Home(MAIN)
    assert await home.send() == ""
    assert home.log == ["main confirms"]
