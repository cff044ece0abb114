"""A home that the API and the page can show: one morning of 22 November 2026 in Hohhot, held still."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.brief import BedInfo
from alerts.model import LIVE_STATES, Alert, AlertKind, AlertState, Severity
from gateway.web.coverage_view import CoverageSeen, SpotSeen, TodoSeen
from gateway.web.trial_view import TrialRefusedError
from gateway.web.view import (
    DecisionRefusedError,
    DeviceSeen,
    Happening,
    Health,
    Part,
    PresenceSeen,
    RefusalSeen,
    SignOfLife,
    Status,
    TrendSeen,
    UnknownAlertError,
)

if TYPE_CHECKING:
    from alerts.model import Outcome
    from gateway.trial_run import Run
    from gateway.web.view import Action

HOHHOT = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 3, 5, tzinfo=UTC)  # 11:05 in the home
BED = BedInfo(
    bed_code="NM-0471",
    resident="张秀英",
    birth_year=1944,
    ability_level=2,
    illnesses=("高血压", "糖尿病"),
    address="呼和浩特市新城区海拉尔东街 12 号院 3 单元 502",
    how_to_enter="对门王姨有钥匙，电话 0471-5550188",
    phone="0471-5550123",
    rooms={"bath": "卫生间", "kitchen": "厨房", "bedroom": "卧室", "hall": "门厅", "living": "客厅"},
    devices={"cord": "卫生间拉绳", "kitchen_pir": "厨房人体感应"},
)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of the day, by the clock of the home."""
    return datetime(2026, 11, 22, hour, minute, tzinfo=HOHHOT).astimezone(UTC)


def pressed(**fields: object) -> Alert:
    """A press of the bathroom cord at 11:02."""
    alert = Alert(
        key="emergency/cord/2026-11-22T03:02:00+00:00",
        kind=AlertKind.EMERGENCY,
        severity=Severity.EMERGENCY,
        subject="resident",
        state=AlertState.OPEN,
        since=at(11, 2),
        opened_at=at(11, 2),
        reason="pressed",
        device="cord",
        evidence={"device": "cord", "room": "bath", "press": "cord"},
        last_at=at(11, 2),
        updated_at=at(11, 2),
        called_from=at(11, 2),
    )
    return replace(alert, **fields)  # type: ignore[arg-type]


def device(device_id: str, name: str, room: str, role: str, **fields: object) -> DeviceSeen:
    """A device in good order, last heard three minutes ago."""
    seen = DeviceSeen(
        id=device_id, name=name, room=room, role=role, mains=False, last_heard=NOW - timedelta(minutes=3),
        battery_percent=87.0, battery_low=False, ok=True,
    )  # fmt: skip
    return replace(seen, **fields)  # type: ignore[arg-type]


DEVICES = (
    device("cord", "卫生间拉绳", "卫生间", "sos"),
    device("pendant", "随身按钮", "", "sos", battery_percent=9.0, battery_low=True),
    device("radar", "跌倒雷达", "卧室", "fall", mains=True, battery_percent=None),
    device("door", "大门门磁", "门厅", "entrance", battery_percent=64.0),
    device("kitchen_pir", "厨房人体感应", "厨房", "motion"),
    device("living_pir", "客厅人体感应", "客厅", "motion", ok=False, last_heard=NOW - timedelta(hours=26)),
    device("bed_strap", "床垫传感器", "卧室", "bed", battery_percent=None),
)

DAY = (
    Happening(at=at(0), source="presence", kind="asleep"),
    Happening(at=at(0), source="reading", kind="bed", value=True, room="卧室", device="床垫传感器"),
    Happening(at=at(2, 40), source="reading", kind="bed", value=False, room="卧室", device="床垫传感器"),
    Happening(at=at(2, 41), source="reading", kind="motion", value=True, room="卫生间", device="卫生间人体感应"),
    Happening(at=at(2, 52), source="reading", kind="bed", value=True, room="卧室", device="床垫传感器"),
    Happening(at=at(6, 30), source="reading", kind="bed", value=False, room="卧室", device="床垫传感器"),
    Happening(at=at(6, 30), source="presence", kind="home"),
    *(
        Happening(
            at=at(6, 35 + minute), source="reading", kind="motion", value=True, room="厨房", device="厨房人体感应"
        )
        for minute in (0, 4, 9, 15, 21)
    ),
    Happening(at=at(7, 40), source="reading", kind="activity", value="flush", room="卫生间", device="马桶"),
    Happening(at=at(8, 10), source="reading", kind="contact", value=True, room="门厅", device="大门门磁"),
    Happening(at=at(8, 11), source="reading", kind="contact", value=False, room="门厅", device="大门门磁"),
    Happening(at=at(8, 11), source="presence", kind="away"),
    Happening(at=at(9, 40), source="reading", kind="contact", value=True, room="门厅", device="大门门磁"),
    Happening(at=at(9, 41), source="presence", kind="home"),
    *(
        Happening(
            at=at(9, 45 + minute), source="reading", kind="motion", value=True, room="客厅", device="客厅人体感应"
        )
        for minute in (0, 2, 13)
    ),
    Happening(at=at(10, 20), source="watch", kind="station", value=False),
    Happening(at=at(10, 24), source="watch", kind="station", value=True),
    Happening(at=at(11, 2), source="reading", kind="motion", value=True, room="厨房", device="厨房人体感应"),
)

FLOOR_H = (12, 12, 11, 10, 9, 8, *[4] * 14, 12, 12, 12, 12)
COVERAGE = CoverageSeen(
    longest_s=86_400.0,
    in_order_s=43_230.0,
    limit_s=45_000.0,
    at_door_s=86_400.0,
    todo=(TodoSeen(todo="battery", what="客厅人体感应"),),
    spots=(
        SpotSeen(
            room="客厅", in_bed=False, longest_s=86_400.0, begins="6:00", cause="taken_for_out",
            hours_s=(*(hours * 3600.0 for hours in FLOOR_H[:6]), *[86_400.0] * 16, *[43_200.0] * 2),
        ),
        SpotSeen(
            room="厨房", in_bed=False, longest_s=43_230.0, begins="0:00", cause="silence",
            hours_s=tuple(hours * 3600.0 + 30.0 * (hours == 12) for hours in FLOOR_H),
        ),
        SpotSeen(room="卧室", in_bed=True, longest_s=36_030.0, begins="", cause="silence", hours_s=(36_030.0,) * 24),
        SpotSeen(room="卫生间", in_bed=False, longest_s=60.0, begins="", cause="radar", hours_s=(60.0,) * 24),
    ),
)  # fmt: skip

COVERAGE = replace(COVERAGE, impaired=COVERAGE.spots[0])  # its sensor is silent

STATUS = Status(
    trends=(TrendSeen(name="night_trips", week=3.0, before=1.0, change="more"),),
    at=NOW,
    presence=PresenceSeen(place="home", since=at(9, 41), evidence="sign_indoors"),
    last_sign=SignOfLife(at=at(11, 2), room="厨房", device="厨房人体感应"),
    silent_for_s=180.0,
    inactivity_limit_s=14_400.0,
    watch=(
        Part(name="broker", ok=True, since=at(0)),
        Part(name="station", ok=True, since=at(10, 24)),
        Part(name="store", ok=True, since=at(0)),
        Part(name="clock", ok=True),
    ),
    devices=DEVICES,
    live=(),
    coverage=COVERAGE,
)

REFUSED = (
    RefusalSeen(
        at=at(10, 58), reason="not_json", topic="zigbee2mqtt/旧按钮",
        detail="消息不是 JSON:请核对这个设备的设置 / not JSON: check the settings of this device", count=3,
    ),
)  # fmt: skip


class FakeTrials:
    """No test goes on, and none may begin."""

    devices: tuple[str, ...] = ("cord", "pendant")
    contacts: tuple[tuple[str, tuple[str, ...]], ...] = (("女儿", ("call", "sms")),)
    patience_s: tuple[float, float] = (60.0, 60.0)
    proved_at: datetime | None = None
    due_at: datetime | None = None

    def __init__(self) -> None:
        self.runs: list[Run] = []

    async def begin(self, *, by: str, contact: str) -> Run:
        """Refused."""
        raise TrialRefusedError("trial_running")

    async def look(self, seen: int, wait_s: float) -> tuple[int, Run]:
        """Refused."""
        raise TrialRefusedError("no_trial")

    async def arm(self, device: str) -> Run:
        """Refused."""
        raise TrialRefusedError("no_trial")

    async def answer(self, press_key: str, *, was_test: bool) -> Run:
        """Refused."""
        raise TrialRefusedError("no_trial")

    async def end(self) -> Run:
        """Refused."""
        raise TrialRefusedError("no_trial")

    async def past(self, limit: int) -> list[Run]:
        """As given."""
        return self.runs[:limit]


class FakeHome:
    """Shows what it is given, and remembers what was asked of it."""

    def __init__(self) -> None:
        self.bed = BED
        self.timezone = HOHHOT
        self.shown = STATUS
        self.known: list[Alert] = []
        self.happened = list(DAY)
        self.refused = list(REFUSED)
        self.now_health = Health(watching=True)
        self.trials = FakeTrials()
        self.asked: list[tuple[object, ...]] = []
        self.refuse: DecisionRefusedError | None = None
        self._revision = 1
        self._news = asyncio.Condition()

    def status(self) -> Status:
        """As given, with the alerts that live."""
        return replace(self.shown, live=tuple(alert for alert in self.known if alert.state in LIVE_STATES))

    def health(self) -> Health:
        """As given."""
        return self.now_health

    async def changed(self, seen: int) -> int:
        """Waits for `tell`."""
        async with self._news:
            await self._news.wait_for(lambda: self._revision > seen)
            return self._revision

    async def tell(self) -> None:
        """Says that there is something new to show."""
        async with self._news:
            self._revision += 1
            self._news.notify_all()

    async def timeline(self, *, since: datetime, until: datetime, limit: int) -> list[Happening]:
        """Of the day above."""
        self.asked.append(("timeline", since, until, limit))
        return [h for h in self.happened if since <= h.at < until][-limit:]

    async def alerts(self, *, live: bool, limit: int) -> list[Alert]:
        """Newest first."""
        self.asked.append(("alerts", live, limit))
        chosen = [alert for alert in self.known if alert.state in LIVE_STATES or not live]
        return sorted(chosen, key=lambda alert: alert.opened_at, reverse=True)[:limit]

    async def decide(self, key: str, action: Action, *, by: str, outcome: Outcome | None, note: str) -> Alert:
        """Takes the alert, unless told to refuse."""
        self.asked.append(("decide", key, action, by, outcome, note))
        if self.refuse is not None:
            raise self.refuse
        for index, alert in enumerate(self.known):
            if alert.key == key:
                taken = replace(
                    alert, state=AlertState.ACKNOWLEDGED, by=by, note=note, acknowledged_at=NOW, updated_at=NOW,
                    revision=alert.revision + 1,
                )  # fmt: skip
                self.known[index] = taken
                await self.tell()
                return taken
        raise UnknownAlertError(key)

    async def refusals(self, limit: int) -> list[RefusalSeen]:
        """As given."""
        self.asked.append(("refusals", limit))
        return self.refused[:limit]
