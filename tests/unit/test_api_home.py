"""The API over real HTTP against a home that holds still: every endpoint, to the value."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.model import AlertKind, AlertState
from gateway.web.view import DecisionRefusedError, Health
from tests.fake_home import NOW, FakeHome, at, pressed
from tests.served_home import BEARER, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

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


async def test_health_says_in_a_word_whether_anybody_keeps_watch(client: aiohttp.ClientSession, home: FakeHome) -> None:
    for now, status, told in (
        (Health(watching=True), 200, {"state": "ok", "reasons": []}),
        (Health(watching=True, troubles=("disk",)), 200, {"state": "degraded", "reasons": ["disk"]}),
        (Health(watching=False, troubles=("broker_down",)), 503, {"state": "not_watching", "reasons": ["broker_down"]}),
    ):
        home.now_health = now
        async with client.get("/health") as answer:
            assert (answer.status, await answer.json()) == (status, told)


async def test_an_answer_does_not_wait_for_a_delayed_acknowledgement(client: aiohttp.ClientSession) -> None:
    loop, took = asyncio.get_running_loop(), []
    for _ in range(30):
        begun = loop.time()
        async with client.get("/health") as answer:
            await answer.read()
        took.append(loop.time() - begun)
    assert sorted(took)[15] < 0.03  # Linux delays an acknowledgement by 40 ms


async def test_status_tells_everything_that_one_glance_needs(client: aiohttp.ClientSession, home: FakeHome) -> None:
    home.known = [pressed()]
    status, told = await get(client, "/status")
    assert status == 200
    assert told["at"] == "2026-11-22T03:05:00Z"
    assert told["presence"] == {
        "place": "home", "since": "2026-11-22T01:41:00Z", "evidence": "sign_indoors", "confidence": "sure",
    }  # fmt: skip
    assert told["last_sign"] == {"at": "2026-11-22T03:02:00Z", "room": "厨房", "device": "厨房人体感应"}
    assert (told["silent_for_s"], told["inactivity_limit_s"]) == (180.0, 14_400.0)
    assert told["watch"][1] == {"name": "station", "ok": True, "since": "2026-11-22T02:24:00Z", "detail": ""}
    assert told["devices"][1] == {
        "id": "pendant", "name": "随身按钮", "room": "", "role": "sos", "mains": False,
        "last_heard": "2026-11-22T03:02:00Z", "battery_percent": 9.0, "battery_low": True, "ok": True, "weak": "",
    }  # fmt: skip
    assert [(alert["key"], alert["state"]) for alert in told["live"]] == [(KEY, "open")]
    assert told["trends"] == [
        {
            "name": "night_trips", "week": 3.0, "before": 1.0, "change": "more",
            "sentence": {
                "zh": "每夜起来：这周 3.0 次，之前四周 1.0 次（夜间起夜增多）",
                "en": "Up at night: 3.0 times this week, 1.0 before (up more often at night)",
            },
        }
    ]  # fmt: skip
    covered = told["coverage"]
    assert (covered["longest_s"], covered["spots"][0]["begins"], covered["at_door_s"]) == (86_400.0, "6:00", 86_400.0)
    assert covered["todo"] == [{"todo": "battery", "what": "客厅人体感应"}]
    assert [(spot["room"], spot["longest_s"], spot["cause"]) for spot in covered["spots"]] == [
        ("客厅", 86_400.0, "taken_for_out"), ("厨房", 43_230.0, "silence"),
        ("卧室", 36_030.0, "silence"), ("卫生间", 60.0, "radar"),
    ]  # fmt: skip
    assert covered["sentence"]["zh"] == (
        "6:00 前后倒在客厅，最长 1 天后才会有人知道：客厅里没有传感器看得到老人，大门一动，就可能被当成外出。"
        " 请换“客厅人体感应”的电池。"
    )


async def test_alerts_come_newest_first_with_their_brief_in_both_languages(
    client: aiohttp.ClientSession, home: FakeHome
) -> None:
    closed = pressed(key="older", state=AlertState.CLOSED, opened_at=at(8))
    home.known = [closed, pressed()]
    status, told = await get(client, "/alerts?limit=7")
    assert (status, [alert["key"] for alert in told]) == (200, [KEY, "older"])
    assert told[0]["brief"]["zh"] == {
        "title": "紧急呼叫 · 张秀英 · NM-0471",
        "sentence": "张秀英老人（82 岁，床位 NM-0471）上午 11:02 在卫生间按了紧急呼叫（卫生间拉绳）。",
        "lines": [
            "地址：呼和浩特市新城区海拉尔东街 12 号院 3 单元 502",
            "进门：对门王姨有钥匙，电话 0471-5550188",
            "回电：0471-5550123",
            "病史：高血压、糖尿病、中度失能",
        ],
    }
    assert told[0]["brief"]["en"]["title"] == "Emergency call · 张秀英 · NM-0471"
    assert (told[0]["kind"], told[0]["count"], told[0]["outcome"]) == ("emergency", 1, None)
    _, told = await get(client, "/alerts?live=true")
    assert [alert["key"] for alert in told] == [KEY]
    assert home.asked == [("alerts", False, 7), ("alerts", True, 100)]


async def test_the_timeline_gives_the_asked_stretch(client: aiohttp.ClientSession, home: FakeHome) -> None:
    status, told = await get(client, "/timeline?since=2026-11-22T08:00:00%2B08:00&until=2026-11-22T00:12:00Z&limit=2")
    assert status == 200
    closed = {"source": "reading", "kind": "contact", "value": False, "room": "门厅", "device": "大门门磁"}
    away = {"source": "presence", "kind": "away", "value": "", "room": "", "device": ""}
    assert told == [{"at": "2026-11-22T00:11:00Z", **line} for line in (closed, away)]
    await get(client, "/timeline")
    assert home.asked[-1] == ("timeline", NOW - timedelta(days=1), NOW, 500)


async def test_refusals_tell_the_installer_what_was_wrong(client: aiohttp.ClientSession) -> None:
    assert await get(client, "/refusals?limit=5") == (
        200,
        [
            {
                "at": "2026-11-22T02:58:00Z",
                "reason": "not_json",
                "topic": "zigbee2mqtt/旧按钮",
                "detail": "消息不是 JSON:请核对这个设备的设置 / not JSON: check the settings of this device",
                "count": 3,
            }
        ],
    )


async def test_metrics_are_given_as_prometheus_reads_them(client: aiohttp.ClientSession) -> None:
    async with client.get("/metrics", headers=BEARER) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "# TYPE shouwang_commits_total counter" in await answer.text()


async def test_a_program_takes_an_alert_whose_key_holds_slashes(client: aiohttp.ClientSession, home: FakeHome) -> None:
    home.known = [pressed()]
    body = {"key": KEY, "by": " 女儿小丽 ", "note": "马上到"}
    async with client.post("/alerts/acknowledge", json=body, headers=BEARER) as answer:
        told = await answer.json()
    assert (answer.status, told["state"], told["by"], told["note"]) == (200, "acknowledged", "女儿小丽", "马上到")
    assert home.asked == [("decide", KEY, "acknowledge", "女儿小丽", None, "马上到")]


async def test_a_program_must_say_who_takes_it(client: aiohttp.ClientSession, home: FakeHome) -> None:
    home.known = [pressed()]
    async with client.post("/alerts/acknowledge", json={"key": KEY}, headers=BEARER) as answer:
        assert (answer.status, (await answer.json())["error"]) == (422, "no_name")


async def test_an_unknown_alert_is_404_and_a_forbidden_step_409(client: aiohttp.ClientSession, home: FakeHome) -> None:
    body = {"key": "gone", "by": "小丽"}
    async with client.post("/alerts/acknowledge", json=body, headers=BEARER) as answer:
        assert (answer.status, await answer.json()) == (
            404,
            {
                "error": "unknown_alert",
                "sentence_zh": "没有这条告警，请刷新页面再看。",
                "sentence_en": "There is no such alert: reload and look again.",
            },
        )
    home.refuse = DecisionRefusedError("already_closed", sentence_zh="已经办结。", sentence_en="It is closed.")
    async with client.post("/alerts/acknowledge", json=body, headers=BEARER) as answer:
        assert (answer.status, await answer.json()) == (
            409,
            {"error": "already_closed", "sentence_zh": "已经办结。", "sentence_en": "It is closed."},
        )


async def events(
    client: aiohttp.ClientSession, count: int, after_first: Callable[[], Awaitable[None]] | None = None
) -> list[tuple[str, dict[str, int]]]:
    told: list[tuple[str, dict[str, int]]] = []
    async with client.get("/events", headers=BEARER) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        name = ""
        async for line in answer.content:
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            if line.startswith(b"data: "):
                told.append((name, json.loads(line[6:])))
                if len(told) == 1 and after_first is not None:
                    await after_first()
            if len(told) == count:
                break
    return told


async def test_the_page_is_told_of_changes_as_they_come(client: aiohttp.ClientSession, home: FakeHome) -> None:
    told = await events(client, 2, home.tell)
    assert told == [("changed", {"revision": 1}), ("changed", {"revision": 2})]


async def test_a_quiet_box_still_says_that_it_lives(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.ALIVE_S", 0.05)
    monkeypatch.setattr("gateway.api.PACE_S", 0.01)
    assert await events(client, 3) == [
        ("changed", {"revision": 1}),
        ("alive", {"revision": 1}),
        ("alive", {"revision": 1}),
    ]


async def test_the_server_ends_at_once_though_a_page_is_listening(home: FakeHome) -> None:
    loop = asyncio.get_running_loop()
    async with served(home) as client:
        answer = await client.get("/events", headers=BEARER)
        await answer.content.readany()
        begun = loop.time()
    assert loop.time() - begun < 1.5
    answer.close()  # or the collector finds its connection, in whichever test comes next


async def test_the_interface_description_lists_every_path(client: aiohttp.ClientSession) -> None:
    async with client.get("/openapi.json") as answer:
        told = await answer.json()
    assert told["openapi"].startswith("3.1")
    assert {(path, *methods) for path, methods in told["paths"].items()} == {
        ("/health", "get"), ("/status", "get"), ("/timeline", "get"), ("/alerts", "get"), ("/refusals", "get"),
        ("/metrics", "get"), ("/events", "get"), ("/alerts/acknowledge", "post"),
        ("/trial", "post", "get"), ("/trial/plan", "get"), ("/trial/arm", "post"), ("/trial/answer", "post"),
        ("/trial/end", "post"),
    }  # fmt: skip
    for methods in told["paths"].values():
        for operation in methods.values():
            assert operation["description"]
    assert set(told["components"]["securitySchemes"]) == {"token", "login"}
    assert set(told["paths"]["/alerts/acknowledge"]["post"]["responses"]) == {"200", "401", "403", "404", "409", "422"}
    assert told["components"]["schemas"]["Acknowledgement"]["examples"][0]["by"] == "女儿小丽"


async def test_silence_and_outings_are_told_plainly(client: aiohttp.ClientSession, home: FakeHome) -> None:
    presence = replace(home.shown.presence, place="away")
    home.shown = replace(home.shown, presence=presence, inactivity_limit_s=None, silent_for_s=0.0, last_sign=None)
    _, told = await get(client, "/status")
    assert (told["presence"]["place"], told["inactivity_limit_s"], told["last_sign"]) == ("away", None, None)


async def test_an_alert_of_any_kind_can_be_shown(client: aiohttp.ClientSession, home: FakeHome) -> None:
    home.known = [pressed(key=kind.value, kind=kind, reason="of a later version") for kind in AlertKind]
    _, told = await get(client, "/alerts")
    assert {alert["kind"] for alert in told} == {kind.value for kind in AlertKind}
