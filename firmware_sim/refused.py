"""The one error of firmware_sim: something asked for cannot be done, and why."""

from __future__ import annotations


class Refused(ValueError):
    """What was asked cannot be done.

    Args:
        reason: a fixed short name.
        sentence: what was found and what to do.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence
