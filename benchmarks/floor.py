"""The durable floor: the least that keeps an alert. aiomqtt, one aiosqlite row and commit per press, then a POST.

Usage: floor.py BROKER_PORT HOOK_PORT DATABASE. It judges nothing and stores no readings. What could not be posted is
posted again at the start and every 2 s, as by the floor that the peers were measured against.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress

import aiohttp
import aiomqtt
import aiosqlite

RESEND_S = 2.0


class Floor:
    """The rows and the way out."""

    def __init__(self, db: aiosqlite.Connection, http: aiohttp.ClientSession, url: str) -> None:
        self._db, self._http, self._url = db, http, url
        self._under_way: set[int] = set()

    async def keep(self, body: dict[str, object]) -> None:
        """Commit a press, and post it."""
        cursor = await self._db.execute("INSERT INTO alerts (body) VALUES (?)", (json.dumps(body),))
        await self._db.commit()
        await self._post(int(cursor.lastrowid or 0), body)

    async def resend(self) -> None:
        """Post again what was never posted, until cancelled."""
        while True:
            for number, body in await self._db.execute_fetchall("SELECT id, body FROM alerts WHERE sent = 0"):
                await self._post(number, json.loads(body))
            await asyncio.sleep(RESEND_S)

    async def _post(self, number: int, body: dict[str, object]) -> None:
        if number in self._under_way:
            return
        self._under_way.add(number)
        with suppress(aiohttp.ClientError, OSError):  # it stays unsent, and is posted again
            async with self._http.post(self._url, json={"delivery": number, **body}) as answer:
                await answer.read()
            await self._db.execute("UPDATE alerts SET sent = 1 WHERE id = ?", (number,))
            await self._db.commit()
        self._under_way.discard(number)


async def main(broker: int, hook: int, database: str) -> None:
    """Forward presses until stopped."""
    db = await aiosqlite.connect(database)
    await db.execute("PRAGMA journal_mode = WAL")
    await db.execute("PRAGMA synchronous = FULL")
    await db.execute("CREATE TABLE IF NOT EXISTS alerts (id INTEGER PRIMARY KEY, body TEXT, sent INTEGER DEFAULT 0)")
    await db.commit()
    async with aiohttp.ClientSession() as http, aiomqtt.Client("127.0.0.1", broker) as client:
        floor = Floor(db, http, f"http://127.0.0.1:{hook}/hook")
        again = asyncio.create_task(floor.resend())
        await client.subscribe("zigbee2mqtt/#", qos=1)
        state: dict[str, object] = {}
        async for message in client.messages:
            body = json.loads(bytes(message.payload))
            state[str(message.topic)] = body
            if body.get("action") == "emergency":
                await floor.keep(body)
        again.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
