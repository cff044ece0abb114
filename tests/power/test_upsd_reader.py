"""Against a real upsd: what it says, and each of its silences by its own name."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gateway.power import upsd
from gateway.power.supply import Silence, Supply
from gateway.power.upsd import UpsdReader
from tests.power.nut_server import nut_server

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.power.nut_server import NutServer

ON_MAINS = Supply(mains=True, percent=100, runtime_s=2820)
WITHIN_S = 20.0


async def sees(reader: UpsdReader, expected: Supply | Silence, server: NutServer) -> None:
    give_up = time.monotonic() + WITHIN_S
    while (seen := await reader.read()) != expected:
        assert time.monotonic() < give_up, (seen, expected, server.log())
        await asyncio.sleep(0.1)


async def test_mains_battery_and_every_silence(tmp_path: Path):
    with nut_server(tmp_path / "nut", password='se "cret') as server:
        reader = UpsdReader("127.0.0.1", server.port, "box", ("shouwang", 'se "cret'))
        await sees(reader, ON_MAINS, server)
        server.tells("OB DISCHRG", 80, 2000)
        await sees(reader, Supply(mains=False, percent=80, runtime_s=2000), server)
        server.freeze_driver()
        await sees(reader, Silence.STALE, server)
        server.kill_driver()
        await sees(reader, Silence.DRIVER, server)
        server.tells("OL CHRG RB")
        server.start_driver()
        await sees(reader, Supply(mains=True, percent=100, runtime_s=2820, worn=True), server)
        server.kill_server()
        await sees(reader, Silence.UNREACHABLE, server)
        server.start_server()
        await sees(reader, Supply(mains=True, percent=100, runtime_s=2820, worn=True), server)
        await reader.close()


async def test_a_wrong_password_and_a_wrong_name_are_refusals(tmp_path: Path):
    with nut_server(tmp_path / "nut", password="right") as server:
        plain = UpsdReader("127.0.0.1", server.port, "box")
        await sees(plain, ON_MAINS, server)
        wrong = UpsdReader("127.0.0.1", server.port, "box", ("shouwang", "wrong"))
        another = UpsdReader("127.0.0.1", server.port, "fridge")
        assert [await reader.read() for reader in (wrong, another)] == [Silence.REFUSED, Silence.REFUSED]
        for reader in (plain, wrong, another):
            await reader.close()


async def test_a_server_that_takes_the_question_and_says_nothing_is_a_silence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upsd, "ANSWER_S", 0.3)
    gone = asyncio.Event()

    async def stare(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(stare, "127.0.0.1", 0)
    reader = UpsdReader("127.0.0.1", server.sockets[0].getsockname()[1], "box")
    began = time.monotonic()
    assert await reader.read() is Silence.UNREACHABLE
    assert 0.3 <= time.monotonic() - began < 5
    await gone.wait()
    server.close()
    await server.wait_closed()
