"""baresip's control port: every cut of the stream gives the same, and what is not baresip is known for it."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.telephone.control import LONGEST, Event, Happened, Malformed, Reader, Response, command


def netstring(fields: dict[str, object]) -> bytes:
    body = json.dumps(fields).encode()
    return b"%d:%s," % (len(body), body)


PRESSED = {
    "event": True,
    "type": "CALL_DTMF_START",
    "class": "call",
    "accountaor": "sip:home@127.0.0.1",
    "direction": "outgoing",
    "peeruri": "sip:test-hotline@127.0.0.1",
    "id": "46e1a89646cf3b58",
    "param": "1",
}
REGISTERED = {"event": True, "type": "REGISTER_OK", "class": "register", "accountaor": "sip:home@a", "param": "200 OK"}
ANSWERED = {"response": True, "ok": False, "data": "command not found (x)\n", "token": "t"}
UNKNOWN = PRESSED | {"type": "CALL_RTPESTAB", "param": "audio"}
THEIRS = PRESSED | {"direction": "incoming"}
INCOMING = PRESSED | {"direction": "incoming", "type": "CALL_INCOMING", "param": "sip:x@y"}

STREAM = b"".join(map(netstring, [PRESSED, UNKNOWN, REGISTERED, THEIRS, ANSWERED, INCOMING]))
TOLD = [
    Event(what=Happened.PRESSED, account="sip:home@127.0.0.1", call="46e1a89646cf3b58", text="1"),
    Event(what=Happened.REGISTERED, account="sip:home@a", text="200 OK"),
    Response(tag="t", ok=False, text="command not found (x)\n"),
    Event(what=Happened.INCOMING, account="sip:home@127.0.0.1", call="46e1a89646cf3b58", text="sip:x@y"),
]


def test_what_baresip_tells_is_read() -> None:
    assert Reader().feed(STREAM) == TOLD


def test_one_byte_at_a_time_tells_the_same() -> None:
    reader = Reader()
    assert [told for byte in STREAM for told in reader.feed(bytes([byte]))] == TOLD


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_every_cut_tells_the_same(cuts: list[int]) -> None:
    reader, edges = Reader(), [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[begin:end] for begin, end in pairwise(edges)]
    assert [told for piece in pieces for told in reader.feed(piece)] == TOLD


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b":",
        b"5:{}...x",
        b"-1:x,",
        b"99999999999",
        b"%d:x" % (LONGEST + 1),
        b"4:null,",
        b"2:[],",
        b"3:{x},",
        b"4:\xff\xff\xff\xff,",
    ],
)
def test_what_is_not_baresip_is_known_for_it(data: bytes) -> None:
    with pytest.raises(Malformed):
        Reader().feed(data)


@given(st.binary(max_size=80))
def test_noise_raises_nothing_else(data: bytes) -> None:
    reader = Reader()
    try:
        reader.feed(data)
    except Malformed:
        return
    assert len(reader._buffer) <= len(data)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=10))
def test_a_command_is_one_netstring(name: str, parameters: str, tag: str) -> None:
    length, _, rest = command(name, parameters, tag=tag).partition(b":")
    assert rest[-1:] == b","
    assert int(length) == len(rest) - 1
    assert json.loads(rest[:-1]) == {"command": name, "params": parameters, "token": tag}
