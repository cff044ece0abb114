"""Whoever answers the hotline's telephone: a real sipp that lets it ring, listens, and presses 1 until it is heard.

What it hears it says back, so that voice goes both ways. Every SIP message is in its log, with the time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.sipp_operator import answer, invited, press, say, scenario_of, until

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"TZ": "UTC"}
LOG = "operator-messages.log"

_SAID_AGAIN = '<recv request="{said}" optional="true" timeout="{patience_ms}" ontimeout="{then}" next="{back}"/>'


def _hears(request: str, patience_ms: int, then: int, back: int) -> str:
    """Waits for a request. What a slow line brings twice has sipp begin to wait again; by itself it would give up."""
    again = "".join(
        _SAID_AGAIN.format(said=said, patience_ms=patience_ms, then=then, back=back) for said in ("INVITE", "ACK")
    )
    return f'{again}<recv request="{request}" timeout="{patience_ms}" ontimeout="{then}"/>'


def _label(number: int) -> str:
    return f'<label id="{number}"/>'


RINGING_MS, LISTENING_MS, AGAIN_MS = 300, 1500, 4000
"""How long it rings, and before 1 is pressed, and pressed again by whoever hears the brief go on."""

ANSWERING = (
    *(invited(), say("180 Ringing")),
    f'<recv request="INVITE" timeout="{RINGING_MS}" ontimeout="1" next="1"/>',
    _label(1),
)
TAKING = (
    *(_label(2), '<recv request="INVITE" optional="true" next="2"/>', '<recv request="ACK"/>'),
    *(_label(3), _hears("BYE", LISTENING_MS, 4, 3), '<nop next="5"/>'),
    *(_label(4), press("1"), _hears("BYE", AGAIN_MS, 4, 4)),
    *(_label(5), until("BYE").partition("/>")[2]),
)

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
    answered, _, _ = answer(media).partition("<recv")
    steps = (*ANSWERING, answered, *TAKING)
    scenario = folder / "operator.xml"
    scenario.write_text(scenario_of(steps), "utf-8")
    return [
        *("sipp", "-sf", str(scenario), "-i", address, "-mi", address, "-p", str(port), "-mp", str(media), "-rtp_echo"),
        *("-t", "u1", "-nostdin", "-trace_msg", "-message_file", str(folder / LOG), "-message_overwrite", "false"),
        *("-trace_err", "-error_file", str(folder / "operator-errors.log")),
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
