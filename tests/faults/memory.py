"""Faults of memory: the gateway gets less than it needs."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.faults.fault import Fault, Need
from tests.faults.world import START_S, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.scene import Scene

ROOT = Path("/sys/fs/cgroup")
FILES = (
    (ROOT / "memory", "memory.limit_in_bytes"),  # version 1
    (ROOT, "memory.max"),  # version 2
)
SMALL_BYTES = 24 << 20
"""Less than any Python program with a database and a web client needs. Source: the idle gateway takes about 60 MB."""


def why_not() -> str:
    """Says why no limit can be set; "" when it can."""
    try:
        with _group():
            return ""
    except OSError as error:
        return f"本机不能限制内存 / no limit of memory here: {error}"


@contextmanager
def _group() -> Iterator[tuple[Path, Path]]:
    """A group of processes of our own: its folder, and the file of its limit."""
    group, limit = _make_group()
    try:
        yield group, limit
    finally:
        group.rmdir()


def _make_group() -> tuple[Path, Path]:
    for root, name in FILES:
        group = root / f"shouwang-{uuid4().hex}"
        with suppress(OSError):
            group.mkdir()
            if (group / name).exists():
                return group, group / name
            group.rmdir()
    raise OSError("neither version of cgroups can be used")


async def _pressure(scene: Scene) -> None:
    """The kernel takes the gateway's memory away until there is none left, and ends it; it is started again."""
    gateway = scene.world.gateway
    await scene.instant()
    with scene.disturbed("no memory left"), _group() as (group, limit):
        if gateway.process is not None:
            with suppress(OSError):  # it cannot shrink so far, or is ended already
                (group / "cgroup.procs").write_text(str(gateway.process.pid))
                limit.write_text(str(SMALL_BYTES))
        await scene.pause(2.0, 6.0)
        gateway.kill()
        gateway.start()
        await until(lambda: not (group / "cgroup.procs").read_text(), "a killed gateway did not go", START_S)


FAULTS = (Fault(name="no-memory", zh="内存耗尽", strike=_pressure, weight=3, needs=frozenset({Need.CGROUP})),)
