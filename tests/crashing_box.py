"""A whole gateway in one process whose memory can be thrown away at any commit, between two neighbours that survive.

The box is the real one: settings, store, watch, dispatcher, ingest and uplink as `gateway.app` joins them. Only the
sockets are replaced: `Broker` keeps what is not acknowledged and says it again with DUP and the same packet id, as a
broker does; `FarEnd` remembers what reached it. Time stands still while the box restarts.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from alerts.dispatch import Channel, SendFailed
from alerts.link import Message
from alerts.model import DeliveryState
from alerts.wire import MAIN, Action, Decision, DecisionReceipt, Receipt, Topics, seal, unseal
from config.settings import load
from gateway import wiring
from gateway.app import App
from gateway.recall import Recall
from gateway.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from alerts.model import Alert, Cause, Delivery, Outcome
    from config.settings import Settings
    from gateway.batch import Batch

T0 = datetime(2026, 11, 10, 0, 0, tzinfo=UTC)
"""Eight in the morning in Shanghai."""

SECRET = "0123456789abcdef0123456789abcdef"
ENV = {"KEY": SECRET}

HOME = """
[home]
id = "home-1"
[bed]
code = "B-1"
address = "测试路 1 号"
how_to_enter = "敲门"
[resident]
name = "测试"
birth_year = 1940
ability_level = 1
[station]
host = "127.0.0.1"
port = 1
secret = {{ env = "KEY" }}
[[ladder]]
contact = "station"
channels = ["station"]
after_s = 0
[[ladder]]
contact = "daughter"
channels = ["webhook"]
after_s = 60
severities = ["emergency", "warning"]
url = "http://127.0.0.1:1/hook"
[store]
path = "{store}"
[api]
enabled = false
[[rooms]]
id = "living"
name = "客厅"
kind = "living_room"
{devices}
[limits]
{limits}
"""

DEVICES = {
    "button": ("zigbee2mqtt", "sos", None),
    "flag": ("zigbee2mqtt", "sos", None),
    "door": ("zigbee2mqtt", "entrance", None),
    "motion": ("zigbee2mqtt", "motion", None),
    "smoke": ("zigbee2mqtt", "hazard", None),
    "pendant": ("native", "sos", 600),
    "radar": ("native", "fall", 900),
    "strap": ("native", "bed", 900),
}
"""Device → dialect, role and report interval in seconds."""


def settings_of(folder: Path, **limits: float) -> Settings:
    """A home with a device for every detector, a station and a daughter."""
    devices = ""
    for name, (dialect, role, interval_s) in DEVICES.items():
        devices += f'[[devices]]\nid = "{name}"\ndialect = "{dialect}"\nrole = "{role}"\nname = "{name}"\n'
        devices += 'room = "living"\n' + (f"report_interval_s = {interval_s}\n" if interval_s else "")
    folder.mkdir(exist_ok=True)
    path = folder / "home.toml"
    said = "".join(f"{name} = {value}\n" for name, value in limits.items())
    path.write_text(HOME.format(store=folder / "store.db", devices=devices, limits=said), "utf-8")
    return load(path, ENV)


class Crash(Exception):
    """The power went."""


class CrashingStore(Store):
    """A store at whose commits the power may go, right before they are on disk or right after."""

    power: Power

    async def commit(self, batch: Batch) -> bool:
        if self.power.gone:
            raise Crash
        when = self.power.next()
        if when == "before":
            self.power.gone = True
            raise Crash
        durable = await super().commit(batch)
        if when == "after":
            self.power.gone = True
            raise Crash
        return durable


@dataclass(slots=True)
class Power:
    """Decides at each commit whether the power goes.

    Args:
        plan: number of the commit in all, and since the box last started → "before", "after" or "" for not at all.
    """

    plan: Callable[[int, int], str]
    commits: int = 0
    this_life: int = 0
    gone: bool = False

    def next(self) -> str:
        self.commits += 1
        self.this_life += 1
        return self.plan(self.commits - 1, self.this_life - 1)


@dataclass(slots=True)
class Broker:
    """Keeps every message until it is acknowledged, and says it again to whoever connects next."""

    kept: dict[int, Message] = field(default_factory=dict)
    hear: Callable[[Message], None] | None = None
    published: list[tuple[str, bytes]] = field(default_factory=list)
    epoch: int = 0
    connected: bool = True
    _mid: int = 0
    _said: set[int] = field(default_factory=set)

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._mid = self._mid % 65535 + 1
        message = Message(topic, payload, 1, retain, dup=False, mid=self._mid, epoch=self.epoch)
        self.kept[message.mid] = message
        if self.hear is not None:
            self._said.add(message.mid)
            self.hear(message)

    def connect(self, hear: Callable[[Message], None]) -> None:
        self.epoch += 1
        self.hear = hear
        for mid, message in list(self.kept.items()):
            self.kept[mid] = message._replace(dup=mid in self._said, epoch=self.epoch)
            self._said.add(mid)
            hear(self.kept[mid])

    # As `alerts.link.Link`

    def ack(self, message: Message) -> None:
        if message.epoch == self.epoch and self.hear is not None:
            self.kept.pop(message.mid, None)
            self._said.discard(message.mid)

    async def publish(self, topic: str, payload: bytes, **_: Any) -> None:  # noqa: ANN401 - QoS and the like
        self.published.append((topic, payload))

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()

    def hurry(self) -> None:
        pass

    def redial(self, reason: str) -> None:
        pass


@dataclass(slots=True)
class FarEnd:
    """Whom deliveries reach; the first try of some fails, and the station's receipt comes by its broker."""

    station: Broker
    reached: list[str] = field(default_factory=list)
    told: dict[str, Alert] = field(default_factory=dict)
    newest: dict[tuple[str, str], int] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    now: Callable[[], datetime] = lambda: T0
    unreachable: bool = False

    async def take(self, delivery: Delivery, alert: Alert, *, topic: str = "") -> str:
        await asyncio.sleep(0)
        fails = int(delivery.id[:2], 16) % 4 == 0 and delivery.id not in self.tried
        self.tried.add(delivery.id)
        if fails or self.unreachable:
            raise SendFailed("unreachable", "the line was down")
        self.reached.append(delivery.id)
        self.told[delivery.id] = alert
        name = (delivery.contact, alert.key)
        self.newest[name] = max(alert.revision, self.newest.get(name, 0))
        if not topic:
            return "http 200"
        receipt = Receipt(delivery_id=delivery.id, alert_key=alert.key, revision=alert.revision, stored_at=self.now())
        asyncio.get_running_loop().call_soon(self.station.say, topic, seal(receipt, topic, SECRET.encode()))
        return ""


@dataclass(slots=True)
class Way:
    """A channel to the far end."""

    far: FarEnd
    topic: str = ""

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        return await self.far.take(delivery, alert, topic=self.topic)


class Stopped:
    """The home's clock, moved by the test."""

    trusted, astray = True, False

    def __init__(self) -> None:
        self.at = T0

    def now(self) -> datetime:
        return self.at

    def check(self) -> float | None:
        return None


class Box:
    """A gateway between a home's broker and a station, started again whenever the power went."""

    def __init__(self, settings: Settings, plan: Callable[[int, int], str], patch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.power = Power(plan)
        self.clock = Stopped()
        self.home, self.station = Broker(), Broker()
        self.far = FarEnd(self.station, now=self.clock.now)
        self.crashes = 0
        self.boots: dict[str, tuple[int, int]] = {}
        self.decided = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._http: Any = object()
        assert settings.station is not None
        self.topics = Topics(prefix=settings.station.prefix, home=settings.home.id)
        patch.setattr(wiring, "home_link", lambda *_: self.home)
        patch.setattr(wiring, "station_link", lambda *_: self.station)
        ways: dict[tuple[str, str], Channel] = {
            ("station", "station"): Way(self.far, self.topics.receipt),
            ("daughter", "webhook"): Way(self.far),
        }
        patch.setattr(wiring, "outgoing", lambda *_: wiring.Outgoing(channels=ways))

    async def start(self) -> None:
        """Boots: opens the store, remembers, resumes the outbox, connects; again, if the power goes meanwhile."""
        while True:
            try:
                await self._boot()
            except Crash:
                self.crashes += 1
                await self._close()
            else:
                break
        runs = (self.app.watch.journal.run(), self.app.dispatcher.run(), self.app.uplink.run())
        self._tasks = [asyncio.create_task(run) for run in runs]
        await asyncio.sleep(0)
        self.home.connect(self.app._hear_home)
        self.station.connect(partial(self.app._hear_station, MAIN))

    async def _boot(self) -> None:
        self.power.gone, self.power.this_life = False, 0
        self.store = await CrashingStore.open(self.settings.store.path)
        self.store.power = self.power
        self.recall = await Recall.open(self.settings.store.path)
        self.app = App(self.settings, ENV, store=self.store, recall=self.recall, clock=self.clock)
        await self.app.assemble(self._http)

    async def stop(self) -> None:
        """Throws away everything that is not on disk."""
        self.power.gone = True
        self.home.hear = self.station.hear = None
        for task in self._tasks:
            task.cancel()
        try:
            for task in self._tasks:
                with suppress(asyncio.CancelledError, Crash):
                    await task
        finally:
            self._tasks = []
            await self._close()

    async def _close(self) -> None:
        self.store._backlog = []
        await self.recall.close()
        await self.store.close()

    async def settle(self) -> None:
        """Lets everything happen that happens at this moment, through as many crashes as are planned."""
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0)
            if self._tasks[0].done():
                self.crashes += 1
                await self.stop()
                await self.start()
            quiet = 0 if self._busy() else quiet + 1

    def _busy(self) -> bool:
        watch, lanes = self.app.watch, self.app.dispatcher._lanes.values()
        return watch.journal.busy or self.power.gone or any(lane.busy for lane in lanes)

    # What happens

    async def pass_to(self, at: datetime) -> None:
        """Time passes: what waits to share a commit has waited long enough, and deliveries due by then are sent."""
        while self.app.watch.journal.batch:
            self.app.watch.journal.commit_within(0.0)
            await self.settle()
        self.clock.at = at
        self.app.dispatcher.wake()
        await self.settle()

    async def tick(self) -> None:
        self.app.watch.tick(self.clock.at)
        self.app.dispatcher.wake()
        await self.settle()

    async def says(self, device: str, facts: dict[str, Any]) -> None:
        """A device speaks in its own dialect; native ones number their messages."""
        if DEVICES.get(device, ("zigbee2mqtt",))[0] != "native":
            await self.hears(f"zigbee2mqtt/{device}", json.dumps(facts).encode())
            return
        boot, number = self.boots.get(device, (1, 0))
        self.boots[device] = (boot, number + 1)
        kind = "heartbeat" if "uptime_s" in facts else "event"
        body = {"v": 1, "boot": boot, "seq": number + 1, **facts}
        await self.hears(f"shouwang/{device}/{kind}", json.dumps(body).encode())

    async def hears(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.home.say(topic, payload, retain=retain)
        await self.settle()

    async def decides(self, pick: int, action: Action, outcome: Outcome | None = None) -> None:
        """The station's staff decide on one of the live alerts, or on one that nobody knows."""
        live = sorted(self.app.watch.belief.alerts) or ["emergency:nobody"]
        await self.decides_on(live[pick % len(live)], action, outcome)

    async def decides_on(
        self, key: str, action: Action, outcome: Outcome | None = None, name: str = "", cause: Cause | None = None
    ) -> str:
        self.decided += 1
        decision_id = blake2b((name or str(self.decided)).encode(), digest_size=16).hexdigest()
        decision = Decision(
            id=decision_id,
            alert_key=key,
            revision=1,
            action=action,
            by="王",
            at=self.clock.at,
            outcome=outcome,
            cause=cause,
        )
        self.station.say(self.topics.decision, seal(decision, self.topics.decision, SECRET.encode()))
        await self.settle()
        return decision_id

    def answers(self) -> list[DecisionReceipt]:
        """What the home has answered to the station's decisions so far."""
        topic = self.topics.decision_receipt
        return [
            unseal(DecisionReceipt, topic, payload, SECRET.encode())
            for said, payload in self.station.published
            if said == topic
        ]

    # What came of it

    async def alerts(self) -> list[Alert]:
        return sorted(await self.recall.alerts(10_000), key=lambda alert: alert.key)

    async def deliveries(self) -> dict[str, DeliveryState]:
        rows = await self.store._writer.execute_fetchall("SELECT id, state FROM deliveries")
        return {row_id: DeliveryState(state) for row_id, state in rows}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)
