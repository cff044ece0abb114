"""A home served over real HTTP on a free port of 127.0.0.1, and a client that asks it."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from argon2 import PasswordHasher

from gateway.api import build_api, serve
from gateway.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fake_home import FakeHome

TOKEN = "a-token-for-programs"
PASSWORD = "枣园里 2026"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@asynccontextmanager
async def serving(home: FakeHome, **settings: str | bytes | None) -> AsyncIterator[str]:
    """Serves the home while the block runs; gives the address."""
    app = build_api(home, metrics=Metrics(), **{"password_hash": HASHED, "token": TOKEN, **settings})  # type: ignore[arg-type]
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, host="127.0.0.1", port=0, on_ready=ready.set_result))
    try:
        yield f"http://127.0.0.1:{await ready}"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def served(home: FakeHome, **settings: str | bytes | None) -> AsyncIterator[aiohttp.ClientSession]:
    """Serves the home, and gives a client that keeps its cookies."""
    jar = aiohttp.CookieJar(unsafe=True)  # keeps cookies of an address without a name
    async with serving(home, **settings) as address, aiohttp.ClientSession(address, cookie_jar=jar) as client:
        yield client


def origin(client: aiohttp.ClientSession) -> dict[str, str]:
    """What a browser says of where a request comes from, when it is our own page."""
    return {"Origin": str(client._base_url.origin())}  # type: ignore[union-attr]


async def sign_in(client: aiohttp.ClientSession, password: str = PASSWORD, **headers: str) -> aiohttp.ClientResponse:
    """Fills in the form of the login page."""
    form = {"name": "女儿小丽", "password": password}
    sent = {**origin(client), **headers}
    answer = await client.post("/login", data=form, headers=sent, allow_redirects=False)
    await answer.read()
    return answer
