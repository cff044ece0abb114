"""SIA DC-09 frames as bytes, and back. Pure.

A frame is `LF crc 0LLL "id" seq Rrcvr Lpref #acct [data] [x...data...] _timestamp CR`; CRC and length cover what
lies between the length and CR. With a key, everything after the first bracket is AES in CBC mode, written in hex:
random padding, "|", the data, "]", extended data and the timestamp, which is then required.
Source: ANSI/SIA DC-09-2013, section 5.5, as its public review draft and the open receivers show it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from Cryptodome.Cipher import AES

if TYPE_CHECKING:
    from collections.abc import Callable

LF, CR = b"\n", b"\r"
HEADER_BYTES = 8
"""Four hex digits of CRC and four of length, before the first quote."""

LONGEST_BYTES = 4096
"""Of one frame: the length field has three digits that count. Source: DC-09-2013, 5.5.1.3: "0LLL"."""

KEY_BYTES: Final = (16, 24, 32)
"""AES-128, AES-192, AES-256."""

_BLOCK = 16
_TIMESTAMP = "%H:%M:%S,%m-%d-%Y"
_PADDING = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_HEADER = re.compile(
    r'"(?P<encrypted>\*?)(?P<id>[A-Z0-9-]{1,12})"(?P<sequence>\d{4})(?P<address>[^\[\]"]{0,64})\[(?P<rest>.*)',
    re.DOTALL | re.ASCII,
)
_ACCOUNT = re.compile(r"#([0-9A-Fa-f]{3,16})\Z")
_REST = re.compile(r"(?P<data>[^\]]*)\](?P<extended>(?:\[[^\[\]]*\])*)(?:_(?P<timestamp>[0-9:,-]+))?\Z", re.DOTALL)


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC = tuple(_crc_of(byte) for byte in range(256))
"""Polynomial 0xA001, reflected. Source: SIA DC-07, appendix B."""


class FrameError(Exception):
    """Bytes that are no frame.

    Args:
        reason: "format", "crc", "length", "key" or "unframed".
        sentence: what was found.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message or answer.

    Args:
        id: "ADM-CID", "NULL", "ACK", "NAK", "DUH", "RSP".
        sequence: 0 to 9999; 0 in a NAK.
        receiver, line: hex digits.
        account: 3 to 16 hex digits; "" in some answers.
        data: what stands in the first brackets.
        extended: what stands in each further pair.
        timestamp: aware UTC; None for none.
        encrypted: whether it was, or is to be.
    """

    id: str
    sequence: int
    receiver: str = "0"
    line: str = "0"
    account: str = ""
    data: str = ""
    extended: tuple[str, ...] = ()
    timestamp: datetime | None = None
    encrypted: bool = False


def crc16(body: bytes) -> int:
    """Give the CRC-16 of SIA DC-07, appendix B."""
    crc = 0
    for byte in body:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def encode(frame: Frame, key: bytes | None, choose: Callable[[str], str]) -> bytes:
    """Give the bytes of a frame.

    Args:
        frame: ASCII only; with `encrypted` it needs a timestamp.
        key: of AES; used when `encrypted`.
        choose: picks one letter of a text; `secrets.choice` but in tests.
    """
    rest = f"{frame.data}]{''.join(f'[{field}]' for field in frame.extended)}"
    if frame.timestamp is not None:
        rest += frame.timestamp.astimezone(UTC).strftime(f"_{_TIMESTAMP}")
    if frame.encrypted and key is not None:
        rest = _encrypted(rest, key, choose)
    star = "*" if frame.encrypted else ""
    address = f"R{frame.receiver}L{frame.line}#{frame.account}"
    body = f'"{star}{frame.id}"{frame.sequence:04}{address}[{rest}'.encode("ascii")
    return LF + f"{crc16(body):04X}{len(body):04X}".encode() + body + CR


def decode(raw: bytes, key: bytes | None) -> Frame:
    """Read the bytes from LF to CR.

    Raises:
        FrameError: they are no frame, or the key does not open it.
    """
    body = _checked(raw)
    header = _HEADER.fullmatch(body)
    if header is None:
        raise FrameError("format", "the header of the answer is not as SIA DC-09 says")
    encrypted = bool(header["encrypted"])
    rest = _REST.fullmatch(_decrypted(header["rest"], key) if encrypted else header["rest"])
    if rest is None or (encrypted and rest["timestamp"] is None):  # which garbage may look like, once in 256 times
        reason = "key" if encrypted else "format"
        raise FrameError(reason, "what stands in the brackets cannot be read" + (" with this key" * encrypted))
    account = _ACCOUNT.search(header["address"])
    return Frame(
        id=header["id"],
        sequence=int(header["sequence"]),
        account=account[1].upper() if account else "",
        data=rest["data"].rpartition("|")[2],
        extended=tuple(rest["extended"][1:-1].split("][")) if rest["extended"] else (),
        timestamp=_timestamp(rest["timestamp"]),
        encrypted=encrypted,
    )


class Framer:
    """Cuts a stream of bytes into frames; what lies between them is thrown away, as the standard says."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, received: bytes) -> list[bytes]:
        """Give the frames that are complete now, each from LF to CR.

        Some receivers answer a bare `"NAK"` without LF, CRC and CR; it is given as it came, and `decode` names it.
        """
        self._held += received
        frames: list[bytes] = []
        while CR in self._held:
            head, _, self._held = self._held.partition(CR)
            frames.append(head[max(0, head.rfind(LF)) :] + CR)
        if re.fullmatch(rb'\s*"(NAK|DUH)"\s*', self._held):
            frames.append(self._held.strip())
            self._held = b""
        self._held = self._held[-LONGEST_BYTES:]
        return frames


def _checked(raw: bytes) -> str:
    if re.fullmatch(rb'"(NAK|DUH)"', raw):
        raise FrameError("unframed", f"the receiver refused with a bare {raw.decode()}, without CRC")
    if raw[:1] != LF or raw[-1:] != CR or len(raw) > LONGEST_BYTES:
        raise FrameError("format", "an answer must begin with LF and end with CR")
    header, body = raw[1 : 1 + HEADER_BYTES], raw[1 + HEADER_BYTES : -1]
    if re.fullmatch(rb"[0-9A-Fa-f]{8}", header) is None or not body.isascii():
        raise FrameError("format", "an answer must begin with CRC and length in hex, and be ASCII")
    if int(header[:4], 16) != crc16(body):
        raise FrameError("crc", "the answer was damaged on its way")
    if int(header[4:], 16) != len(body):
        raise FrameError("length", f"the answer says {int(header[4:], 16)} bytes and has {len(body)}")
    return body.decode("ascii")


def _encrypted(rest: str, key: bytes, choose: Callable[[str], str]) -> str:
    """Pad to whole blocks, with a random first block at least, since the standard's initial vector is all zeros.

    Source: DC-09-2026, 5.4.4.3, by siadc09 1.0.1: 16 to 31 random characters; older texts allow any number.
    """
    padding = _BLOCK + -(len(rest) + 1) % _BLOCK
    clear = "".join(choose(_PADDING) for _ in range(padding)) + "|" + rest
    return AES.new(key, AES.MODE_CBC, iv=bytes(_BLOCK)).encrypt(clear.encode("ascii")).hex().upper()


def _decrypted(rest: str, key: bytes | None) -> str:
    if key is None:
        raise FrameError("key", "the answer is encrypted and no key is set")
    if len(rest) % (2 * _BLOCK) or re.fullmatch(r"[0-9A-Fa-f]+", rest) is None:
        raise FrameError("format", "an encrypted answer must be whole blocks of hex digits")
    clear = AES.new(key, AES.MODE_CBC, iv=bytes(_BLOCK)).decrypt(bytes.fromhex(rest))
    return clear.decode("latin-1")  # every byte is a letter: padding may be anything, and the rest is checked


def _timestamp(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, _TIMESTAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise FrameError("format", "the timestamp of the answer is no time") from error
