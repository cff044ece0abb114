"""Trying a way to people without telling anybody anything."""

from __future__ import annotations

from typing import Protocol


class Probe(Protocol):
    """A channel, or what carries several, that can say for certain whether it works."""

    async def probe(self) -> str:
        """Try the way, as far as that can be done without a person noticing.

        Returns:
            What proved that it works, in a few words.

        Raises:
            alerts.dispatch.SendFailed: it does not work; the sentence says what to do.
        """
        ...
