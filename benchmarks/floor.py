"""The durable floor: the least that keeps an alert. aiomqtt, one aiosqlite row and commit per press, then a POST.

Usage: floor.py BROKER_PORT HOOK_PORT DATABASE. It judges nothing and stores no readings.
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp
import aiomqtt
import aiosqlite


async def main(broker: int, hook: int, database: str) -> None:
    """Forward presses until stopped."""
    db = await aiosqlite.connect(database)
    await db.execute("PRAGMA journal_mode = WAL")
    await db.execute("PRAGMA synchronous = FULL")
    await db.execute("CREATE TABLE IF NOT EXISTS alerts (id INTEGER PRIMARY KEY, body TEXT, sent INTEGER DEFAULT 0)")
    await db.commit()
    url = f"http://127.0.0.1:{hook}/hook"
    async with aiohttp.ClientSession() as http, aiomqtt.Client("127.0.0.1", broker) as client:
        await client.subscribe("zigbee2mqtt/#", qos=1)
        state: dict[str, object] = {}
        async for message in client.messages:
            body = json.loads(bytes(message.payload))
            state[str(message.topic)] = body
            if body.get("action") != "emergency":
                continue
            cursor = await db.execute("INSERT INTO alerts (body) VALUES (?)", (json.dumps(body),))
            await db.commit()
            async with http.post(url, json={"delivery": cursor.lastrowid, **body}) as answer:
                await answer.read()
            await db.execute("UPDATE alerts SET sent = 1 WHERE id = ?", (cursor.lastrowid,))
            await db.commit()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
