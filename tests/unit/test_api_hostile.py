"""Bad questions get a named answer, never a 500."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_home import FakeHome, pressed
from tests.served_home import BEARER, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

KEY = pressed().key


@pytest.fixture
def home() -> FakeHome:
    return FakeHome()


@pytest.fixture
async def client(home: FakeHome) -> AsyncIterator[aiohttp.ClientSession]:
    async with served(home) as session:
        yield session


async def get(client: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, Any]:
    async with client.get(path, headers={**BEARER, **headers}, allow_redirects=False) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/alerts?limit=0", "query.limit: Input should be greater than or equal to 1"),
        ("/alerts?limit=1001", "query.limit: Input should be less than or equal to 1000"),
        ("/alerts?live=perhaps", "query.live: Input should be a valid boolean, unable to interpret input"),
        ("/timeline?since=2026-11-22T08:00:00", "query.since: Input should have timezone info"),
        ("/timeline?until=yesterday", "query.until: Input should be a valid datetime or date, input is too short"),
        ("/refusals?limit=many", "query.limit: Input should be a valid integer, unable to parse string as an integer"),
    ],
)
async def test_a_bad_question_is_422_and_names_the_field(client: aiohttp.ClientSession, path: str, fault: str) -> None:
    status, told = await get(client, path)
    assert (status, told["error"], told["faults"]) == (422, "bad_input", [fault])


async def test_a_store_that_cannot_be_read_has_a_named_answer(
    client: aiohttp.ClientSession, home: FakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def damaged(_home: FakeHome, **_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(FakeHome, "alerts", damaged)
    status, told = await get(client, "/alerts")
    assert (status, told["error"]) == (503, "store_unreadable")


@pytest.mark.parametrize(
    "query",
    ["since=2026-11-22T08:00:00Z&until=2026-11-22T08:00:00Z", "until=0001-01-01T00:00:00Z"],
)
async def test_a_stretch_that_ends_before_it_begins_is_refused(client: aiohttp.ClientSession, query: str) -> None:
    status, told = await get(client, f"/timeline?{query}")
    assert (status, told["error"]) == (422, "since_after_until")


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b"[" * 60_000,
    b'{"key": ' + b"1" * 60_000 + b"}",
    b'{"key": 5, "by": "x"}',
    b'{"key": NaN, "by": "x"}',
    b'{"key": "", "by": "x"}',
    b'{"key": "\\udfff", "by": "x"}',
    b'{"key": "k", "by": "\\ud800"}',
    b'{"key": "k", "by": "x\\u0000"}',
    b'{"key": "k", "by": "' + b"x" * 41 + b'"}',
    b'{"key": "k", "by": "x", "note": "' + b"n" * 501 + b'"}',
    b'{"key": "k", "by": "x", "surprise": 1}',
    b'{"\\ud800": 1}',
]


@pytest.mark.parametrize("body", HOSTILE)
async def test_a_hostile_body_is_422_with_a_sentence(client: aiohttp.ClientSession, body: bytes) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    async with client.post("/alerts/acknowledge", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]) == (422, "bad_input")


async def test_a_body_beyond_64_kib_or_of_unknown_length_is_not_read(client: aiohttp.ClientSession) -> None:
    async with client.post("/alerts/acknowledge", data=b"x" * 65_537, headers=BEARER) as answer:
        assert (answer.status, (await answer.json())["error"]) == (413, "too_large")

    async def endless() -> AsyncIterator[bytes]:
        yield b"{"

    async with client.post("/alerts/acknowledge", data=endless(), headers=BEARER) as answer:
        assert (answer.status, (await answer.json())["error"]) == (411, "no_length")


async def test_wrong_paths_and_methods_are_named(client: aiohttp.ClientSession) -> None:
    assert (await get(client, "/nowhere"))[1]["error"] == "not_found"
    assert (await get(client, "/static/../api.py"))[0] == 404
    async with client.delete("/alerts", headers=BEARER) as answer:
        assert (answer.status, (await answer.json())["error"], answer.headers["Allow"]) == (405, "wrong_method", "GET")
    async with client.get("/nowhere", headers={"Accept": "text/html"}) as answer:
        assert (answer.status, "没有这个页面" in await answer.text()) == (404, True)


async def test_every_answer_tells_browsers_to_trust_only_this_box(client: aiohttp.ClientSession) -> None:
    for path in ("/health", "/login", "/status", "/static/page.css"):
        async with client.get(path) as answer:
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; frame-ancestors 'none'")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert ("no-store" in answer.headers.get("Cache-Control", "")) is (not path.startswith("/static"))
            assert "Server" not in answer.headers
