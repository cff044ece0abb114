"""The station's desk: what the homes say comes in, is stored, and only then receipted; what people decide goes out.

It knows no broker and no web server: packets are (topic, payload) pairs, so that both ends of the wire can be joined
in a test's memory. Whatever cannot be read is refused by a named reason, counted, and shown to the staff; the caller
acknowledges it to the broker all the same, since it would be no better the next time.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from alerts.durable.mended import TOLD
from alerts.model import Cause, Outcome
from alerts.station import decisions, rows, silence
from alerts.station.board import Board
from alerts.station.intake import Intake, Letter, Packet, Unreadable
from alerts.station.metrics import Metrics
from alerts.station.pulse import remembered_sign
from alerts.station.statistics import month_of, statistics
from alerts.station.view import alert_json, home_json
from alerts.wire import MAIN, PATHS, Action, Decision, Topics, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from sqlite3 import Connection, Row

    from alerts.station.listening import Sign
    from alerts.station.settings import StationSettings
    from alerts.station.store import Store

REMEMBERED_REFUSALS = 20
"""Refused messages that the console can show; enough to see which home is set up wrongly."""


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
        self._signs_of_life: list[Sign] = []
        self._store = store
        self._secrets = secrets
        self._intake = Intake(settings.broker.prefix, secrets)

    async def hear(self, packets: Sequence[Packet]) -> list[Packet]:
        """Takes what arrived; everything of it in one transaction.

        Args:
            packets: (topic, payload) pairs in the order of arrival; any bytes.

        Returns:
            The receipts, and the answers to heartbeats, to publish: what they speak of is on the disk.

        Raises:
            sqlite3.Error: nothing was stored; nothing may be acknowledged.
        """
        heard, at = list(self._readable(packets)), self.now()
        taken = await self._store.run(lambda db: self._intake.take(db, heard, at))
        for refusal in taken.refusals:
            self.refuse(*refusal)
        self.metrics.tellings.inc(len(taken.receipts))
        self.metrics.heartbeats.inc(taken.beats)
        self._signs_of_life += taken.alive
        if taken.news:
            self.board.changed()
        return [*taken.receipts, *taken.answers.items()]

    async def decide(  # noqa: PLR0913 - a decision is exactly these facts
        self,
        alert: int,
        action: Action,
        *,
        by: str,
        revision: int | None = None,
        outcome: Outcome | None = None,
        cause: Cause | None = None,
        note: str = "",
    ) -> None:
        """Writes down what a person did. Raises `decisions.RefusedError` when it cannot be done now."""
        decide = partial(decisions.decide, by=by, at=self.now(), revision=revision)
        await self._store.run(lambda db: decide(db, alert, action, outcome=outcome, cause=cause, note=note))
        self.metrics.decisions.labels(action).inc()
        self.board.changed()

    async def unsent(self) -> dict[str, Packet]:
        """The decisions that their homes have not receipted yet: decision id and path → packet."""
        spoken = {(row["home"], row["path"]) for row in await self._store.read(rows.paths)}
        return {
            f"{row['id']} {path}": self._seal(row, path)
            for row in await self._store.read(decisions.to_send)
            if row["home"] in self._secrets
            for path in PATHS
            if path == MAIN or (row["home"], path) in spoken
        }

    async def note_silence(self, home: str, since: datetime, path: str = "") -> None:
        """A home, or one of its paths, has been silent for too long. Raises sqlite3.Error when that is not stored."""
        at = self.now()
        if await self._store.run(lambda db: silence.raise_silence(db, home, path=path, since=since, at=at)):
            self.board.changed()

    async def tell_of_store(self, detail: str, since: datetime) -> None:
        """This store itself was damaged, or cannot be backed up. Raises sqlite3.Error when that cannot be stored."""
        at = self.now()
        if await self._store.run(lambda db: _raise_store_trouble(db, detail, since, at)):
            self.board.changed()

    async def live(self) -> list[dict[str, object]]:
        """The alerts that need a person, gravest and longest waiting first."""
        alerts = [self._alert(row) for row in await self._store.read(rows.live_alerts)]
        self.metrics.live_alerts.set(sum(not alert["test"] for alert in alerts))
        return sorted(alerts, key=lambda alert: str(alert["order"]))

    async def closed(self, limit: int) -> list[dict[str, object]]:
        """The alerts that were closed last."""
        return [self._alert(row) for row in await self._store.read(lambda db: rows.closed_alerts(db, limit))]

    async def statistics(self, month: str) -> dict[str, object]:
        """What the alerts closed in a month came to; "" for this month. Raises ValueError when it is no month."""
        zone = self.settings.zone
        chosen = month or month_of(self.now(), zone)
        return await self._store.read(lambda db: statistics(db, chosen, zone))

    async def prune(self) -> None:
        """Forgets what was closed before `keep_days`. Raises sqlite3.Error when the disk refuses."""
        before = self.now() - timedelta(days=self.settings.keep_days)
        await self._store.run(lambda db: rows.prune(db, before))

    async def homes(self) -> list[dict[str, object]]:
        """Every home of the settings, and when it was last heard."""
        known = {row["id"]: row for row in await self._store.read(rows.homes)}
        paths = await self._store.read(rows.paths)
        return [
            home_json(
                home,
                entry,
                known.get(home),
                [row for row in paths if row["home"] == home],
                self.settings.station_silence_s,
            )
            for home, entry in self.settings.homes.items()
        ]

    async def remembered_signs(self) -> list[Sign]:
        """The last sign of life of every path, which the store remembers."""
        return [remembered_sign(row) for row in await self._store.read(rows.paths)]

    def take_signs_of_life(self) -> list[Sign]:
        """The homes that were heard since the last call, and by which path."""
        heard, self._signs_of_life = self._signs_of_life, []
        return heard

    def refuse(self, home: str, reason: str, sentence: str) -> None:
        """Counts and remembers something that could not be taken."""
        self.metrics.refusals.labels(reason).inc()
        self.refused.append({"at": rows.stamp(self.now()), "home": home[:64], "reason": reason, "sentence": sentence})
        self.board.changed()

    def _readable(self, packets: Iterable[Packet]) -> Iterator[Letter]:
        for packet in packets:
            try:
                yield self._intake.read(packet)
            except Unreadable as bad:
                self.refuse(bad.home, bad.reason, bad.sentence)

    def _seal(self, row: Row, path: str) -> Packet:
        decision = Decision(
            id=row["id"],
            alert_key=row["alert_key"],
            revision=row["revision"],
            action=Action(row["action"]),
            by=row["by"],
            at=datetime.fromisoformat(row["at"]),
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            cause=Cause(row["cause"]) if row["cause"] else None,
            note=row["note"],
        )
        topic = Topics(prefix=self.settings.broker.prefix, home=row["home"], path=path).decision
        return topic, seal(decision, topic, self._secrets[row["home"]])

    def _alert(self, row: Row) -> dict[str, object]:
        return alert_json(row, self.settings.homes.get(row["home"]), self.settings.zone, self.now())


def _raise_store_trouble(db: Connection, detail: str, since: datetime, at: datetime) -> bool:
    db.execute(TOLD)
    return silence.raise_own(db, "", rows.RESTORED, subject=detail, since=since, at=at)
