"""Tries every path of the ladder once a day, keeps what came of it, and tells of a contact that cannot be reached.

The station's paths, the telephone, the modem and the alarm centres are watched all the time and tell of their own
troubles; what is kept here of them is the record. A webhook is not: only a test can show that it is dead.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from alerts.dispatch import SendFailed
from gateway.path_tests import FAILURES, PathTest, failures, next_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from alerts.probe import Probe
    from gateway.path_tests import Hour
    from gateway.watch import Watch

log = logging.getLogger("shouwang")

SETTLE_S = 120.0
"""After the start, before anything is tried. Source: our choice: a router and a registration need as long."""

LONGEST_S = 90.0
"""One try. Source: our choice: a mobile line that must be dialled anew answers within a minute."""

CONTACT = "contact "
"""What the name of a path begins with that nobody else watches."""


class PathTester:
    """Tries paths.

    Args:
        probes: by the name of the path.
        remembered: earlier tests, oldest first.
        hour: when.
        watch: keeps what came of it.
        now: the time (aware UTC).
        clock_s: the loop's clock.
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        probes: Mapping[str, Probe],
        remembered: Iterable[PathTest],
        hour: Hour,
        *,
        watch: Watch,
        now: Callable[[], datetime],
        clock_s: Callable[[], float],
    ) -> None:
        self._probes = probes
        self._tests: dict[str, list[PathTest]] = {path: [] for path in probes}
        for test in remembered:
            self._tests.get(test.path, []).append(test)
        self._hour = hour
        self._watch = watch
        self._now = now
        self._clock_s, self._began_s = clock_s, clock_s()
        self._tasks: asyncio.TaskGroup | None = None
        self._under_way: set[str] = set()

    async def run(self) -> None:
        """Try what `tick` finds due, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await asyncio.get_running_loop().create_future()

    def tick(self) -> None:
        """Begin what is due."""
        if self._tasks is None or self._clock_s() - self._began_s < SETTLE_S:
            return
        now = self._now()
        for path, tests in self._tests.items():
            if path not in self._under_way and next_at(tests, self._hour, now) <= now:
                self._under_way.add(path)
                self._tasks.create_task(self._try(path))

    def latest(self) -> list[PathTest]:
        """Give the latest test of each path that was tried."""
        return [tests[-1] for tests in self._tests.values() if tests]

    async def _try(self, path: str) -> None:
        try:
            async with asyncio.timeout(LONGEST_S):
                told, ok = await self._probes[path].probe(), True
        except SendFailed as failure:
            told, ok = str(failure), False
        except TimeoutError:
            told, ok = f"timeout: no answer within {LONGEST_S:.0f} s", False
        self._under_way.discard(path)
        self._keep(PathTest(path=path, at=self._now(), ok=ok, told=told))

    def _keep(self, test: PathTest) -> None:
        tests = self._tests[test.path] = [*self._tests[test.path][1 - FAILURES :], test]
        self._watch.journal.tested(test)
        log.info("path test: %s", "works" if test.ok else "fails")  # which one is in the store: it may be a name
        if test.path.startswith(CONTACT) and (test.ok or failures(tests) >= FAILURES):
            self._watch.report(f"gateway/{test.path}", trouble=not test.ok, at=test.at)
