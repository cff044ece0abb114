"""A telephone of ours with real parts: baresip for us, sipp for the operator."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts import lifecycle
from alerts.brief import BedInfo
from alerts.channels.hotline_call import PATIENCE, CallChannel, Callee
from alerts.channels.telephone import child, sound, voice
from alerts.channels.telephone.call_words import OF_THIS_HOME, RECORDABLE, Caller, whole_brief
from alerts.channels.telephone.carrier import Telephone
from alerts.channels.telephone.sound import RATE_HZ
from alerts.channels.telephone.trunk import Trunk
from alerts.dispatch import SendFailed
from alerts.lifecycle import Step
from alerts.model import Alert, AlertKind, Delivery, Detection, Outcome, Phase, Severity
from tests.mosquitto_broker import mosquitto_factory
from tests.sipp_operator import Ear, Operator, operators

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from alerts.channels.telephone.voice import Spoken

__all__ = ["mosquitto_factory"]

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

    async def fails(self, alert: Alert | None = None) -> tuple[str, float | None]:
        """Call, which must fail; give the reason and the pause."""
        with pytest.raises(SendFailed) as failed:
            await self.call(alert)
        return failed.value.reason, failed.value.retry_s

    async def spoken_once(self) -> Spoken:
        return await self.telephone.voice.say(whole_brief(pressed(), Caller(bed=BED, timezone=CHINA), again=False))

    def baresip(self) -> Process:
        running = self.telephone.lines[0]._child
        assert running is not None
        return running._process

    def kill_baresip(self) -> None:
        self.baresip().kill()

    def warning(self) -> Alert:
        return pressed(Severity.WARNING)

    def closed_alert(self) -> Alert:
        return lifecycle.decide(pressed(), Step.CLOSED, by="张敏", at=T0, outcome=Outcome.TRUE_ALARM).alert


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear = await Ear().open()
    yield ear
    ear.close()
    await asyncio.sleep(0)  # the loop closes the socket in its next turn


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short recording of every phrase."""
    folder = tmp_path_factory.mktemp("clips")
    noise = np.random.default_rng(1).normal(0, 0.1, RATE_HZ // 10).astype(np.float32)
    for name in (*RECORDABLE, *OF_THIS_HOME):
        sound.write(folder / f"{name}.wav", noise)
    return folder


@pytest.fixture
def clips(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recordings, said without gaps."""
    monkeypatch.setattr(voice, "GAP_S", 0.02)
    return recorded


class Lossy(asyncio.DatagramProtocol):
    """Carries voice to an ear, and loses one packet in ten by a seeded rule; what the ear sends goes back whole."""

    def __init__(self, ear: Ear) -> None:
        self.dice = random.Random(7)  # noqa: S311 - a rule that can be repeated
        self.ear = ear
        self.transport: asyncio.DatagramTransport | None = None
        self.caller: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        to = ("127.0.0.1", self.ear.port)
        if addr == to:
            to = self.caller or addr
        else:
            self.caller = addr
        if self.dice.random() >= 0.1:
            self.transport.sendto(data, to)


@pytest.fixture
async def relay() -> AsyncIterator[Callable[[Ear], Awaitable[int]]]:
    """Open a port that leads to an ear and loses one packet in ten, either way."""
    opened: list[asyncio.BaseTransport] = []

    async def open_relay(ear: Ear) -> int:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Lossy(ear), local_addr=("127.0.0.1", 0))
        opened.append(transport)
        return int(transport.get_extra_info("sockname")[1])

    yield open_relay
    for transport in opened:
        transport.close()
    await asyncio.sleep(0)


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
async def home(clips: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Home]]:
    """Make a home whose trunks are these ports, or these trunks, of 127.0.0.1."""
    monkeypatch.setattr(child, "QUIT_S", 0.1)
    running: list[asyncio.Task[None]] = []

    def make(*trunks: int | Trunk, **options: object) -> Home:
        accounts = [
            each
            if isinstance(each, Trunk)
            else Trunk(name=f"trunk-{each}", host="127.0.0.1", port=each, username="home", registers=False)
            for each in trunks
        ]
        options = {"recordings": clips, **options}
        patience = options.pop("patience", PATIENCE)
        callee = Callee(name="测试热线", number=str(options.pop("number", "test-hotline")))
        telephone = Telephone(accounts, troubled=lambda _: None, **options)  # type: ignore[arg-type]
        made: list[Home] = []

        async def taken(delivery: Delivery, by: str) -> str:
            made[0].taken_by.append(by)
            return by if made[0].has_it is None else made[0].has_it

        channel = CallChannel(
            telephone,
            callee,
            caller=Caller(bed=BED, timezone=CHINA),
            taken=taken,
            production=False,
            patience=patience,  # type: ignore[arg-type]
        )
        made.append(Home(telephone, channel))
        running.append(asyncio.create_task(telephone.run()))
        return made[0]

    yield make
    for task in running:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
