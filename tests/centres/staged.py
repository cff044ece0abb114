"""Alerts and deliveries as the centres' tests tell them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.channels.centre.codes import Zone
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 11, 22, 7, 4, 5, tzinfo=UTC)

ZONES = {
    "bed_sos": Zone(1, "sos", worn=False),
    "pendant": Zone(2, "sos", worn=True),
    "radar": Zone(3, "fall", worn=False),
    "smoke": Zone(4, "hazard", worn=False),
}


def alert(**changes: object) -> Alert:
    """Give an emergency call at `AT`, changed."""
    told: dict[str, object] = {
        "key": "press:bed_sos:1",
        "kind": AlertKind.EMERGENCY,
        "severity": Severity.EMERGENCY,
        "subject": "bed_sos",
        "state": AlertState.OPEN,
        "since": AT,
        "opened_at": AT,
        "last_at": AT,
        "updated_at": AT,
        "called_from": AT,
        "reason": "pressed",
        "device": "bed_sos",
        "evidence": {"room": "bedroom"},
    }
    return Alert(**told | changes)


def delivery(delivery_id: str = "0123456789abcdef0123456789abcdef", channel: str = "dc09") -> Delivery:
    """Give a row for `alert`."""
    return Delivery(
        id=delivery_id,
        alert_key="press:bed_sos:1",
        contact="中心",
        channel=channel,
        severity=Severity.EMERGENCY,
        revision=1,
        due_at=AT,
    )


class Told:
    """What a centre's `on_state` was told."""

    def __init__(self) -> None:
        self.states: list[bool] = []
        self.sentences: list[str] = []

    def __call__(self, reachable: bool, sentence: str) -> None:  # noqa: FBT001 - the centres' own signature
        self.states.append(reachable)
        self.sentences.append(sentence)


async def until(true: Callable[[], object], within_s: float = 15.0) -> None:
    """Wait for something that another process or task does."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
