"""What a simulated home does to the world outside: messages, lines that come and go, incidents, what is said aloud."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firmware_sim.message import Message

if TYPE_CHECKING:
    from datetime import datetime

    from firmware_sim.speaker import Sentence


class LineState(StrEnum):
    """What becomes of a client's MQTT connection."""

    UP = "up"  # powered: connect, and stay connected
    SILENT = "silent"  # died: the socket is there, and nothing comes or goes
    CUT = "cut"  # the connection is gone without a goodbye: the broker publishes the last will


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An order to a client's MQTT session."""

    client: str
    state: LineState


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """An incident that has truly happened.

    Args:
        kind: the command's name, or "battery_spent".
        device: which device, or "resident".
        at: home time (aware UTC).
    """

    kind: str
    device: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What an annunciator begins to say, and what its lamp shows.

    Args:
        device: which annunciator.
        sentence: what it says.
        at: home time (aware UTC).
    """

    device: str
    sentence: Sentence
    at: datetime


Effect = Message | Line | Staged | Spoken
