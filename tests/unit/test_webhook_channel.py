"""The webhook, against a real HTTP server: what is sent, and the name of everything that can go wrong."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web

from alerts.brief import BedInfo
from alerts.channels import webhook
from alerts.channels.briefs import Briefs
from alerts.channels.webhook import WebhookChannel
from alerts.dispatch import SendFailed
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

T0 = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
BED = BedInfo(
    bed_code="HD-0417",
    resident="王秀英",
    birth_year=1941,
    address="海拉尔大街 12 号",
    how_to_enter="钥匙在楼下",
    phone="0471-0000000",
    rooms={"bath": "卫生间"},
    devices={"sos": "床头按钮"},
)
ALERT = Alert(
    key="emergency:sos:1",
    kind=AlertKind.EMERGENCY,
    severity=Severity.EMERGENCY,
    subject="resident",
    state=AlertState.OPEN,
    since=T0,
    opened_at=T0,
    reason="pressed",
    device="sos",
    evidence={"device": "sos", "room": "bath"},
    count=2,
    last_at=T0 + timedelta(seconds=5),
    revision=2,
    updated_at=T0,
    called_from=T0,
)
ROW = Delivery(
    id="0123456789abcdef0123456789abcdef",
    alert_key=ALERT.key,
    contact="daughter",
    channel="webhook",
    severity=Severity.EMERGENCY,
    revision=2,
    attempt=3,
    due_at=T0,
)


@asynccontextmanager
async def server(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/hook"
    finally:
        await runner.cleanup()


async def sent(url: str, token: str = "") -> str:
    async with aiohttp.ClientSession() as session:
        return await WebhookChannel(session, url, token, Briefs(BED, ZoneInfo("Asia/Shanghai"))).send(ROW, ALERT)


async def test_it_says_who_where_why_and_in_both_languages():
    seen: list[tuple[web.Request, dict[str, Any]]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append((request, await request.json()))
        return web.Response(status=202)

    async with server(take) as url:
        assert await sent(url, token="secret") == "http 202"
    ((request, body),) = seen
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.headers["Idempotency-Key"] == body["delivery"] == ROW.id
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.content_type == "application/json"
    assert (body["v"], body["contact"], body["attempt"], body["reason"]) == (1, "daughter", 3, "pressed")
    assert body["test"] is False
    assert body["device"] == {"id": "sos", "name": "床头按钮"}
    assert body["bed"] == {
        "code": "HD-0417",
        "resident": "王秀英",
        "address": "海拉尔大街 12 号",
        "phone": "0471-0000000",
    }
    assert body["alert"] == {
        "key": "emergency:sos:1",
        "kind": "emergency",
        "severity": "emergency",
        "state": "open",
        "since": "2026-03-01T02:00:00+00:00",
        "opened_at": "2026-03-01T02:00:00+00:00",
        "count": 2,
        "last_at": "2026-03-01T02:00:05+00:00",
        "revision": 2,
        "by": "",
        "set_out_at": None,
        "outcome": None,
        "cause": None,
        "evidence": {"device": "sos", "room": "bath"},
    }
    assert "紧急呼叫" in body["brief"]["zh"]["title"]
    assert "王秀英" in body["brief"]["zh"]["sentence"]
    assert "Emergency call" in body["brief"]["en"]["title"]


async def test_without_a_token_nothing_is_claimed():
    async def take(request: web.Request) -> web.Response:
        return web.Response(status=400 if "Authorization" in request.headers else 200)

    async with server(take) as url:
        assert await sent(url) == "http 200"


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_is_a_receipt(status: int):
    async def take(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with server(take) as url:
        assert await sent(url) == f"http {status}"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 503])
async def test_anything_else_is_refused_and_no_redirect_is_followed(status: int):
    visited: list[str] = []

    async def take(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with server(take) as url:
        with pytest.raises(SendFailed, match=f"the receiver answered {status} instead of 2xx") as failed:
            await sent(url)
    assert failed.value.reason == "refused"
    assert visited == ["/hook"]


async def test_a_receiver_that_hangs_is_a_timeout(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.1)

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async with server(hang) as url:
        with pytest.raises(SendFailed, match="no answer within") as failed:
            await sent(url)
    assert failed.value.reason == "timeout"


async def test_an_answer_that_never_ends_is_a_timeout(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.2)

    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x")
            await asyncio.sleep(0.05)

    async with server(drip) as url:
        with pytest.raises(SendFailed) as failed:
            await sent(url)
    assert failed.value.reason == "timeout"


async def _closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


async def _babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("talks", [_closes, _babbles])
async def test_a_receiver_that_speaks_no_http_is_unreachable(
    talks: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
):
    listener = await asyncio.start_server(talks, "127.0.0.1", free_port())
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(SendFailed) as failed:
            await sent(f"http://127.0.0.1:{port}/")
    assert failed.value.reason == "unreachable"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://no-such-host.invalid/", "http://"])
async def test_nobody_there_is_unreachable(url: str):
    with pytest.raises(SendFailed) as failed:
        await sent(url.format(port=free_port()))
    assert failed.value.reason == "unreachable"


async def test_a_refused_delivery_is_repeated_with_the_same_key():
    keys: list[str] = []

    async def take(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        return web.Response(status=500 if len(keys) < 2 else 200)

    async with server(take) as url:
        with pytest.raises(SendFailed):
            await sent(url)
        assert await sent(url) == "http 200"
    assert keys == [ROW.id, ROW.id]


async def probed(url: str, token: str = "") -> str:
    async with aiohttp.ClientSession() as session:
        return await WebhookChannel(session, url, token, Briefs(BED, ZoneInfo("Asia/Shanghai"))).probe()


@pytest.mark.parametrize("status", [200, 204, 301, 405])
async def test_the_daily_test_asks_and_tells_nobody_anything(status: int):
    asked: list[tuple[str, str, bytes]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.headers["Authorization"], await request.read()))
        return web.Response(status=status)

    async with server(answer) as url:
        assert await probed(url, "secret") == f"http {status} to OPTIONS"
    assert asked == [("OPTIONS", "Bearer secret", b"")]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 503])
async def test_the_daily_test_fails_where_an_alert_would(status: int):
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with server(answer) as url:
        with pytest.raises(SendFailed, match=f"refused: the receiver answered {status} to OPTIONS"):
            await probed(url)


async def test_the_daily_test_of_a_receiver_that_is_away_says_so():
    with pytest.raises(SendFailed, match="unreachable"):
        await probed(f"http://127.0.0.1:{free_port()}/hook")
