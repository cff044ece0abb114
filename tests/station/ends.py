"""A station's desk on a real store, and the home's end of the wire beside it, both in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from alerts.brief import BedInfo, brief
from alerts.model import Alert, AlertKind, AlertState, Severity
from alerts.station.desk import Desk
from alerts.station.store import Store, open_store
from alerts.wire import AlertMessage, Decision, Heartbeat, Receipt, Topics, seal, unseal

if TYPE_CHECKING:
    from alerts.station.settings import StationSettings

SECRET = b"a secret of thirty-two bytes ...."
START = datetime(2026, 3, 1, 2, 0, 0, tzinfo=UTC)
BED = BedInfo(
    bed_code="HD-0417",
    resident="王秀英",
    birth_year=1941,
    illnesses=("高血压", "糖尿病"),
    address="新城区海拉尔大街 12 号 3 单元 402",
    how_to_enter="钥匙在楼下老李家(301)",
    phone="0471-0000000",
    rooms={"bath": "卫生间"},
    devices={"sos": "床头按钮"},
)


def press(key: str = "emergency:sos/1", **changes: Any) -> Alert:  # noqa: ANN401 - fields of Alert
    """An alert as the home opens it."""
    alert = Alert(
        key=key,
        kind=AlertKind.EMERGENCY,
        severity=Severity.EMERGENCY,
        subject="sos",
        state=AlertState.OPEN,
        since=START,
        opened_at=START,
        reason="pressed",
        device="sos",
        evidence={"room": "bath"},
        last_at=START,
        updated_at=START,
        called_from=START,
    )
    return replace(alert, **changes)


@dataclass(slots=True)
class HomeEnd:
    """What a home says and understands."""

    home: str = "home-001"
    secret: bytes = SECRET
    beats: int = 0

    @property
    def topics(self) -> Topics:
        return Topics(home=self.home)

    def tells(self, delivery: str, alert: Alert, *, test: bool = False) -> tuple[str, bytes]:
        zone = ZoneInfo("Asia/Shanghai")
        message = AlertMessage(
            delivery_id=delivery,
            sent_at=START,
            alert=alert,
            bed=BED,
            brief_zh=brief(alert, BED, language="zh", timezone=zone),
            brief_en=brief(alert, BED, language="en", timezone=zone),
            test=test,
        )
        return self.says(self.topics.alert, message)

    def beats_at(self, at: datetime, **changes: Any) -> tuple[str, bytes]:  # noqa: ANN401 - fields of Heartbeat
        self.beats += 1
        beat = Heartbeat(at=at, sequence=self.beats, uptime_s=1.0, healthy=True, live_alerts=0, version="0.1.0")
        return self.says(self.topics.heartbeat, replace(beat, **changes))

    def says(self, topic: str, body: Any) -> tuple[str, bytes]:  # noqa: ANN401 - any message
        return topic, seal(body, topic, self.secret)

    def receipt(self, packet: tuple[str, bytes]) -> Receipt:
        assert packet[0] == self.topics.receipt
        return unseal(Receipt, *packet, self.secret)

    def decision(self, packet: tuple[str, bytes]) -> Decision:
        assert packet[0] == self.topics.decision
        return unseal(Decision, *packet, self.secret)


@dataclass(slots=True)
class StationEnd:
    """A desk whose clock the test moves."""

    settings: StationSettings
    secrets: dict[str, bytes]
    at: datetime = START
    store: Store = field(init=False)
    desk: Desk = field(init=False)

    async def open(self) -> None:
        self.store = await open_store(self.settings.store)
        self.desk = Desk(self.store, self.settings, self.secrets, lambda: self.at)

    async def restart(self) -> None:
        await self.store.close()
        await self.open()

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def rows(self, query: str) -> list[Any]:
        return await self.store.run(lambda db: [tuple(row) for row in db.execute(query).fetchall()])
