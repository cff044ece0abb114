"""The box in the home as its JSON API shows it: which alerts it has opened, and who has taken them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAlert:
    """An alert as the home knows it; times are the home's.

    Args:
        key, kind, subject, by: as in `alerts.model.Alert`.
        opened_at: when the box noticed it.
        acknowledged_at: when it learned that a person has taken it; None before.
        zh, en: the sentence that people are told.
    """

    key: str
    kind: str
    subject: str
    by: str
    opened_at: datetime
    acknowledged_at: datetime | None
    zh: str
    en: str


class HomeBox:
    """Asks the home's API.

    Args:
        http: a session without cookies.
        address: of the API.
        token: for programs.
    """

    def __init__(self, http: aiohttp.ClientSession, address: str, token: str) -> None:
        self._http, self.address = http, address
        self._head = {"Authorization": f"Bearer {token}"}

    async def healthy(self) -> bool:
        """Whether it keeps watch."""
        async with self._http.get(f"{self.address}/health") as answer:
            return answer.status == 200  # noqa: PLR2004 - OK, by RFC 9110

    async def alerts(self) -> list[HomeAlert]:
        """Give its latest alerts, newest first."""
        async with self._http.get(f"{self.address}/alerts?limit=30", headers=self._head) as answer:
            answer.raise_for_status()
            return [_alert(each) for each in await answer.json()]


def _alert(told: dict[str, Any]) -> HomeAlert:
    taken = told["acknowledged_at"]
    return HomeAlert(
        **{name: told[name] for name in ("key", "kind", "subject", "by")},
        opened_at=datetime.fromisoformat(told["opened_at"]),
        acknowledged_at=datetime.fromisoformat(taken) if taken else None,
        zh=told["brief"]["zh"]["sentence"],
        en=told["brief"]["en"]["sentence"],
    )
