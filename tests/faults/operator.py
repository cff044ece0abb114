"""Whoever answers the hotline's telephone: a real sipp that lets it ring, listens, and presses 1 until it is heard.

What it hears it says back, so that voice goes both ways. Every SIP message is in its log, with the time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.sipp_operator import answer, invited, press, say, scenario_of, until, wait

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"TZ": "UTC"}
LOG = "operator-messages.log"

PRESSING = ('<label id="1"/>', press("1"), until("BYE").replace("/>", ' timeout="4000" ontimeout="1"/>', 1))
"""Until the call ends: whoever presses a key and hears the brief go on presses it again."""

_INVITED = re.compile(
    r"^-+ (?P<at>\S+ \S+)\nUDP message received [^\n]+\n\nINVITE .*?^Call-ID: (?P<call>\S+)", re.MULTILINE | re.DOTALL
)


def command(folder: Path, address: str, port: int, media: int) -> list[str]:
    """Writes what the operator does, and gives what runs it.

    Args:
        folder: of the world.
        address: where it answers.
        port: of SIP.
        media: of the voice.
    """
    steps = (invited(), say("180 Ringing"), wait(0.3), answer(media), wait(1.5), *PRESSING)
    scenario = folder / "operator.xml"
    scenario.write_text(scenario_of(steps), "utf-8")
    return [
        *("sipp", "-sf", str(scenario), "-i", address, "-mi", address, "-p", str(port), "-mp", str(media), "-rtp_echo"),
        *("-t", "u1", "-nostdin", "-trace_msg", "-message_file", str(folder / LOG), "-message_overwrite", "false"),
    ]


def calls(folder: Path) -> list[float]:
    """When the telephone began to ring, each call once."""
    log = folder / LOG
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    first: dict[str, float] = {}
    for found in _INVITED.finditer(text):
        at = datetime.strptime(found["at"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        first.setdefault(found["call"], at.timestamp())
    return sorted(first.values())
