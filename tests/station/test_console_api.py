"""The console's HTTP side without a broker: who may do what, and what is said to those who may not."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import uvicorn

from alerts.station.console import HEADERS, _pictures, build_console
from alerts.station.signin import COOKIE, TRIES, WAIT_S, SignIn
from tests.station.station_process import PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from alerts.model import Alert
    from tests.station.ends import HomeEnd, StationEnd


class Clock:
    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.text)


@dataclass(slots=True)
class Client:
    """Asks, and has the whole answer."""

    session: aiohttp.ClientSession
    address: str

    @property
    def cookie(self) -> str:
        return next(each.value for each in self.session.cookie_jar if each.key == COOKIE)

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, **more: Any) -> Answer:  # noqa: ANN401 - aiohttp's
        return await self.ask("POST", path, **more)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:  # noqa: ANN401 - aiohttp's
        async with self.session.request(method, self.address + path, **more) as answer:
            return Answer(answer.status, answer.headers, await answer.text())


@pytest.fixture
async def client(station: StationEnd, clock: Clock) -> AsyncIterator[Client]:
    app = build_console(station.desk, SignIn(station.settings.staff, b"k" * 32), clock)
    sock = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Client(session, f"http://127.0.0.1:{sock.getsockname()[1]}")
    server.should_exit = True
    await serving


async def log_in(client: Client, password: str = PASSWORD, name: str = "李护士") -> Answer:
    return await client.post("/api/login", json={"name": name, "password": password})


async def test_nothing_is_told_to_strangers(client: Client) -> None:
    for path in ("/api/alerts", "/api/homes", "/api/stream", "/api/statistics"):
        assert (await client.get(path)).status_code == 401
    assert (await client.post("/api/alerts/1/decision", json={"action": "acknowledged"})).status_code == 401
    page = await client.get("/")
    assert 'name="password"' in page.text
    assert "王秀英" not in page.text


async def test_the_cookie_is_strict_and_ends_with_the_password(client: Client, station: StationEnd) -> None:
    answer = await log_in(client)
    assert answer.status_code == 200
    flags = answer.headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=strict" in flags
    assert (await client.get("/api/homes")).status_code == 200
    cookie = client.cookie
    assert SignIn(station.settings.staff, b"k" * 32).who(cookie) == "李护士"
    assert SignIn(station.settings.staff, b"x" * 32).who(cookie) is None
    assert SignIn({"李护士": "another hash"}, b"k" * 32).who(cookie) is None
    assert SignIn({}, b"k" * 32).who(cookie) is None
    for forged in ("", "x", cookie[:-1], cookie + "x", "...."):
        assert SignIn(station.settings.staff, b"k" * 32).who(forged) is None


async def test_guessing_is_slowed_down_and_then_allowed_again(client: Client, clock: Clock) -> None:
    for _ in range(TRIES):
        assert (await log_in(client, "guess")).status_code == 401
    answer = await log_in(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert (await log_in(client, name="王师傅")).status_code == 200, "others are not locked out"
    clock.at_s += WAIT_S
    assert (await log_in(client)).status_code == 200
    assert (await log_in(client, name="nobody")).status_code == 401


async def test_a_person_acts_on_an_alert(
    client: Client, station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    assert len(await station.desk.hear([home.tells("d1", press("key/with:odd%2Fcharacters"))])) == 1, (
        station.desk.refused
    )
    await log_in(client)
    (alert,) = (await client.get("/api/alerts?live=1")).json()["alerts"]
    assert alert["alert_key"] == "key/with:odd%2Fcharacters"
    path = f"/api/alerts/{alert['id']}/decision"
    assert (await client.post(path, json={"action": "acknowledged", "revision": 1})).status_code == 200
    second = await client.post(path, json={"action": "acknowledged"})
    assert (second.status_code, second.json()) == (
        409,
        {"reason": "already_taken", "zh": "李护士 已接警", "en": "李护士 has already taken it"},
    )
    assert (await client.post("/api/alerts/99/decision", json={"action": "attended"})).status_code == 404
    done = await client.post(path, json={"action": "closed", "outcome": "false_alarm", "note": " 碰到了 "})
    assert done.status_code == 200
    assert (await client.get("/api/alerts?live=1")).json()["alerts"] == []
    (closed,) = (await client.get("/api/alerts?live=0")).json()["alerts"]
    assert (closed["outcome"], closed["note"], closed["by"]) == ("false_alarm", "碰到了", "李护士")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"action":"cancelled"}', b'{"action":"closed","outcome":"x"}', b'{"action":1}',
     b'{"action":"closed","note":"' + b"x" * 2000 + b'"}', b'{"action":"attended","revision":1e400}',
     b'{"action":"attended","extra":1}', b'{"action":"closed","outcome":"false_alarm","cause":"ghosts"}'],
)  # fmt: skip
async def test_a_bad_body_is_refused(client: Client, body: bytes) -> None:
    await log_in(client)
    answer = await client.post("/api/alerts/1/decision", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}


async def test_somebody_sets_out_and_a_false_alarm_has_a_cause(
    client: Client, station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    await log_in(client)
    path = "/api/alerts/1/decision"
    assert (await client.post(path, json={"action": "set_out", "revision": 1})).status_code == 200
    again = await client.post(path, json={"action": "set_out"})
    assert (again.status_code, again.json()["zh"]) == (409, "李护士 已出发")
    wrong = {"action": "closed", "outcome": "true_alarm", "cause": "pet"}
    assert (await client.post(path, json=wrong)).json()["reason"] == "no_false_alarm"
    assert (await client.post(path, json={**wrong, "outcome": "false_alarm"})).status_code == 200
    month = (await client.get("/api/statistics?month=2026-03")).json()
    assert (month["outcomes"], month["causes"]) == ({"false_alarm": 1}, {"pet": 1})
    for nonsense in ("2026-13", "1999-01", "x", "2026-3"):
        assert (await client.get(f"/api/statistics?month={nonsense}")).status_code == 422


async def test_a_form_of_another_site_cannot_act(client: Client) -> None:
    await log_in(client)
    answer = await client.post(
        "/api/alerts/1/decision", data=b'{"action":"attended"}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 422


async def test_every_answer_is_strict(client: Client) -> None:
    for path in ("/", "/static/console.css", "/health", "/metrics", "/api/homes", "/nowhere"):
        answer = await client.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


async def test_health_says_what_is_wrong(client: Client, station: StationEnd) -> None:
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["broker"]) == (503, "not connected yet")
    station.desk.link_state = (True, "connected")
    assert (await client.get("/health")).json() == {"healthy": True, "broker": "connected", "store": "ok"}
    station.desk.store_trouble = "database or disk is full"
    assert (await client.get("/health")).status_code == 503
    assert "shouwang_station_live_alerts 0.0" in (await client.get("/metrics")).text


async def test_a_disk_that_refuses_is_said_to_the_person(
    client: Client, station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    await log_in(client)
    await station.rows("PRAGMA query_only = 1")
    answer = await client.post("/api/alerts/1/decision", json={"action": "acknowledged"})
    assert (answer.status_code, answer.json()["reason"]) == (503, "store")
    assert len((await client.get("/api/alerts")).json()["alerts"]) == 1, "what is known can still be read"


async def test_the_stream_shows_the_whole_picture_at_once_and_after_each_change(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    pictures: Any = _pictures(station.desk)
    first = await anext(pictures)
    assert first.startswith('event: picture\ndata: {"now": "2026-03-01T02:00:00+00:00", "alerts": []')
    coming = asyncio.ensure_future(anext(pictures))
    await asyncio.sleep(0)
    await station.desk.hear([home.tells("d1", press())])
    assert '"alert_key": "emergency:sos/1"' in await asyncio.wait_for(coming, 2)
    station.desk.board.close()
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(pictures), 2)
