"""By which wires a link leaves, what it does when names fail, and what two clients of one name do to each other."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
from typing import TYPE_CHECKING

from alerts import link
from alerts.link import Link, Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any

    import pytest

    Start = Callable[..., Any]


class Line:
    """A link, and what it said of itself."""

    def __init__(self, port: int, name: str = "line", host: str = "127.0.0.1", **settings: Any) -> None:  # noqa: ANN401
        self.states: list[tuple[bool, str]] = []
        self.link = Link(
            host=host,
            port=port,
            client_id=name,
            on_message=lambda _: None,
            on_state=lambda up, why: self.states.append((up, why)),
            **settings,
        )

    async def until(self, true: Callable[[], bool], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)

    @contextlib.asynccontextmanager
    async def trying(self) -> AsyncIterator[Line]:
        task = asyncio.create_task(self.link.run())
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_it_leaves_by_the_interface_and_the_address_it_was_given(mosquitto: Start):
    broker = mosquitto(options=("connection_messages true",))
    route = Route(interface="lo", address="127.0.0.7")
    async with Line(broker.port, route=route).trying() as line:
        await line.until(lambda: line.link.connected)
    assert re.search(r"New connection from 127\.0\.0\.7:\d+", broker.log())


async def test_an_interface_that_is_not_there_is_told(mosquitto: Start):
    async with Line(mosquitto().port, route=Route(interface="wwan99")).trying() as line:
        await line.until(lambda: bool(line.states))
        assert not line.states[0][0]
        assert line.states[0][1].endswith("[Errno 19] No such device")


async def test_when_names_fail_the_address_that_answered_last_is_dialled(
    mosquitto: Start, monkeypatch: pytest.MonkeyPatch
):
    broker = mosquitto()
    async with Line(broker.port, host="localhost").trying() as line:
        await line.until(lambda: line.link.connected)

        def fail(*_: object, **__: object) -> None:
            raise socket.gaierror(-3, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        line.link.redial("a test")
        await line.until(lambda: line.states[1:] == [(False, "a test"), (True, "connected")])
    async with Line(broker.port, host="localhost").trying() as stranger:
        await stranger.until(lambda: bool(stranger.states))
        assert "name resolution" in stranger.states[0][1]


async def test_a_pause_ends_when_something_cannot_wait(mosquitto: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("alerts.link._delay_s", lambda *_, **__: 600.0)
    broker = mosquitto()
    async with Line(broker.port).trying() as line:
        await line.until(lambda: line.link.connected)
        broker.stop()
        await line.until(lambda: not line.link.connected)
        broker.start()
        line.link.hurry()
        await line.until(lambda: line.link.connected)


async def test_two_clients_of_one_name_do_not_flood_the_broker(mosquitto: Start):
    broker = mosquitto(options=("connection_messages true",))
    lasted_s = 6.0
    async with Line(broker.port, "twin").trying() as one, Line(broker.port, "twin").trying() as other:
        await one.until(lambda: one.link.connected or other.link.connected)
        await asyncio.sleep(lasted_s)
    dialled = broker.log().count("New connection from 127.0.0.1")
    print(f"{dialled} connections in {lasted_s:g} s by two clients of one name")
    assert 4 <= dialled <= 36  # each waits 0 to 0.1 s first, and twice as long each time; a flood would be hundreds


def test_two_clients_of_one_name_come_to_rest(monkeypatch: pytest.MonkeyPatch):
    """The same by arithmetic for an hour: each comes back after its pause and pushes the other out."""
    monkeypatch.setattr(link, "_jitter", random.Random(7))  # noqa: S311 - no secret
    began, attempts, now_s, dialled = {"a": 0.0}, {"a": 0, "b": 0}, 0.0, 1
    back_s = {"b": 0.0}
    while now_s < 3600:
        comer, (leaver,) = min(back_s, key=back_s.__getitem__), tuple(began)
        now_s = back_s.pop(comer)
        dialled += 1
        lived_s = now_s - began.pop(leaver)
        attempts[leaver] = 0 if lived_s >= link.STABLE_S else attempts[leaver] + 1
        back_s[leaver] = now_s + link._delay_s(attempts[leaver], link.LONGEST_DELAY_S, refused=False)
        began[comer] = now_s
    assert dialled <= 300  # once in twelve seconds or more rarely, for the longest pause is thirty
