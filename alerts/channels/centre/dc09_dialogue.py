"""What to make of an alarm receiver's answer (SIA DC-09, 5.5.3). Pure: the time is an argument.

A receiver answers ACK (stored), RSP (stored, with something for us), NAK (our timestamp is outside its window; it
gives its own time), or DUH (understood, but it cannot process it). What is damaged, or answers another message, is
thrown away: the time-out and the next try take care of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from alerts.channels.centre.dc09_frame import FrameError, decode

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.channels.centre.dc09_frame import Frame
    from alerts.channels.centre.ignored import Ignored

CLOCK_S = 2.0
"""A correction of less than this is none, so the time was not what the receiver refused.

Source: our choice; timestamps count whole seconds, and receivers accept -40 s to +20 s (DC-09-2013, 5.5.1.9)."""


class Verdict(Enum):
    """What an answer means."""

    STORED = auto()
    CLOCK = auto()  # not stored: send again with the corrected time
    REFUSED = auto()  # not stored: unknown account, wrong key
    UNABLE = auto()  # not stored: it does not process such a message
    NOTHING = auto()  # not an answer to our message: keep listening


@dataclass(slots=True, kw_only=True)
class Dialogue:
    """What we know of one receiver.

    Args:
        key: of AES; None when nothing is encrypted.
        offset: what to add to our time to have the receiver's. Never applied to the system's clock.
        ignored: counts the answers that were thrown away.
    """

    key: bytes | None
    offset: timedelta = timedelta()
    ignored: Ignored

    def timestamp(self, now: datetime) -> datetime | None:
        """Give what our messages say the time is: required with a key, and left out without one."""
        return None if self.key is None else now + self.offset

    def judge(self, raw: bytes, asked: Frame, now: datetime) -> Verdict:
        """Judge one answer.

        Args:
            raw: as the framer cut it out.
            asked: the message that waits.
            now: aware UTC.

        Returns:
            The verdict; after `CLOCK` the offset is corrected.
        """
        try:
            answer = decode(raw, self.key)
        except FrameError as error:
            return self._unreadable(error)
        if answer.id == "NAK":  # its header is filled in many ways: sequence 0000, no account
            return self._correct(answer.timestamp, now)
        ignored = _reason_to_ignore(answer, asked)
        if ignored:
            self.ignored.add(ignored)
            return Verdict.NOTHING
        return Verdict.UNABLE if answer.id == "DUH" else Verdict.STORED

    def _unreadable(self, error: FrameError) -> Verdict:
        self.ignored.add(error.reason)
        return Verdict.REFUSED if error.reason == "unframed" else Verdict.NOTHING

    def _correct(self, theirs: datetime | None, now: datetime) -> Verdict:
        if theirs is None or self.key is None:
            return Verdict.REFUSED
        correction = theirs - (now + self.offset)
        if abs(correction) < timedelta(seconds=CLOCK_S):
            return Verdict.REFUSED
        self.offset += correction
        return Verdict.CLOCK


def _reason_to_ignore(answer: Frame, asked: Frame) -> str:
    if answer.sequence != asked.sequence or answer.account not in {"", asked.account}:
        return "other_message"
    if answer.id not in {"ACK", "RSP", "DUH"}:
        return "unknown_answer"
    if answer.id != "DUH" and asked.encrypted and not answer.encrypted:
        return "not_encrypted"  # anybody could have written it (5.5.3.1)
    return ""
