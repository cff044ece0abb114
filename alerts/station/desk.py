"""The station's desk: what the homes say comes in, is stored, and only then receipted; what people decide goes out.

It knows no broker and no web server: packets are (topic, payload) pairs, so that both ends of the wire can be joined
in a test's memory. Whatever cannot be read is refused by a named reason, counted, and shown to the staff; the caller
acknowledges it to the broker all the same, since it would be no better the next time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import Outcome
from alerts.station import decisions, ledger, rows, silence
from alerts.station.board import Board
from alerts.station.metrics import Metrics
from alerts.station.view import alert_json, home_json
from alerts.wire import (
    Action,
    AlertMessage,
    Decision,
    DecisionReceipt,
    Heartbeat,
    Topics,
    WireError,
    home_of,
    seal,
    unseal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from sqlite3 import Connection, Row

    from alerts.station.settings import StationSettings
    from alerts.station.store import Store

REMEMBERED_REFUSALS = 20
"""Refused messages that the console can show; enough to see which home is set up wrongly."""

Packet = tuple[str, bytes]


class Heard(NamedTuple):
    """A packet that could be read."""

    home: str
    body: AlertMessage | Heartbeat | DecisionReceipt


@dataclass(slots=True)
class Taken:
    """What a batch came to.

    Args:
        receipts: to publish.
        refusals: (home, reason, sentence).
        alive: homes that said something new; a repetition is no sign of life, since anybody can repeat.
        news: the consoles have something to draw.
    """

    receipts: list[Packet]
    refusals: list[tuple[str, str, str]]
    alive: set[str]
    news: bool = False


class Desk:
    """The station without its broker and its web page.

    Args:
        store: open; the caller closes it.
        settings: which homes, which prefix, how much silence.
        secrets: home id → the key of its seal.
        now: the station's time, aware UTC.
    """

    def __init__(
        self, store: Store, settings: StationSettings, secrets: dict[str, bytes], now: Callable[[], datetime]
    ) -> None:
        self.settings = settings
        self.now = now
        self.board = Board()
        self.metrics = Metrics()
        self.refused: deque[dict[str, str]] = deque(maxlen=REMEMBERED_REFUSALS)
        self.link_state = (False, "not connected yet")
        self.store_trouble = ""
        self._signs_of_life: set[str] = set()
        self._store = store
        self._secrets = secrets
        self._kinds: dict[str, type[AlertMessage | Heartbeat | DecisionReceipt]] = {
            "alert": AlertMessage,
            "heartbeat": Heartbeat,
            "decision_receipt": DecisionReceipt,
        }

    async def hear(self, packets: Sequence[Packet]) -> list[Packet]:
        """Takes what arrived; everything of it in one transaction.

        Args:
            packets: (topic, payload) pairs in the order of arrival; any bytes.

        Returns:
            The receipts to publish: what they receipt is on the disk.

        Raises:
            sqlite3.Error: nothing was stored; nothing may be acknowledged.
        """
        heard = [each for each in map(self._read, packets) if each is not None]
        at = self.now()
        taken = await self._store.run(lambda db: self._take(db, heard, at))
        for refusal in taken.refusals:
            self.refuse(*refusal)
        self.metrics.tellings.inc(len(taken.receipts))
        self._signs_of_life |= taken.alive
        if taken.news:
            self.board.changed()
        return taken.receipts

    async def decide(  # noqa: PLR0913 - a decision is exactly these facts
        self,
        alert: int,
        action: Action,
        *,
        by: str,
        revision: int | None = None,
        outcome: Outcome | None = None,
        note: str = "",
    ) -> None:
        """Writes down what a person did. Raises `decisions.RefusedError` when it cannot be done now."""
        at = self.now()
        await self._store.run(
            lambda db: decisions.decide(db, alert, action, by=by, at=at, revision=revision, outcome=outcome, note=note)
        )
        self.metrics.decisions.labels(action).inc()
        self.board.changed()

    async def unsent(self) -> dict[str, Packet]:
        """The decisions that their homes have not receipted yet: decision id → packet."""
        return {
            row["id"]: self._seal(row)
            for row in await self._store.read(decisions.to_send)
            if row["home"] in self._secrets
        }

    async def note_silence(self, home: str, since: datetime) -> None:
        """A home has said nothing for too long. Raises sqlite3.Error when that cannot be stored."""
        at = self.now()
        if await self._store.run(lambda db: silence.raise_silence(db, home, since=since, at=at)):
            self.board.changed()

    async def live(self) -> list[dict[str, object]]:
        """The alerts that need a person, gravest and longest waiting first."""
        alerts = [self._alert(row) for row in await self._store.read(rows.live_alerts)]
        self.metrics.live_alerts.set(len(alerts))
        return sorted(alerts, key=lambda alert: str(alert["order"]))

    async def closed(self, limit: int) -> list[dict[str, object]]:
        """The alerts that were closed last."""
        return [self._alert(row) for row in await self._store.read(lambda db: rows.closed_alerts(db, limit))]

    async def homes(self) -> list[dict[str, object]]:
        """Every home of the settings, and when it was last heard."""
        known = {row["id"]: row for row in await self._store.read(rows.homes)}
        return [home_json(home, entry, known.get(home)) for home, entry in self.settings.homes.items()]

    def take_signs_of_life(self) -> set[str]:
        """The homes that were heard since the last call."""
        heard, self._signs_of_life = self._signs_of_life, set()
        return heard

    def refuse(self, home: str, reason: str, sentence: str) -> None:
        """Counts and remembers something that could not be taken."""
        self.metrics.refusals.labels(reason).inc()
        self.refused.append({"at": rows.stamp(self.now()), "home": home[:64], "reason": reason, "sentence": sentence})
        self.board.changed()

    def _read(self, packet: Packet) -> Heard | None:
        topic, payload = packet
        home = home_of(topic, self.settings.broker.prefix)
        secret, kind = self._secrets.get(home), self._kinds.get(topic.rpartition("/")[2])
        if secret is None or kind is None:
            self.refuse(home, "unknown_home" if secret is None else "unknown_topic", "add the home to the settings")
            return None
        try:
            return Heard(home, unseal(kind, topic, payload, secret))
        except WireError as error:
            self.refuse(home, error.reason, error.sentence)
            return None

    def _take(self, db: Connection, heard: list[Heard], at: datetime) -> Taken:
        taken = Taken([], [], set())
        for home, body in heard:
            if isinstance(body, AlertMessage):
                self._take_alert(db, home, body, at, taken)
            elif isinstance(body, Heartbeat):
                self._take_heartbeat(db, home, body, at, taken)
            else:
                self._take_receipt(db, home, body, at, taken)
        return taken

    def _take_alert(self, db: Connection, home: str, message: AlertMessage, at: datetime, taken: Taken) -> None:
        receipt = ledger.take_alert(db, home, message, at)
        topic = self._topics(home).receipt
        taken.receipts.append((topic, seal(receipt, topic, self._secrets[home])))
        if receipt.stored_at == at:
            taken.alive.add(home)
            taken.news = True

    def _take_heartbeat(self, db: Connection, home: str, heartbeat: Heartbeat, at: datetime, taken: Taken) -> None:
        fresh, ended_silence = ledger.take_heartbeat(db, home, heartbeat, at)
        taken.news |= ended_silence
        if fresh:
            taken.alive.add(home)
            self.metrics.heartbeats.inc()
        else:
            sentence = "a heartbeat no newer than the last: replayed, or two boxes with one id"
            taken.refusals.append((home, "stale_heartbeat", sentence))

    def _take_receipt(self, db: Connection, home: str, receipt: DecisionReceipt, at: datetime, taken: Taken) -> None:
        try:
            if decisions.take_receipt(db, home, receipt, at):
                taken.alive.add(home)
                taken.news = True
        except decisions.RefusedError as error:
            taken.refusals.append((home, error.reason, error.sentence_en))

    def _topics(self, home: str) -> Topics:
        return Topics(prefix=self.settings.broker.prefix, home=home)

    def _seal(self, row: Row) -> Packet:
        decision = Decision(
            id=row["id"],
            alert_key=row["alert_key"],
            revision=row["revision"],
            action=Action(row["action"]),
            by=row["by"],
            at=datetime.fromisoformat(row["at"]),
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            note=row["note"],
        )
        topic = self._topics(row["home"]).decision
        return topic, seal(decision, topic, self._secrets[row["home"]])

    def _alert(self, row: Row) -> dict[str, object]:
        return alert_json(row, self.settings.homes.get(row["home"]), self.settings.zone, self.now())
