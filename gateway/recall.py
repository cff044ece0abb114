"""What the box remembers, read back: by the start, the page and the replay. Never writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import aiosqlite

from gateway import rows
from gateway.batch import Confirmed, Refused, Snapshot, columns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from alerts.model import Alert, Delivery
    from devices.reading import Reading
    from gateway.path_tests import PathTest
    from gateway.trial_run import Run

_SELECT_ALERTS = f"SELECT {columns(rows.ALERT_COLUMNS)} FROM alerts"
_SELECT_DELIVERIES = f"SELECT {columns(rows.DELIVERY_COLUMNS)} FROM deliveries"
_SELECT_READINGS = f"SELECT {columns(rows.READING_COLUMNS)} FROM readings"

LOOKED_BACK = 5_000
"""Readings among which messages that the broker may say again are looked for. Source: our choice: five seconds of
readings without a packet id at 1,000/s, more than passes between a commit and its acknowledgement."""

PATH_TESTS = 500
"""Daily tests that are read back at the start: those of a fortnight, for a home that has many paths and all of them
fail."""


class Recall:
    """A reading connection of its own, so that a page that reads never makes a press wait."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open an existing store for reading.

        Raises:
            sqlite3.Error: if there is no such file or it is no database.
        """
        return cls(await aiosqlite.connect(f"file:{path}?mode=ro", uri=True))

    async def reopen(self, path: Path) -> None:
        """Read from another file from now on: the store's was replaced."""
        before, self._connection = self._connection, await aiosqlite.connect(f"file:{path}?mode=ro", uri=True)
        await before.close()

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def live_alerts(self) -> list[Alert]:
        """Give the alerts that still live, oldest first."""
        where = "WHERE state NOT IN ('closed', 'cancelled') ORDER BY opened_at"
        return [rows.alert_of(r) for r in await self._all(f"{_SELECT_ALERTS} {where}")]

    async def alerts(self, limit: int) -> list[Alert]:
        """Give the newest alerts, newest first."""
        return [
            rows.alert_of(r) for r in await self._all(f"{_SELECT_ALERTS} ORDER BY opened_at DESC LIMIT ?", (limit,))
        ]

    async def alerts_since(self, since: datetime) -> list[Alert]:
        """Give the alerts that changed since a time, oldest first."""
        sql = f"{_SELECT_ALERTS} WHERE updated_at >= ? ORDER BY opened_at"
        return [rows.alert_of(r) for r in await self._all(sql, (rows.to_us(since),))]

    async def alerts_told(self, contact: str, since: datetime) -> list[Alert]:
        """Give the alerts that a contact was told of at the station, and that live or have changed since."""
        sql = f"""{_SELECT_ALERTS} WHERE (state NOT IN ('closed', 'cancelled') OR updated_at >= ?) AND EXISTS (
                  SELECT 1 FROM deliveries d WHERE d.alert_key = alerts.key AND d.contact = ? AND d.channel = 'station'
                  AND (d.attempt > 0 OR d.state = 'receipted')) ORDER BY opened_at"""
        return [rows.alert_of(r) for r in await self._all(sql, (rows.to_us(since), contact))]

    async def alerts_of(self, keys: Sequence[str]) -> list[Alert]:
        """Give the alerts of these keys."""
        marks = ",".join("?" * len(keys))
        return [rows.alert_of(r) for r in await self._all(f"{_SELECT_ALERTS} WHERE key IN ({marks})", keys)]

    async def history(self, alert_key: str) -> list[tuple[datetime, str | None, str, int, int, str]]:
        """Give an alert's steps, oldest first: at, from state, to state, revision, count, by."""
        sql = """SELECT at, from_state, to_state, revision, count, "by" FROM alert_history
                 WHERE alert_key = ? ORDER BY revision"""
        return [(rows.from_us(at), *rest) for at, *rest in await self._all(sql, (alert_key,))]

    async def applied(self) -> dict[str, str]:
        """Give every detection that was applied, with the alert it acted on."""
        return dict(await self._all("SELECT name, alert_key FROM applied"))

    async def announced(self, alert_key: str) -> set[str]:
        """Give the names of what was said at home of an alert."""
        sql = "SELECT name FROM announcements WHERE alert_key = ?"
        return {name for (name,) in await self._all(sql, (alert_key,))}

    async def under_way(self) -> list[Delivery]:
        """Give the deliveries that are due or sent without a receipt, by their due time."""
        sql = f"{_SELECT_DELIVERIES} WHERE state IN ('due', 'sent') ORDER BY due_at"
        return [rows.delivery_of(r) for r in await self._all(sql)]

    async def told_by(self, channel: str) -> list[tuple[Delivery, Alert]]:
        """Give what a channel has told of alerts that still want somebody, oldest first."""
        wanted = "SELECT key FROM alerts WHERE state IN ('open', 'returned')"
        sql = f"""{_SELECT_DELIVERIES} WHERE channel = ? AND state IN ('sent', 'receipted') AND alert_key IN ({wanted})
                  ORDER BY due_at"""
        told = [rows.delivery_of(r) for r in await self._all(sql, (channel,))]
        alerts = {alert.key: alert for alert in await self.alerts_of(sorted({d.alert_key for d in told}))}
        return [(delivery, alerts[delivery.alert_key]) for delivery in told]

    async def deliveries(self, alert_key: str) -> list[Delivery]:
        """Give every delivery of one alert, in the order of their due times."""
        sql = f"{_SELECT_DELIVERIES} WHERE alert_key = ? ORDER BY due_at, id"
        return [rows.delivery_of(r) for r in await self._all(sql, (alert_key,))]

    async def decisions(self) -> dict[str, str]:
        """Give every decision of the station's that was applied, with what was answered."""
        return dict(await self._all("SELECT id, answer FROM decisions"))

    async def snapshot(self) -> Snapshot | None:
        """Give the newest snapshot, if there is one."""
        found = await self._all("SELECT fingerprint, state, reading_id FROM snapshot")
        return Snapshot(fingerprint=found[0][0], state=found[0][1], reading_id=found[0][2]) if found else None

    async def starts(self) -> int:
        """Say how often the process has begun."""
        return int((await self._all("SELECT coalesce(max(id), 0) FROM starts"))[0][0])

    async def began_at(self) -> datetime | None:
        """Give when the watch began, or its oldest reading where older ones have been forgotten."""
        found = await self._all("SELECT id, at FROM readings ORDER BY id LIMIT 1")
        if found and found[0][0] > 1:
            return rows.from_us(found[0][1])
        starts = await self._all("SELECT min(at) FROM starts")
        times = [row[-1] for row in (*found, *starts) if row[-1] is not None]
        return rows.from_us(min(times)) if times else None

    async def newest_at(self) -> datetime | None:
        """Give the newest time that is stored: of a reading, or of an alert whose reading a damaged file has lost."""
        readings = await self._all("SELECT at FROM readings ORDER BY id DESC LIMIT 1")
        alerts = await self._all("SELECT max(updated_at) FROM alerts")
        known = [at for (at,) in (*readings, *alerts) if at is not None]
        return rows.from_us(max(known)) if known else None

    async def readings_after(self, reading_id: int) -> AsyncIterator[Reading]:
        """Yield the stored readings after this id in the order in which they were stored."""
        sql = f"{_SELECT_READINGS} WHERE id > ? ORDER BY id"
        async with self._connection.execute(sql, (reading_id,)) as cursor:
            while chunk := await cursor.fetchmany(2000):
                for row in chunk:
                    yield rows.reading_of(row)

    async def readings_since(self, since: datetime, limit: int) -> list[Reading]:
        """Give the readings since a time, oldest first, the newest `limit` of them.

        They are read backwards from the newest, since readings are stored in the order of their time.
        """
        sql = f"{_SELECT_READINGS} ORDER BY id DESC LIMIT ?"
        found = []
        async with self._connection.execute(sql, (limit,)) as cursor:
            async for row in cursor:
                if row[0] < rows.to_us(since):
                    break
                found.append(rows.reading_of(row))
        return found[::-1]

    async def last_messages(self, count: int) -> list[tuple[int, str, datetime]]:
        """Give packet id, origin and time of the newest messages, newest first, to know a redelivery again."""
        newest = "SELECT id, mid, origin, at FROM readings ORDER BY id DESC LIMIT ?"
        sql = f"SELECT mid, origin, at FROM ({newest}) WHERE mid IS NOT NULL ORDER BY id DESC LIMIT ?"
        return [(mid, origin, rows.from_us(at)) for mid, origin, at in await self._all(sql, (LOOKED_BACK, count))]

    async def paths(self) -> dict[str, Confirmed]:
        """Give the newest heartbeat that the station is known to have answered, by path."""
        found = await self._all("SELECT path, sequence, at FROM paths")
        return {path: Confirmed(sequence, rows.from_us(at)) for path, sequence, at in found}

    async def path_tests(self) -> list[PathTest]:
        """Give the latest daily tests of the paths, at most `PATH_TESTS` of them, oldest first."""
        sql = f"SELECT {columns(rows.PATH_TEST_COLUMNS)} FROM path_tests ORDER BY id DESC LIMIT ?"
        return [rows.path_test_of(row) for row in await self._all(sql, (PATH_TESTS,))][::-1]

    async def trials(self, limit: int) -> list[Run]:
        """Give the latest tests of the chain that ended, newest first."""
        found = await self._all("SELECT run FROM trials ORDER BY id DESC LIMIT ?", (limit,))
        return [rows.trial_of(run) for (run,) in found]

    async def refusals(self, limit: int) -> list[Refused]:
        """Give what was refused, newest first."""
        sql = "SELECT reason, topic, detail, count, first_at, last_at FROM refusals ORDER BY last_at DESC LIMIT ?"
        return [
            Refused(reason=r, topic=t, detail=d, count=c, first_at=rows.from_us(first), last_at=rows.from_us(last))
            for r, t, d, c, first, last in await self._all(sql, (limit,))
        ]

    async def _all(self, sql: str, parameters: Sequence[Any] = ()) -> Any:  # noqa: ANN401 - rows of any shape
        return await self._connection.execute_fetchall(sql, parameters)
