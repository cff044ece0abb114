"""The topics on which a home and its station meet, on each of their paths. Both ends share this file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MAIN, SPARE = "main", "spare"
PATHS = (MAIN, SPARE)
"""The paths between a home and its station, in the order in which they are used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Where one home and its station meet on one path.

    Args:
        prefix: the same at both ends; without a slash at either end.
        home: the home's id; one level of a topic. "+" gives the station's filters.
        path: `MAIN` or `SPARE`.
    """

    prefix: str = "shouwang-station/v1"
    home: str
    path: str = MAIN

    def __post_init__(self) -> None:
        if not self.home or set(self.home) & set("/#\0") or ("+" in self.home and self.home != "+"):
            raise ValueError(f"a home's id is one level of a topic, without / + #; found {self.home!r}")

    def _of(self, kind: str) -> str:
        return "/".join((self.prefix, self.home, *(() if self.path == MAIN else (self.path,)), kind))

    @property
    def alert(self) -> str:
        """Home → station: `AlertMessage`."""
        return self._of("alert")

    @property
    def heartbeat(self) -> str:
        """Home → station: `Heartbeat`."""
        return self._of("heartbeat")

    @property
    def decision_receipt(self) -> str:
        """Home → station: `DecisionReceipt`."""
        return self._of("decision_receipt")

    @property
    def receipt(self) -> str:
        """Station → home: `Receipt`."""
        return self._of("receipt")

    @property
    def decision(self) -> str:
        """Station → home: `Decision`."""
        return self._of("decision")

    @property
    def heard(self) -> str:
        """Station → home: `Heard`."""
        return self._of("heard")


class Address(NamedTuple):
    """Whose a topic is, by which path it goes, and what it carries; all "" when it is none of ours."""

    home: str
    path: str
    kind: str


def address_of(topic: str, prefix: str) -> Address:
    """Takes a topic under `prefix` apart; see `Topics`."""
    levels = topic.removeprefix(f"{prefix}/").split("/")
    if not topic.startswith(f"{prefix}/") or not levels[0]:
        return Address("", "", "")
    match levels:
        case [home, kind]:
            return Address(home, MAIN, kind)
        case [home, "spare", kind]:
            return Address(home, SPARE, kind)
    return Address("", "", "")


def qos_of(topic: str) -> int:
    """Whether a broker shall keep what is published on a topic for those who are away: 1, or 0 where it is stale soon.

    Heartbeats that piled up at the broker while the station was away would take the places of alerts in its queue.
    """
    return 0 if topic.endswith(("/heartbeat", "/heard")) else 1
