"""SIP messages as bytes, and back: as much of RFC 3261 as MESSAGE (RFC 3428) needs. Pure.

What a far end sends is read strictly where an answer depends on it, and otherwise left alone: a header that we do not
use may be anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BRANCH_COOKIE = "z9hG4bK"
"""Begins every branch. Source: RFC 3261, 8.1.1.7."""

LONGEST_BYTES = 65_535
"""Of one message: what a datagram can hold."""

_COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "l": "content-length",
    "c": "content-type",
    "m": "contact",
    "k": "supported",
    "s": "subject",
    "e": "content-encoding",
}
"""Source: RFC 3261, 7.3.3."""

_REQUEST = re.compile(r"([A-Za-z0-9.!%*_+`'~-]{1,32}) ([^\s]{1,512}) SIP/2\.0")
_RESPONSE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) (.{0,256})")
_VIA = re.compile(r"SIP\s*/\s*2\.0\s*/\s*[A-Za-z0-9-]{1,16}\s+([^\s;,]{1,255})\s*(;.*)?", re.DOTALL)
_BRANCH = re.compile(r";\s*branch\s*=\s*([^\s;,\"]{1,256})", re.IGNORECASE)
_CSEQ = re.compile(r"([0-9]{1,10})\s+([A-Za-z0-9.!%*_+`'~-]{1,32})")
_TAG = re.compile(r";\s*tag\s*=", re.IGNORECASE)
_NEEDED = ("via", "from", "to", "call-id", "cseq")


class SipError(Exception):
    """Bytes that are no SIP message.

    Args:
        reason: "not_sip", "header", "missing_header", "length" or "too_large".
        sentence: what was found.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What requests and responses have in common.

    Args:
        lines: (name in small letters, value) in their order.
        branch: of the topmost Via, which names the transaction; "" where the far end is older than RFC 3261.
        sent_by: host and port of the topmost Via.
        cseq: number and method.
    """

    lines: tuple[tuple[str, str], ...]
    branch: str
    sent_by: str
    cseq: tuple[int, str]

    def first(self, name: str) -> str:
        """Give a header's first value; "" when it is not there."""
        return next((value for known, value in self.lines if known == name), "")

    def every(self, name: str) -> list[str]:
        """Give all values of a header."""
        return [value for known, value in self.lines if known == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody asks."""

    method: str
    uri: str
    headers: Headers
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Somebody answers."""

    code: int
    phrase: str
    headers: Headers
    body: bytes = field(repr=False)


def parse(raw: bytes) -> Request | Response:
    """Read one message.

    Args:
        raw: a datagram, or what a `StreamFramer` cut out.

    Raises:
        SipError: it is none, or lacks what every message must have.
    """
    if len(raw) > LONGEST_BYTES:
        raise SipError("too_large", f"a message has at most {LONGEST_BYTES} bytes")
    head, blank, body = raw.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        raise SipError("not_sip", "there is no empty line after the headers")
    try:
        first, *lines = re.sub(rb"\r\n[ \t]+", b" ", head).decode().split("\r\n")
    except UnicodeDecodeError as error:
        raise SipError("not_sip", "the headers are not UTF-8") from error
    headers = _headers(tuple(_header(line) for line in lines))
    body = _body(headers, body)
    if request := _REQUEST.fullmatch(first):
        return Request(method=request[1], uri=request[2], headers=headers, body=body)
    if response := _RESPONSE.fullmatch(first):
        return Response(code=int(response[1]), phrase=response[2], headers=headers, body=body)
    raise SipError("not_sip", "the first line is neither a request's nor a response's")


def write(first: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """Give the bytes of a message; its Content-Length is added.

    Raises:
        ValueError: a line break in a header, which would begin another one.
    """
    lines = [first, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}"]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a SIP header must not hold a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def write_response(
    request: Request, code: int, phrase: str, *, tag: str, headers: Iterable[tuple[str, str]] = ()
) -> bytes:
    """Give the answer to a request (RFC 3261, 8.2.6): its Via, From, Call-ID and CSeq, and a tag at To."""
    to = request.headers.first("to")
    echoed = [
        *(("Via", via) for via in request.headers.every("via")),
        ("From", request.headers.first("from")),
        ("To", to if _TAG.search(to) else f"{to};tag={tag}"),
        ("Call-ID", request.headers.first("call-id")),
        ("CSeq", request.headers.first("cseq")),
    ]
    return write(f"SIP/2.0 {code} {phrase}", [*echoed, *headers])


class StreamFramer:
    """Cuts a stream of bytes into messages by their Content-Length (RFC 3261, 18.3)."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, received: bytes) -> list[bytes]:
        """Give the messages that are complete now; empty lines between them are keep-alives.

        Raises:
            SipError: the stream cannot be cut any more: it must be closed.
        """
        self._held = (self._held + received).lstrip(b"\r\n")
        messages: list[bytes] = []
        while (end := self._end()) is not None:
            messages.append(self._held[:end])
            self._held = self._held[end:].lstrip(b"\r\n")
        if len(self._held) > LONGEST_BYTES:
            raise SipError("too_large", f"a message has at most {LONGEST_BYTES} bytes")
        return messages

    def _end(self) -> int | None:
        head, blank, rest = self._held.partition(b"\r\n\r\n")
        if not blank:
            return None
        lengths = re.findall(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?$", head)
        if not lengths:
            raise SipError("length", "a message on a stream must have a Content-Length")
        if int(lengths[0]) > LONGEST_BYTES:
            raise SipError("too_large", f"a message has at most {LONGEST_BYTES} bytes")
        return len(head) + len(blank) + int(lengths[0]) if len(rest) >= int(lengths[0]) else None


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.strip().lower()
    if not colon or re.fullmatch(r"[a-z0-9.!%*_+`'~-]{1,64}", name) is None:
        raise SipError("header", "a line of the headers has no name before a colon")
    if "\r" in value or "\n" in value:
        raise SipError("header", "a line of the headers is broken by half a line end")
    return _COMPACT.get(name, name), value.strip()


def _headers(lines: tuple[tuple[str, str], ...]) -> Headers:
    known: dict[str, str] = {}
    for name, value in lines:
        known.setdefault(name, value)
    missing = [name for name in _NEEDED if name not in known]
    if missing:
        raise SipError("missing_header", f"there is no {missing[0]}")
    via, cseq = _VIA.match(known["via"]), _CSEQ.fullmatch(known["cseq"])
    if via is None or cseq is None:
        raise SipError("header", "Via or CSeq cannot be read")
    branch = _BRANCH.search((via[2] or "").partition(",")[0])
    return Headers(lines=lines, branch=branch[1] if branch else "", sent_by=via[1], cseq=(int(cseq[1]), cseq[2]))


def _body(headers: Headers, body: bytes) -> bytes:
    lengths = headers.every("content-length")
    if not lengths:
        return body
    if re.fullmatch(r"[0-9]{1,9}", lengths[0]) is None or int(lengths[0]) > len(body):
        raise SipError("length", "the body is shorter than its Content-Length")
    return body[: int(lengths[0])]
