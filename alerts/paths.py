"""The paths to the station: their connections, what is known of each, and who waits for a receipt."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import supervision
from alerts.supervision import PathState, Rhythm

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from alerts.link import Link
    from alerts.topics import Topics


class Path:
    """One path.

    Args:
        link: its connection.
        topics: those of this home on this path; they name it.
        rhythm: how often it is asked.
        at_s: from when on it is expected to work, in the loop's clock.

    Attributes:
        state: what is known of it.
        proof: set whenever it proves to work.
    """

    def __init__(self, link: Link, topics: Topics, rhythm: Rhythm, at_s: float) -> None:
        self.link = link
        self.topics = topics
        self.rhythm = rhythm
        self.state = PathState(proven_s=at_s, due_s=at_s)
        self.proof = asyncio.Event()

    @property
    def name(self) -> str:
        """`MAIN` or `SPARE`."""
        return self.topics.path


class Paths:
    """All paths of a home.

    Args:
        paths: the preferred one first; at least one.
        clock_s: the loop's clock.
    """

    def __init__(self, paths: Sequence[Path], clock_s: Callable[[], float]) -> None:
        self.all = {path.name: path for path in paths}
        self._clock_s = clock_s
        self._awaited: dict[str, asyncio.Future[None]] = {}

    def __iter__(self) -> Iterator[Path]:
        return iter(self.all.values())

    @property
    def states(self) -> dict[str, PathState]:
        """What is known of each."""
        return {name: path.state for name, path in self.all.items()}

    def in_order(self) -> list[Path]:
        """The paths, the one to send by first."""
        connected = {path.name for path in self if path.link.connected}
        return [self.all[name] for name in supervision.in_order(self.states, connected)]

    def is_alone(self, path: Path) -> bool:
        """Whether no other path answers at present."""
        return not any(other.state.good for other in self if other is not path)

    def expected_since(self, path: Path, ago: timedelta) -> None:
        """A path last proved to work so long ago, before this process began."""
        seconds = max(0.0, ago.total_seconds())
        path.state = replace(path.state, proven_s=path.state.proven_s - seconds)

    def hasten(self) -> None:
        """Has a path asked sooner while no other one is sure to work."""
        for path in self:
            if self.is_alone(path):
                path.state = supervision.hastened(path.state, path.rhythm, self._clock_s())

    def due(self) -> list[Path]:
        """The paths that are to be asked now."""
        return [path for path in self if path.state.due_s <= self._clock_s()]

    def asked(self, path: Path, number: int) -> None:
        """A path was to be asked."""
        path.state = supervision.asked(path.state, path.rhythm, number, self._clock_s())

    def troubles(self, begun: Collection[str]) -> dict[str, timedelta]:
        """What is to be told of the paths (see `alerts.supervision.troubles`), and for how long it has been so."""
        found = supervision.troubles(self.states, begun)
        return {name: timedelta(seconds=self._clock_s() - since_s) for name, since_s in found.items()}

    def doubt(self, path: Path) -> None:
        """Something went wrong on a path."""
        path.state = supervision.doubted(path.state, self._clock_s())

    def changed(self, path: Path, *, up: bool) -> None:
        """A path's connection came or went."""
        if up:
            path.state = supervision.connected(path.state, self._clock_s())
        else:
            path.state = supervision.cut(path.state, path.rhythm, self._clock_s())

    def answered(self, path: Path, number: int) -> bool:
        """The station has answered a question. Returns whether it was one that was asked on this path lately."""
        before, alone = path.state, self.is_alone(path)
        path.state = supervision.answered(before, path.rhythm, number, self._clock_s(), alone=alone)
        if path.state is before:
            return False
        path.proof.set()
        return True

    def expect(self, delivery_id: str) -> asyncio.Future[None]:
        """A future that ends when the delivery is receipted; cancel it when nobody waits any more."""
        awaited = self._awaited[delivery_id] = asyncio.get_running_loop().create_future()
        awaited.add_done_callback(lambda _: self._awaited.pop(delivery_id, None))
        return awaited

    def receipted(self, path: Path, delivery_id: str) -> None:
        """A receipt has come by a path."""
        awaited = self._awaited.get(delivery_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(None)
            alone = self.is_alone(path)
            path.state = supervision.proven(path.state, path.rhythm, self._clock_s(), alone=alone)
            path.proof.set()
