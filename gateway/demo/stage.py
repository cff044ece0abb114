"""Puts everything up: the folder, the papers, the five processes in their order; and takes it all down again."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from gateway.demo.children import ChildDied, Children
from gateway.demo.clock import pause, real_now, steady_s
from gateway.demo.home_box import HomeBox
from gateway.demo.papers import COLLEAGUE, VOICE, Keys, Papers, free_ports
from gateway.demo.scenes import BEGINS, ZONE
from gateway.demo.simulation import Simulation
from gateway.demo.station_desk import StationDesk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ANSWER_S = 10.0
"""How long an answer of either API may take."""

LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that runs.

    Args:
        papers: their settings, ports and passwords.
        simulation, box, desk: the home, the box in it, and the colleague's session at the station.
    """

    papers: Papers
    simulation: Simulation
    box: HomeBox
    desk: StationDesk


@asynccontextmanager
async def put_up(tasks: asyncio.TaskGroup, children: Children, folder: Path, seed: int) -> AsyncIterator[Stage]:
    """Start everything, and give it once she lives and is watched over.

    Args:
        tasks: in which the simulation is listened to.
        children: starts the processes; whoever made it ends them.
        folder: for everything that is written.
        seed: of the simulated life.
    """
    papers = Papers(folder=folder, ports=free_ports(), keys=Keys())
    papers.write(await _fitted())
    async with AsyncExitStack() as stack:
        box, desk = await _clients(stack, papers)
        await children.start("broker", "gateway.demo.broker", str(papers.ports.broker))
        await _until(lambda: _accepts(papers.ports.broker))
        simulation = await _home(children, papers, seed, box)
        listening = tasks.create_task(simulation.listen())
        stack.callback(listening.cancel)
        await simulation.ready.wait()
        await _until(desk.healthy)
        await desk.log_in(COLLEAGUE, papers.keys.colleague)
        yield Stage(papers=papers, simulation=simulation, box=box, desk=desk)


async def _home(children: Children, papers: Papers, seed: int, box: HomeBox) -> Simulation:
    """Start the station, the box, and, once that keeps watch, her life: so that nothing of it goes unheard."""
    start = _begins()
    papers.clock.write_text(json.dumps({"monotonic": steady_s(), "home": start.isoformat(), "rate": 0.0}), "utf-8")
    await children.start("station", "alerts.station", "--config", str(papers.station))
    await children.start("gateway", "gateway", "run", "--config", str(papers.home))
    await _until(box.healthy)
    options = {
        "--broker": f"127.0.0.1:{papers.ports.broker}",
        "--seed": str(seed),
        "--start": start.isoformat(),
        "--clock-file": str(papers.clock),
        "--annunciator": VOICE,
        "--control": "stdin",
    }
    words = (word for option in options.items() for word in option)
    return Simulation(await children.start("home", "firmware_sim", *words, talks=True))


def _begins() -> datetime:
    """Give yesterday's evening: the story ends next morning, and no alert of it lies in the future."""
    return datetime.combine(real_now().astimezone(ZONE).date() - timedelta(days=1), BEGINS, ZONE)


async def _fitted() -> dict[str, Any]:
    """Ask the simulation what is fitted in the home."""
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "firmware_sim", "--annunciator", VOICE, "--describe", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asked.communicate()
    if asked.returncode:
        raise ChildDied("firmware_sim --describe", asked.returncode, said.decode(errors="replace"))
    fitted: dict[str, Any] = json.loads(said)
    return fitted


async def _clients(stack: AsyncExitStack, papers: Papers) -> tuple[HomeBox, StationDesk]:
    patience = aiohttp.ClientTimeout(total=ANSWER_S)
    none, jar = aiohttp.DummyCookieJar(), aiohttp.CookieJar(unsafe=True)  # unsafe: the station has no name here
    plain, person = (aiohttp.ClientSession(timeout=patience, cookie_jar=each) for each in (none, jar))
    for session in (plain, person):
        await stack.enter_async_context(session)
    box = HomeBox(plain, f"http://127.0.0.1:{papers.ports.home}", papers.keys.token)
    return box, StationDesk(person, f"http://127.0.0.1:{papers.ports.station}")


async def _until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Ask until the answer is yes; whoever never answers is found by `Children.watch`."""
    while True:
        with suppress(aiohttp.ClientConnectionError):
            if await ready():
                return
        await pause(LOOK_S)


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def open_folder() -> AsyncIterator[tuple[Path, Children]]:
    """Give a folder and what starts processes in it; at the end, whatever happened, both are gone."""
    with tempfile.TemporaryDirectory(prefix="shouwang-demo-") as name:
        folder = Path(name)
        children = Children(folder)
        try:
            yield folder, children
        finally:
            await children.end()
