"""A telephone of ours with real parts: baresip for us, sipp for the operator."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts import lifecycle
from alerts.brief import BedInfo
from alerts.channels.briefs import Briefs
from alerts.channels.hotline_call import CallChannel, Callee
from alerts.channels.telephone.call_words import Caller
from alerts.channels.telephone.carrier import Telephone
from alerts.channels.telephone.trunk import Trunk
from alerts.model import Alert, AlertKind, Delivery, Detection, Phase, Severity
from tests.sipp_operator import Ear, Operator, operators

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

T0 = datetime(2026, 11, 22, 15, 5, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")
BED = BedInfo(
    bed_code="TEST-0417",
    resident="李秀兰",
    birth_year=1941,
    illnesses=("高血压",),
    address="测试市测试区幸福小区 3 号楼 2 单元 402",
    how_to_enter="钥匙在对门 401",
    phone="0471-5550417",
    rooms={"bedroom": "卧室"},
    devices={"button": "床头按钮"},
)


def pressed(severity: Severity = Severity.EMERGENCY) -> Alert:
    """An emergency call that nobody has taken."""
    found = Detection(
        key="emergency:button:1",
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=severity,
        subject="button",
        device="button",
        since=T0,
        at=T0,
        reason="pressed",
    )
    change = lifecycle.apply([], {}, found)
    assert change is not None
    return change.alert


def delivery_of(alert: Alert, **changes: object) -> Delivery:
    fields: dict[str, object] = {
        "id": "0" * 32,
        "alert_key": alert.key,
        "contact": "hotline",
        "channel": "call",
        "severity": alert.severity,
        "revision": alert.revision,
        "attempt": 1,
        "due_at": T0,
    }
    return Delivery(**(fields | changes))  # type: ignore[arg-type]


@dataclass(slots=True)
class Home:
    """A home with a telephone and one contact to call."""

    telephone: Telephone
    channel: CallChannel
    taken_by: list[str] = field(default_factory=list)
    has_it: str | None = None

    async def call(self, alert: Alert | None = None, **changes: object) -> str:
        alert = alert or pressed()
        return await self.channel.send(delivery_of(alert, **changes), alert)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear = await Ear().open()
    yield ear
    ear.close()
    await asyncio.sleep(0)  # the loop closes the socket in its next turn


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[Callable[..., Operator]]:
    """Start an operator who follows these steps."""
    with operators(tmp_path) as started:

        def start(*steps: str, **options: object) -> Operator:
            made = Operator(tmp_path, steps, **options)  # type: ignore[arg-type]
            started.append(made)
            made.start()
            return made

        yield start


@pytest.fixture
async def home() -> AsyncIterator[Callable[..., Home]]:
    """Make a home whose trunks are these ports, or these trunks, of 127.0.0.1."""
    running: list[asyncio.Task[None]] = []

    def make(*trunks: int | Trunk, **options: object) -> Home:
        accounts = [
            each
            if isinstance(each, Trunk)
            else Trunk(name=f"trunk-{each}", host="127.0.0.1", port=each, username="home", registers=False)
            for each in trunks
        ]
        telephone = Telephone(accounts, troubled=lambda _: None, **options)  # type: ignore[arg-type]
        made: list[Home] = []

        async def taken(delivery: Delivery, by: str) -> str:
            made[0].taken_by.append(by)
            return by if made[0].has_it is None else made[0].has_it

        channel = CallChannel(
            telephone,
            Callee(name="测试热线", number="test-hotline"),
            caller=Caller(bed=BED, timezone=CHINA),
            briefs=Briefs(BED, CHINA),
            taken=taken,
            production=False,
        )
        made.append(Home(telephone, channel))
        running.append(asyncio.create_task(telephone.run()))
        return made[0]

    yield make
    for task in running:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
