"""The station as a person on duty uses it: logs in, sees alerts, takes them, and says what was found. HTTP only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp

    from alerts.model import Outcome

CONFLICT = 409
"""Somebody else was faster. Source: RFC 9110, section 15.5.10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAlert:
    """An alert as the station shows it; times are real.

    Args:
        id: at the station.
        key: the home's; "" for the station's own alerts.
        kind: as in `alerts.model.AlertKind`.
        untaken: it waits for a person.
        stored_at: when the station had it on its disk.
        taken_at, taken_by: the acknowledgement; None and "" before.
        zh, en: its title.
    """

    id: int
    key: str
    kind: str
    untaken: bool
    stored_at: datetime
    taken_at: datetime | None
    taken_by: str
    zh: str
    en: str


class StationDesk:
    """One person's session at the station.

    Args:
        http: a session that keeps cookies for addresses, too.
        address: of the console.
    """

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http, self.address = http, address

    async def healthy(self) -> bool:
        """Whether it is connected and can store."""
        async with self._http.get(f"{self.address}/health") as answer:
            return answer.status == 200  # noqa: PLR2004 - OK, by RFC 9110

    async def log_in(self, name: str, password: str) -> None:
        """Log in; later requests are this person's."""
        async with self._http.post(f"{self.address}/api/login", json={"name": name, "password": password}) as answer:
            answer.raise_for_status()

    async def live(self) -> list[StationAlert]:
        """Give the alerts that need a person."""
        return await self._alerts("true")

    async def closed(self) -> list[StationAlert]:
        """Give the alerts that were closed last."""
        return await self._alerts("false")

    async def decide(self, alert: int, action: str, outcome: Outcome | None = None) -> bool:
        """Say what this person does: acknowledged, attended or closed.

        Returns:
            False when somebody else had done that before.
        """
        body = {"action": action, "outcome": outcome}
        async with self._http.post(f"{self.address}/api/alerts/{alert}/decision", json=body) as answer:
            if answer.status == CONFLICT:
                return False
            answer.raise_for_status()
            return True

    async def _alerts(self, live: str) -> list[StationAlert]:
        async with self._http.get(f"{self.address}/api/alerts?live={live}") as answer:
            answer.raise_for_status()
            return [_alert(each) for each in (await answer.json())["alerts"]]


def _alert(told: dict[str, Any]) -> StationAlert:
    taken = told["acknowledged_at"]
    return StationAlert(
        **{name: told[name] for name in ("id", "kind", "untaken")},
        key=told["alert_key"],
        stored_at=datetime.fromisoformat(told["stored_at"]),
        taken_at=datetime.fromisoformat(taken) if taken else None,
        taken_by=told["acknowledged_by"] or "",
        zh=told["brief"]["zh"]["title"],
        en=told["brief"]["en"]["title"],
    )
