"""The telephone as a whole: what it tells when it is of no use, who gets a line first, and what it leaves behind."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.channels.telephone import carrier, child, line
from alerts.channels.telephone.carrier import Telephone
from alerts.channels.telephone.settings_file import settings_file
from alerts.channels.telephone.trunk import Transport, Trunk
from alerts.dispatch import SendFailed
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
    monkeypatch.setattr(child, "QUIET_S", 0.5)
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    calling = asyncio.create_task(here.fails())
    await ear.has_heard(0.3)
    here.baresip().send_signal(signal.SIGSTOP)
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
        *("python3", str(script), *child.PROGRAM, "-f", str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    async with asyncio.timeout(15):
        while not is_alive(pid):  # noqa: ASYNC110 - another process's start
            await asyncio.sleep(0.05)
        parent.kill()
        await parent.communicate()
        while is_alive(pid):  # noqa: ASYNC110 - another process's end
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


async def test_the_end_of_the_gateway_says_goodbye(operator: Callable[..., Operator], ear: Ear) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    trunk = Trunk(name="t", host="127.0.0.1", port=hotline.port, username="home", registers=False)
    telephone = Telephone([trunk], troubled=lambda _: None)
    running = asyncio.create_task(telephone.run())
    async with telephone.line(Severity.EMERGENCY) as free:
        call = free.dial(trunk, "test-hotline")
        await ear.has_heard(0.2)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert call.gone.is_set()
    await hotline.has_received("BYE")


async def test_a_machine_with_a_new_address_gets_a_new_baresip(
    home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "UNREACHED_S", 0.3)
    nobody = Trunk(name="t", host="127.0.0.1", port=free_port(), transport=Transport.TCP, username="home")
    here = home(nobody)
    async with asyncio.timeout(10):
        while here.telephone.lines[0].deaths < 2:  # noqa: ASYNC110 - a state
            await asyncio.sleep(0.05)


INVITE = """INVITE sip:{user}@127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{tag}\r
From: <sip:caller@127.0.0.1>;tag={tag}\r
To: <sip:{user}@127.0.0.1>\r
Call-ID: {tag}\r
CSeq: 1 INVITE\r
Contact: <sip:caller@127.0.0.1:{port}>\r
Max-Forwards: 70\r
Content-Length: 0\r
\r
"""


async def answers_to_a_call(contact: str, tag: str) -> str:
    """Call our own telephone; give its final answer."""
    user, port = re.fullmatch(r"sip:(\S+)@127\.0\.0\.1:(\d+)", contact).groups()  # type: ignore[union-attr]
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as caller:
        caller.setblocking(False)  # noqa: FBT003 - the library's own signature
        caller.bind(("127.0.0.1", 0))
        invite = INVITE.format(user=user, port=caller.getsockname()[1], tag=tag)
        await loop.sock_sendto(caller, invite.encode(), ("127.0.0.1", int(port)))
        async with asyncio.timeout(10):
            while True:
                status = (await loop.sock_recv(caller, 4096)).decode().split("\r\n", 1)[0]
                if status[8:9] != "1":
                    return status


async def test_whoever_calls_us_is_told_that_we_are_busy(
    home: Callable[..., Home], operator: Callable[..., Operator], ear: Ear
) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    calling = asyncio.create_task(here.call())
    await ear.has_heard(0.2)
    contact = re.search(r"^Contact: <(sip:[^>;]+)", hotline.log.read_text(encoding="utf-8"), re.MULTILINE)
    assert contact is not None
    assert (await answers_to_a_call(contact[1], "during")).startswith("SIP/2.0 486")
    heard_s = ear.heard_s()
    await ear.has_heard(heard_s + 0.2)
    ear.press("1")
    assert await calling == "pressed 1"
    assert (await answers_to_a_call(contact[1], "after")).startswith("SIP/2.0 4")


async def test_the_daily_test_says_whether_a_call_has_a_chance() -> None:
    telephone = Telephone([TRUNK], troubled=lambda _: None, program=("no-such-program",))
    with pytest.raises(SendFailed, match="no_telephone"):
        await telephone.probe()
    telephone._home.cleanup()
