"""The people on duty at the station: the viewer, who may take a call in the page, or else a colleague."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.demo.clock import pause, steady_s
from gateway.demo.papers import COLLEAGUE
from gateway.demo.terminal import Words

if TYPE_CHECKING:
    from alerts.model import Outcome
    from gateway.demo.station_desk import StationAlert, StationDesk
    from gateway.demo.terminal import Terminal

LOOK_S = 0.05
"""Between two looks at the station."""

VIEWER_S = 8.0
"""How long the viewer has; then the colleague takes the call, or the demo would stand still."""

PLEASANT_S, BRIEF_S = 1.2, 0.5
"""Between two things that are told: to a viewer, and to a log."""

READING_S = 1.0
"""How long the colleague reads before taking a call."""


class Duty:
    """Takes calls at the station, and follows who has taken them.

    Args:
        desk: the colleague's session.
        terminal: tells.
        attended: somebody watches the demo, and may want to take the calls.
    """

    def __init__(self, desk: StationDesk, terminal: Terminal, *, attended: bool) -> None:
        self._desk, self._terminal, self._attended = desk, terminal, attended

    async def waiting(self) -> list[StationAlert]:
        """Give the alerts that nobody has taken."""
        return [alert for alert in await self._desk.live() if alert.untaken]

    async def take(self, alert: StationAlert) -> StationAlert:
        """Have somebody take a call, and return it as it is then."""
        if self._attended:
            self._terminal.after(
                Words(
                    f"请您在驿站页面按“接警”；{VIEWER_S:.0f} 秒后由{COLLEAGUE}代接。",
                    f"Press 接警 in the station's page; after {VIEWER_S:.0f} s {COLLEAGUE} takes it for you.",
                )
            )
        taken = await self._taken(alert, VIEWER_S if self._attended else READING_S)
        if taken is None:
            await self._desk.decide(alert.id, "acknowledged")
            taken = await self._taken(alert, float("inf"))
        assert taken is not None  # noqa: S101 - it waits until it is
        return taken

    async def attend(self, alert: StationAlert) -> None:
        """Say that somebody is there; harmless when the viewer has said so."""
        await self._desk.decide(alert.id, "attended")

    async def close(self, alert: StationAlert, outcome: Outcome) -> None:
        """Close a call; harmless when the viewer has closed it."""
        await self._desk.decide(alert.id, "closed", outcome)

    async def breathe(self) -> None:
        """Leave a viewer time to read; a machine needs little."""
        await pause(PLEASANT_S if self._attended else BRIEF_S)

    async def _taken(self, alert: StationAlert, within_s: float) -> StationAlert | None:
        end_s = steady_s() + within_s
        while steady_s() < end_s:
            found = await self._find(alert.id)
            if found is not None and found.taken_at is not None:
                return found
            await pause(LOOK_S)
        return None

    async def _find(self, number: int) -> StationAlert | None:
        for shown in (await self._desk.live(), await self._desk.closed()):
            for alert in shown:
                if alert.id == number:
                    return alert
        return None
