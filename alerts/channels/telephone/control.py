"""baresip's control port (module ctrl_tcp): netstrings of JSON, both ways. Pure: bytes in, events out.

A command is answered by one response; events come whenever they happen. What we cannot read is `Malformed`: whoever
speaks there is not the baresip that we started.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 65_536
"""Bytes of one message. Source: our choice; baresip 1.0.0's longest, a help page, is under 10,000."""


class Malformed(Exception):
    """What came is not a netstring of a JSON object."""


class Happened(StrEnum):
    """What baresip tells us of that we act upon, by its own names."""

    REGISTERED = "REGISTER_OK"
    UNREGISTERED = "REGISTER_FAIL"
    INCOMING = "CALL_INCOMING"
    RINGING = "CALL_RINGING"
    PROGRESS = "CALL_PROGRESS"
    ANSWERED = "CALL_ESTABLISHED"
    PRESSED = "CALL_DTMF_START"
    ENDED = "CALL_CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened.

    Args:
        what: see `Happened`.
        account: the account's address of record, "sip:user@host".
        call: baresip's id of the call; "" for registrations.
        text: the digit pressed, or why a call ended or a registration failed ("486 Busy Here").
    """

    what: Happened
    account: str
    call: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The answer to a command.

    Args:
        tag: of the command.
        ok: whether it was understood.
        text: what baresip printed.
    """

    tag: str
    ok: bool
    text: str


def command(name: str, parameters: str = "", *, tag: str = "") -> bytes:
    """Give the bytes of one command; its response carries the tag."""
    body = json.dumps({"command": name, "params": parameters, "token": tag}, ensure_ascii=False).encode()
    return b"%d:%s," % (len(body), body)


class Reader:
    """Turns bytes, however they are cut, into events and responses."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Event | Response]:
        """Take what came.

        Returns:
            Everything that is complete by now; events that we do not act upon are left out.

        Raises:
            Malformed: it is no netstring of a JSON object.
        """
        self._buffer += data
        found: list[Event | Response] = []
        while (body := self._next()) is not None:
            told = _told(body)
            if told is not None:
                found.append(told)
        return found

    def _next(self) -> bytes | None:
        head, colon, rest = self._buffer.partition(b":")
        if not colon and len(head) < len(str(LONGEST)) + 1 and (not head or head.isdigit()):
            return None
        if not head.isdigit() or int(head) > LONGEST:
            raise Malformed("no netstring: is another program listening on baresip's port?")
        length = int(head)
        if len(rest) <= length:
            return None
        if rest[length : length + 1] != b",":
            raise Malformed("a netstring without its comma")
        self._buffer = rest[length + 1 :]
        return rest[:length]


def _told(body: bytes) -> Event | Response | None:
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise Malformed("no JSON in the netstring") from error
    if not isinstance(fields, dict):
        raise Malformed("no JSON object in the netstring")
    if fields.get("response"):
        return Response(tag=_text(fields, "token"), ok=fields.get("ok") is True, text=_text(fields, "data"))
    kind = fields.get("type")
    if kind not in set(Happened) or (fields.get("direction") == "incoming" and kind != Happened.INCOMING):
        return None
    return Event(
        what=Happened(kind), account=_text(fields, "accountaor"), call=_text(fields, "id"), text=_text(fields, "param")
    )


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
