"""One run of the demo: welcome, the five incidents, what became of them; and a clean end, however it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from config.limits import Limits, defaults
from gateway.demo.children import ChildDied
from gateway.demo.clock import real_now
from gateway.demo.director import Company, Director
from gateway.demo.duty import VIEWER_S, Duty
from gateway.demo.papers import COLLEAGUE, RESIDENT, VIEWER
from gateway.demo.report import Report
from gateway.demo.scenes import ZONE, scenes
from gateway.demo.stage import open_folder, put_up
from gateway.demo.tempo import Tempo
from gateway.demo.terminal import Terminal, Words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gateway.demo.papers import Papers
    from gateway.demo.report import Incident
    from gateway.demo.scenes import Scene
    from gateway.demo.stage import Stage

ENDING_S = 2.0
"""Kept of the seconds of an unattended run for ending the processes. Source: measured, under a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for; see `gateway.demo.main`."""

    seconds: float | None
    report: Path | None
    seed: int

    @property
    def attended(self) -> bool:
        """Whether somebody watches."""
        return self.seconds is None


async def show(options: Options) -> int:
    """Run the demo and return its exit code."""
    terminal = Terminal(ZONE)
    plan = scenes(Limits.model_validate(defaults()))  # the demo's home sets no limit of its own
    report = Report(seed=options.seed, began_at=real_now(), incidents=[scene.incident() for scene in plan])
    _end_on_signal()
    if options.report is not None and not _writable(terminal, options.report, report):
        return 2
    terminal.title(Words("守望 · 演示", "Shouwang, the demo"))
    stopped = False
    try:
        async with asyncio.timeout(None if options.seconds is None else max(0.0, options.seconds - ENDING_S)):
            await _perform(options, terminal, report, plan)
    except TimeoutError:
        terminal.title(Words("时间到了", "time is up"))
    except asyncio.CancelledError:
        terminal.title(Words("结束", "the end"))
        stopped = True
    return _sum_up(options, terminal, report, stopped=stopped)


def _end_on_signal() -> None:
    """Have the first signal end the demo in good order; further ones change nothing about that."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    ending = asyncio.Event()

    def end() -> None:
        if task is not None and not ending.is_set():
            ending.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)


def _writable(terminal: Terminal, file: Path, report: Report) -> bool:
    """Write the empty report at once: better to learn now that it cannot be written than in two minutes."""
    try:
        report.write(file)
    except OSError as error:
        terminal.plain(Words(f"报告写不进去：{error}", f"The report cannot be written: {error}"))
        return False
    return True


async def _perform(options: Options, terminal: Terminal, report: Report, plan: Sequence[Scene]) -> None:
    try:
        async with open_folder() as (folder, children), asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(children.watch())
            terminal.plain(Words("正在准备……", "Getting ready …"))
            async with put_up(tasks, children, folder, options.seed) as stage:
                _invite(terminal, stage.papers, options)
                await _play(stage, options, terminal, list(zip(plan, report.incidents, strict=True)))
            watching.cancel()
    except* ChildDied as deaths:
        for death in deaths.exceptions:
            _mourn(terminal, death)
    except* aiohttp.ClientError as failures:
        terminal.plain(Words("演示中断：连不上了", f"The demo broke off: {failures.exceptions[0]!r}"))


async def _play(stage: Stage, options: Options, terminal: Terminal, plan: list[tuple[Scene, Incident]]) -> None:
    stage.simulation.on_spoken = terminal.heard_at_home
    director = Director(
        Company(
            simulation=stage.simulation,
            tempo=Tempo(stage.simulation, terminal),
            box=stage.box,
            duty=Duty(stage.desk, terminal, attended=options.attended),
            terminal=terminal,
        )
    )
    await director.play(plan)
    if options.attended:
        await _live_on(director, terminal)


async def _live_on(director: Director, terminal: Terminal) -> None:
    terminal.title(Words("五件事都演完了", "that was all five"))
    terminal.plain(
        Words(
            "老人的日子继续过，一分钟当一小时。按回车键，她就按下呼救按钮；Ctrl-C 结束。",
            "Her life goes on, an hour a minute. Enter has her press the button; Ctrl-C ends.",
        )
    )
    wish = asyncio.Event()
    if sys.stdin.isatty():
        asyncio.get_running_loop().add_reader(sys.stdin, _heed, wish)
    await director.live_on(wish)


def _heed(wish: asyncio.Event) -> None:
    """Take what was typed; the end of the input is no wish."""
    if os.read(sys.stdin.fileno(), 1024):
        wish.set()
    else:
        asyncio.get_running_loop().remove_reader(sys.stdin)


def _invite(terminal: Terminal, papers: Papers, options: Options) -> None:
    """Say what runs, where to look, and how to take part."""
    terminal.plain(
        Words(
            f"{RESIDENT}，虚构的独居老人；她家里的传感器、家里的盒子和社区驿站都在这台电脑上跑，彼此走 MQTT。",
            "An invented elder who lives alone. Her sensors, the box in her home and the community station all run on"
            " this computer and speak MQTT with each other.",
        )
    )
    terminal.row()
    ports, keys = papers.ports, papers.keys
    terminal.row(f"  家里的页面 · the home's page      http://127.0.0.1:{ports.home}/")
    terminal.row(f"      名字 name 家人    密码 password {keys.page}")
    terminal.row(f"  驿站的页面 · the station's page   http://127.0.0.1:{ports.station}/")
    terminal.row(f"      名字 name {VIEWER}    密码 password {keys.viewer}")
    if options.attended:
        terminal.row()
        terminal.plain(
            Words(
                f"打开驿站的页面，您就是值班员{VIEWER}：有告警就按“接警”；"
                f"{VIEWER_S:.0f} 秒没人接，同事{COLLEAGUE}来接。按 Ctrl-C 结束。",
                f"Open the station's page and be {VIEWER} on duty: press 接警 (take it) when an alert comes in."
                f" After {VIEWER_S:.0f} s a colleague, {COLLEAGUE}, takes it. Ctrl-C ends the demo.",
            )
        )


def _mourn(terminal: Terminal, death: BaseException) -> None:
    """Say which process died, and show the end of its log."""
    assert isinstance(death, ChildDied)  # noqa: S101 - `except*` promises it, but not to the type checker
    terminal.title(Words("演示中断", "the demo broke off"))
    terminal.plain(Words(f"{death.name} 自己退出了（{death.code}），日志最后几行：", f"{death}. The end of its log:"))
    terminal.row(death.tail)


def _sum_up(options: Options, terminal: Terminal, report: Report, *, stopped: bool) -> int:
    """Write the report or show the table, and give the exit code."""
    report.ended_at = real_now()
    if options.report is not None:
        report.write(options.report)
        terminal.plain(Words(f"报告：{options.report}", f"Report: {options.report}"))
    else:
        terminal.title(Words("每件事：发生后几秒", "each incident: seconds after it happened"))
        for line in report.table():
            terminal.row(line)
    for incident in report.incidents:
        if incident.missing() and not (stopped and options.attended):
            terminal.row(f"缺 missing  {incident.kind}: {', '.join(incident.missing())}")
    return 0 if report.complete or (stopped and options.attended) else 1
