"""The telephone as a whole: what it tells when it is of no use, who gets a line first, and what it leaves behind."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.channels.telephone import carrier, line
from alerts.channels.telephone.carrier import Telephone
from alerts.channels.telephone.settings_file import settings_file
from alerts.channels.telephone.trunk import Trunk
from alerts.model import Severity
from tests.sipp_operator import Ear, Operator, answer, free_port, invited, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.telephone.conftest import Home

TRUNK = Trunk(name="t", host="127.0.0.1", port=9, username="home", registers=False)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "LOOK_S", 0.2)
    monkeypatch.setattr(line, "LONGEST_PAUSE_S", 0.3)


async def told(program: tuple[str, ...], until_told: int) -> tuple[list[bool], str, Path]:
    """Run a telephone until it has told so many changes."""
    changes: list[bool] = []
    telephone = Telephone([TRUNK], troubled=changes.append, program=program)
    running = asyncio.create_task(telephone.run())
    async with asyncio.timeout(15):
        while len(changes) < until_told:  # noqa: ASYNC110 - a state
            await asyncio.sleep(0.05)
    why = telephone.trouble()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return changes, why, Path(telephone._home.name)


async def test_without_baresip_the_telephone_is_of_no_use() -> None:
    changes, why, folder = await told(("no-such-program",), 1)
    assert changes == [True]
    assert "apt install baresip-core" in why
    assert not folder.exists()


async def test_a_baresip_that_keeps_dying_is_of_no_use() -> None:
    changes, _, _ = await told(("sh", "-c", 'timeout 0.5 baresip "$@"', "x"), 1)
    assert changes == [True]


async def test_a_telephone_that_can_call_tells_nothing() -> None:
    changes: list[bool] = []
    telephone = Telephone([TRUNK], troubled=changes.append)
    running = asyncio.create_task(telephone.run())
    await asyncio.sleep(1.0)
    assert (changes, telephone.trouble()) == ([], "")
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_frozen_baresip_is_replaced_and_the_call_tried_again(
    home: Callable[..., Home], operator: Callable[..., Operator], ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "QUIET_S", 0.5)
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    calling = asyncio.create_task(here.fails())
    await ear.has_heard(0.3)
    process = here.telephone.lines[0]._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    assert await calling == ("phone_died", 1.0)
    async with asyncio.timeout(10):
        while not here.telephone.lines[0].up:  # noqa: ASYNC110 - a state
            await asyncio.sleep(0.05)


async def test_baresip_dies_with_the_gateway(tmp_path: Path) -> None:
    """Started by a process that is killed: the kernel takes baresip along."""
    settings = settings_file(tmp_path, control_port=free_port(), interface="127.0.0.1")
    (tmp_path / "config").write_text(settings, encoding="utf-8")
    script = tmp_path / "start.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n",
        encoding="utf-8",
    )
    parent = await asyncio.create_subprocess_exec(
        *("python3", str(script), *line.PROGRAM, "-f", str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    async with asyncio.timeout(15):
        while not is_alive(child):  # noqa: ASYNC110 - another process's start
            await asyncio.sleep(0.05)
        parent.kill()
        await parent.communicate()
        while is_alive(child):  # noqa: ASYNC110 - another process's end
            await asyncio.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/exe").readlink().name == "baresip"
    except OSError:
        return False


async def test_the_gravest_gets_the_line_first(home: Callable[..., Home]) -> None:
    telephone = home(free_port()).telephone
    order: list[str] = []

    async def use(name: str, severity: Severity) -> None:
        async with telephone.line(severity):
            order.append(name)
            await asyncio.sleep(0.05)

    async with telephone.line(Severity.EMERGENCY):
        waiting = [
            asyncio.create_task(use(name, severity))
            for name, severity in [
                ("fault", Severity.FAULT),
                ("warning", Severity.WARNING),
                ("given up", Severity.EMERGENCY),
                ("first", Severity.EMERGENCY),
                ("second", Severity.EMERGENCY),
            ]
        ]
        await asyncio.sleep(0.05)
        waiting[2].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order == ["first", "second", "warning", "fault"]
    async with telephone.line(Severity.FAULT):
        order.append("again")
    assert order[-1] == "again"


async def test_two_lines_carry_two_calls(
    home: Callable[..., Home], operator: Callable[..., Operator], ear: Ear
) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port, lines=2)
    calls = [asyncio.create_task(here.call()) for _ in range(2)]
    await hotline.has_received("ACK", times=2)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await hotline.has_received("BYE", times=2)
