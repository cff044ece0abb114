"""Who may look and who may decide: cookies, tokens, other sites, and guessing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from tests.fake_home import FakeHome, pressed
from tests.served_home import BEARER, HASHED, PASSWORD, origin, served, sign_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

KEY = pressed().key
EVERYTHING = ["/status", "/timeline", "/alerts", "/refusals", "/metrics", "/events", "/", "/glance", "/installer"]


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


@pytest.mark.parametrize("path", EVERYTHING)
async def test_who_has_not_signed_in_gets_401_and_a_sentence(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        told = await answer.json()
    assert answer.status == 401
    assert told["error"] == "not_signed_in"
    assert told["sentence_zh"] == "请先登录，或在请求里带上令牌（Authorization: Bearer）。"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="shouwang"'


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic YTpi", "Bearer ключ".encode().decode("latin-1")])
async def test_a_wrong_token_is_401(client: aiohttp.ClientSession, header: str) -> None:
    async with client.get("/status", headers={"Authorization": header}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (401, "wrong_token")


async def test_without_a_token_in_the_settings_no_token_opens(home: FakeHome) -> None:
    async with served(home, token=None) as client:
        assert (await get(client, "/status"))[0] == 401


async def test_a_browser_that_has_not_signed_in_is_shown_the_login(client: aiohttp.ClientSession) -> None:
    async with client.get("/", headers={"Accept": "text/html"}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/login")


async def test_signing_in_gives_a_cookie_that_only_our_page_can_use(
    client: aiohttp.ClientSession, home: FakeHome
) -> None:
    home.known = [pressed()]
    answer = await sign_in(client)
    cookie = answer.headers["Set-Cookie"].lower()
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/", "max-age=2592000"))
    async with client.get("/status") as told:
        assert told.status == 200
    for foreign in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        async with client.post("/alerts/acknowledge", json={"key": KEY}, headers=foreign) as told:
            assert (told.status, (await told.json())["error"]) == (403, "foreign_origin")
    async with client.post("/alerts/acknowledge", json={"key": KEY}, headers=origin(client)) as told:
        assert (told.status, (await told.json())["by"]) == (200, "女儿小丽")


async def test_signing_out_takes_the_cookie_back(client: aiohttp.ClientSession) -> None:
    await sign_in(client)
    async with client.post("/logout", headers=origin(client), allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/login"
    async with client.get("/status") as answer:
        assert answer.status == 401


async def test_an_altered_cookie_opens_nothing(client: aiohttp.ClientSession) -> None:
    answer = await sign_in(client)
    value = answer.cookies["shouwang_session"].value
    for altered in (value[:-9] + ("A" if value[-9] != "A" else "B") + value[-8:], "", "x.y.z", "é"):
        client.cookie_jar.clear()
        async with client.get("/status", headers={"Cookie": f"shouwang_session={altered}"}) as told:
            assert told.status == 401


async def test_a_new_password_ends_the_sessions_of_the_old_one(home: FakeHome) -> None:
    async with served(home, secret_key=b"k" * 32) as client:
        cookie = (await sign_in(client)).cookies["shouwang_session"].value
    other = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("other")
    for hashed, status in ((HASHED, 200), (other, 401)):
        async with served(home, secret_key=b"k" * 32, password_hash=hashed) as client:
            answer = await client.get("/status", headers={"Cookie": f"shouwang_session={cookie}"})
            assert (answer.status, bool(await answer.read())) == (status, True)


async def test_the_sixth_wrong_password_is_429_even_if_the_next_is_right(client: aiohttp.ClientSession) -> None:
    statuses = [(await sign_in(client, "wrong")).status for _ in range(6)]
    assert statuses == [401, 401, 401, 401, 401, 429]
    answer = await sign_in(client)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "900")
    assert "密码错了太多次" in await answer.text()


async def test_a_right_password_forgives_the_wrong_ones_before(client: aiohttp.ClientSession) -> None:
    tries = ["wrong"] * 4 + [PASSWORD] + ["wrong"] * 5
    assert [(await sign_in(client, password)).status for password in tries] == [401] * 4 + [303] + [401] * 5


async def test_of_many_at_once_only_a_few_wait_for_the_costly_check(client: aiohttp.ClientSession) -> None:
    statuses = sorted([answer.status for answer in await asyncio.gather(*(sign_in(client, "wrong") for _ in range(9)))])
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 5


async def test_a_login_from_another_site_is_refused(client: aiohttp.ClientSession) -> None:
    answer = await sign_in(client, Origin="http://evil.example")
    assert (answer.status, (await answer.json())["error"]) == (403, "foreign_origin")


async def test_a_login_without_a_name_is_asked_for_one(client: aiohttp.ClientSession) -> None:
    form = {"name": " \n", "password": PASSWORD}
    async with client.post("/login", data=form, headers=origin(client)) as answer:
        assert (answer.status, "请写明是谁" in await answer.text()) == (422, True)


async def test_without_a_password_in_the_settings_the_login_says_what_to_do(home: FakeHome) -> None:
    async with served(home, password_hash=None) as client:
        answer = await sign_in(client)
        assert (answer.status, "password_hash" in await answer.text()) == (403, True)


async def test_a_broken_hash_in_the_settings_lets_nobody_in(home: FakeHome) -> None:
    async with served(home, password_hash="not a hash") as client:
        assert (await sign_in(client)).status == 401
