"""SIA DC-09 frames: ours are read by a second decoder, and nothing that comes can do harm."""

import secrets
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09 import account as other_account
from siadc09 import message as other

from alerts.channels.centre.dc09_frame import Frame, FrameError, Framer, crc16, decode, encode

KEYS = {16: bytes(range(16)), 24: bytes(range(24)), 32: bytes(range(32))}
AT = datetime(2026, 11, 22, 7, 4, 5, tzinfo=UTC)

EVENT = Frame(id="ADM-CID", sequence=42, account="1234", data="#1234|1101 00 001")


def first(letters: str) -> str:
    return letters[0]


def test_the_bytes_of_an_event():
    assert encode(EVENT, None, first) == b'\nD1F80029"ADM-CID"0042R0L0#1234[#1234|1101 00 001]\r'


def test_the_bytes_of_a_link_test():
    assert encode(Frame(id="NULL", sequence=7, account="AB12"), None, first) == b'\nA16D0015"NULL"0007R0L0#AB12[]\r'


def test_the_bytes_of_an_encrypted_event():
    frame = Frame(id="ADM-CID", sequence=42, account="1234", data="#1234|1101 00 001", timestamp=AT, encrypted=True)

    raw = encode(frame, KEYS[16], first)

    assert raw == (
        b'\nE6220098"*ADM-CID"0042R0L0#1234['
        b"DD4B1A0B47DAA7067D0B59D95D58A6AE2E7781F80BBFE74BE6336F8CA5EB6CCF"
        b"0FBF32B025CB7D2FA909D00AFADD8C41097D4CC7B8C9E9D16B3D781B49652DB3\r"
    )
    assert decode(raw, KEYS[16]).data == "1101 00 001"


def test_the_crc_is_the_one_of_the_standards_own_example():
    """Source: the frame in the documentation of siadc09."""
    body = b'"SIA-DCS"9876R579BDFL789ABC#123456A[#123456A|NFA129][M1234567890AB]'

    assert (crc16(body), len(body)) == (0x8C86, 0x43)


@pytest.mark.parametrize("size", [0, 16, 24, 32])
@pytest.mark.parametrize("extended", [(), ("H07:04:05,11-22-2026",)])
@pytest.mark.parametrize(("token", "data"), [("ADM-CID", "#1234|3101 00 017"), ("NULL", "")])
def test_a_second_decoder_reads_every_frame(size: int, extended: tuple[str, ...], token: str, data: str):
    key = KEYS.get(size)
    frame = Frame(
        id=token,
        sequence=9999,
        receiver="12",
        line="AB",
        account="1234",
        data=data,
        extended=extended,
        timestamp=AT if key else None,
        encrypted=key is not None,
    )

    read = other.parse_frame(encode(frame, key, secrets.choice), key)

    assert (read.idtoken, read.seq, read.encrypted) == (token, 9999, key is not None)
    assert (read.account.acct, read.account.rcvr, read.account.pref) == (0x1234, 0x12, 0xAB)
    assert read.timestamp == (AT if key else None)
    if data:
        assert (read.data.event.qualifier, read.data.event.code, read.data.event.addr) == ("3", "101", 0x17)
    if token == "ADM-CID":
        assert [field.value for field in read.xdata] == ([AT] if extended else [])


@pytest.mark.parametrize("size", [0, 16, 24, 32])
def test_we_read_the_answers_of_the_second_decoder(size: int):
    key = KEYS.get(size)
    account = other_account.Account(acct=0x1234, rcvr=0, pref=0, key=key)

    ack = decode(other.AckMessage(account, 42).encode(timestamp=AT), key)
    nak = decode(other.NakMessage(account, AT).encode(), key)
    duh = decode(other.DuhMessage(account, 42).encode(), key)

    assert (ack.id, ack.sequence, ack.account, ack.timestamp, ack.encrypted) == ("ACK", 42, "1234", AT, key is not None)
    assert (nak.id, nak.timestamp, nak.encrypted) == ("NAK", AT, False)
    assert (duh.id, duh.sequence) == ("DUH", 42)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "format"),
        (b"hello\r", "format"),
        (b'\n0000000C"ACK"0042L0#1234[]\r', "crc"),
        (b'\nD1F80028"ADM-CID"0042R0L0#1234[#1234|1101 00 001]\r', "length"),
        (b'"NAK"', "unframed"),
        (b"\n" + b"0" * 5000 + b"\r", "format"),
    ],
)
def test_what_is_no_frame_has_a_name(raw: bytes, reason: str):
    with pytest.raises(FrameError) as caught:
        decode(raw, None)

    assert caught.value.reason == reason


def framed(body: bytes) -> bytes:
    return b"\n" + f"{crc16(body):04X}{len(body):04X}".encode() + body + b"\r"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'"ACK"42[]', "format"),
        (b'"ACK"0042L0#1234[', "format"),
        (b'"ACK"0042L0#1234[]_25:00:00,01-01-2026', "format"),
        (b'"*ACK"0042L0#1234[00112233', "format"),
        (b'"*ACK"0042L0#1234[' + b"AB" * 32, "key"),
    ],
)
def test_what_is_framed_and_makes_no_sense_has_a_name(body: bytes, reason: str):
    with pytest.raises(FrameError) as caught:
        decode(framed(body), KEYS[16])

    assert caught.value.reason == reason


def test_a_wrong_key_is_told_and_no_key_is_told():
    raw = encode(Frame(id="ACK", sequence=1, account="1234", timestamp=AT, encrypted=True), KEYS[16], secrets.choice)

    for key in (KEYS[32], None):
        with pytest.raises(FrameError) as caught:
            decode(raw, key)
        assert caught.value.reason in {"key", "format"}


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_frames_are_cut_out_of_anything(pieces: list[bytes]):
    frame = encode(EVENT, None, first)
    stream = b"".join(piece.replace(b"\r", b"") + frame for piece in pieces)
    framer = Framer()

    found = [raw for byte in stream for raw in framer.feed(bytes([byte]))]

    assert [raw for raw in found if raw == frame] == [frame] * len(pieces)


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(raw: bytes):
    for cut in Framer().feed(raw + b"\r"):
        for key in (None, KEYS[16]):
            with suppress(FrameError):
                assert isinstance(decode(cut, key), Frame)


@given(st.from_regex(rb'"\*?(ACK|NAK|DUH|RSP|NULL)"[0-9]{4}[RL#0-9A-F]{0,20}\[[ -~]{0,80}', fullmatch=True))
def test_no_well_framed_body_does_harm(body: bytes):
    with suppress(FrameError):
        assert decode(framed(body), KEYS[16]).sequence <= 9999
