"""Which reply takes which alert. Pure.

A reply takes an alert if it says so in so many words ("1", "接警"), comes from the very number that was told, and was
written when that telephone already showed the alert. It takes every such alert that was told to that number: whoever
answers has read what was on the telephone. An alert that was told a moment ago and cannot have been read is left to
the ladder; and so is one that a reply from before, late on its way, cannot have meant.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.channels.texting.mail import Text

WORDS = frozenset({"1", "接警", "1接警", "回复1", "回复1接警", "已接警", "我接警"})
"""Anything else is no acknowledgement: "不接警", "谁", "1楼没人"."""

READ = timedelta(seconds=10)
"""How soon after the network took a message nobody can have read it and answered, where no report says that it
arrived. Source: our choice: 3 s to arrive, 3 s to read, 4 s to answer."""

CLOCKS_APART = timedelta(minutes=2)
"""By how much the clocks of two networks, or of one and ours, may differ. Source: our choice; both follow UTC."""


def accepts(words: str) -> bool:
    """Say whether a reply takes an alert, whatever its width, spaces and punctuation."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", words)) in WORDS


def was_read(reply: Text, heard_at: datetime, *, handed_at: datetime, delivered_at: datetime | None) -> bool:
    """Say whether a reply can be an answer to a message.

    Args:
        reply: what somebody wrote.
        heard_at: when it came.
        handed_at: when the network took the message.
        delivered_at: when the network reports that it arrived; None while it does not.
    """
    if delivered_at is None and heard_at - handed_at < READ:
        return False
    shown_at = delivered_at or handed_at
    return reply.written_at is None or reply.written_at >= shown_at - CLOCKS_APART
