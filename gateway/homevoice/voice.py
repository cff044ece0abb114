"""What can say something at home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from alerts.announcement import Announcement


class VoiceFailed(Exception):
    """Something could not be said.

    Args:
        reason: a fixed short name, for counters.
        sentence: what happened and what to do.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


class Voice(Protocol):
    """One way to say something at home.

    `name` is for counters; `part` is what is in trouble when it fails.
    """

    name: str
    part: str

    @property
    def ready(self) -> bool:
        """Whether it can be asked now; what nobody can say yet stays unsaid."""
        ...

    async def say(self, announcement: Announcement) -> None:
        """Say it, or have it said, and return when the next may be said.

        Raises:
            VoiceFailed: if it was not.
        """
        ...

    async def confirm(self, announcement: Announcement) -> bool:
        """Return when it is known to have been said; False where that need not be known.

        Raises:
            VoiceFailed: if it is not known in time.
        """
        ...

    def hear(self, played: str) -> None:
        """Take a device's word that it has played the announcement of this id."""
        ...
