"""What an alarm receiver's answers mean."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from alerts.channels.centre.dc09_dialogue import Dialogue, Verdict
from alerts.channels.centre.dc09_frame import Frame, encode
from alerts.channels.centre.ignored import Ignored

KEY = bytes(range(16))
NOW = datetime(2026, 11, 22, 7, 4, 5, tzinfo=UTC)
PLAIN = Frame(id="ADM-CID", sequence=42, account="1234", data="#1234|1101 00 001")
SECRET = Frame(id="ADM-CID", sequence=42, account="1234", data="#1234|1101 00 001", timestamp=NOW, encrypted=True)


def dialogue(key: bytes | None) -> Dialogue:
    return Dialogue(key=key, ignored=Ignored())


def answer(token: str, **changes: object) -> bytes:
    told = {"id": token, "sequence": 42, "account": "1234"} | changes
    return encode(Frame(**told), KEY, secrets.choice)


@pytest.mark.parametrize(
    ("raw", "verdict", "ignored"),
    [
        (answer("ACK"), Verdict.STORED, {}),
        (answer("ACK", account=""), Verdict.STORED, {}),
        (answer("RSP"), Verdict.STORED, {}),
        (answer("DUH"), Verdict.UNABLE, {}),
        (answer("NAK", sequence=0, account="", timestamp=NOW + timedelta(hours=8)), Verdict.REFUSED, {}),  # no clock
        (b'"NAK"', Verdict.REFUSED, {"unframed": 1}),
        (answer("ACK", sequence=41), Verdict.NOTHING, {"other_message": 1}),  # to an earlier message, late
        (answer("ACK", account="9999"), Verdict.NOTHING, {"other_message": 1}),
        (answer("NULL"), Verdict.NOTHING, {"unknown_answer": 1}),
        (answer("ACK").replace(b"ACK", b"AKC"), Verdict.NOTHING, {"crc": 1}),
    ],
)
def test_an_answer_in_clear(raw: bytes, verdict: Verdict, ignored: dict[str, int]):
    talk = dialogue(None)

    assert talk.judge(raw, PLAIN, NOW) is verdict
    assert talk.ignored.counts == ignored


@pytest.mark.parametrize(
    ("raw", "verdict", "ignored"),
    [
        (answer("ACK", timestamp=NOW, encrypted=True), Verdict.STORED, {}),
        (answer("ACK", timestamp=NOW), Verdict.NOTHING, {"not_encrypted": 1}),  # anybody could have written it
        (answer("DUH"), Verdict.UNABLE, {}),
        (answer("NAK", timestamp=NOW + timedelta(seconds=1)), Verdict.REFUSED, {}),  # our time is right: account, key
        (answer("NAK"), Verdict.REFUSED, {}),
    ],
)
def test_an_answer_to_an_encrypted_message(raw: bytes, verdict: Verdict, ignored: dict[str, int]):
    talk = dialogue(KEY)

    assert talk.judge(raw, SECRET, NOW) is verdict
    assert talk.ignored.counts == ignored
    assert talk.offset == timedelta()


def test_a_nak_corrects_the_time_that_we_send_and_nothing_else():
    talk = dialogue(KEY)
    theirs = NOW + timedelta(hours=8)

    assert talk.judge(answer("NAK", sequence=0, account="", timestamp=theirs), SECRET, NOW) is Verdict.CLOCK
    assert talk.timestamp(NOW) == theirs
    assert talk.judge(answer("NAK", sequence=0, account="", timestamp=theirs), SECRET, NOW) is Verdict.REFUSED


def test_without_a_key_no_time_is_told():
    assert dialogue(None).timestamp(NOW) is None
