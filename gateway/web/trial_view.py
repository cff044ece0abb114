"""What the API may ask of a test of the chain. Plain names only, like `gateway.web.view`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.trial_run import Run

Refusal = Literal[
    "trial_running", "no_trial", "unknown_device", "unknown_contact", "public_number", "press_waits", "too_late"
]


class TrialRefusedError(Exception):
    """The guide cannot have that now.

    Args:
        reason: a fixed short name; `gateway.web.errors` puts it into words.
    """

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


class TrialView(Protocol):
    """The gateway's end of the guide. One run at a time; every change returns after its commit."""

    @property
    def devices(self) -> tuple[str, ...]:
        """The ids of the devices that can be tried, buttons first."""

    @property
    def contacts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Whom a test may ring: name and channels of the ladder's contacts other than the station."""

    @property
    def patience_s(self) -> tuple[float, float]:
        """Seconds that an armed device is waited for, and that a press waits for its answer."""

    @property
    def proved_at(self) -> datetime | None:
        """When the chain was last proved; None if never."""

    @property
    def due_at(self) -> datetime | None:
        """When it is to be proved again; None where nobody asks for it."""

    async def begin(self, *, by: str, contact: str) -> Run:
        """Begins a run. Raises TrialRefusedError: trial_running, unknown_contact, public_number."""

    async def look(self, seen: int, wait_s: float) -> tuple[int, Run]:
        """Waits until something may be new, at most `wait_s`; gives the number of that news, and the run.

        Raises:
            TrialRefusedError: no_trial, which may also mean that the gateway was started anew.
        """

    async def arm(self, device: str) -> Run:
        """Has the next press of a device held. Raises TrialRefusedError: no_trial, unknown_device, press_waits."""

    async def answer(self, press_key: str, *, was_test: bool) -> Run:
        """Says whether the press that is held was the test. Raises TrialRefusedError: no_trial, too_late."""

    async def end(self) -> Run:
        """Ends the run, closes its test alerts, and keeps what it came to. Raises TrialRefusedError: no_trial."""

    async def past(self, limit: int) -> Sequence[Run]:
        """The latest runs that ended, newest first."""
