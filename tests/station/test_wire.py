from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.brief import BedInfo, Brief
from alerts.model import Alert, AlertKind, AlertState, Outcome, Severity
from alerts.wire import (
    LARGEST_BYTES,
    PATHS,
    Action,
    AlertMessage,
    Decision,
    DecisionReceipt,
    Heard,
    Heartbeat,
    Receipt,
    Topics,
    WireError,
    address_of,
    qos_of,
    seal,
    unseal,
)

SECRET = b"a secret of thirty-two bytes ...."
TOPICS = Topics(home="home-001")
NOW = datetime(2026, 3, 1, 2, 3, 4, 567890, tzinfo=UTC)
ALERT = Alert(
    key="emergency:sos/bed:00012f",
    kind=AlertKind.EMERGENCY,
    severity=Severity.EMERGENCY,
    subject="sos/bed",
    state=AlertState.OPEN,
    since=NOW,
    opened_at=NOW,
    reason="pressed",
    device="sos/bed",
    evidence={"room": "bedroom", "value": "press", "n": 2, "f": 1.5, "b": True},
    last_at=NOW,
    updated_at=NOW,
    called_from=NOW,
)
BED = BedInfo(
    bed_code="HD-0417",
    resident="王秀英",
    birth_year=1941,
    ability_level=2,
    illnesses=("高血压", "糖尿病"),
    address="呼和浩特市新城区海拉尔大街 12 号 3 单元 402",
    how_to_enter="钥匙在楼下老李家",
    phone="0471-0000000",
    rooms={"bedroom": "卧室"},
    devices={"sos/bed": "床头按钮"},
)
MESSAGE = AlertMessage(
    delivery_id="0123456789abcdef" * 2,
    sent_at=NOW,
    alert=ALERT,
    bed=BED,
    brief_zh=Brief(title="紧急呼叫", sentence="王秀英老人按了紧急呼叫。", lines=("进门:钥匙在楼下老李家",)),
    brief_en=Brief(title="Emergency", sentence="She pressed for help.", lines=()),
)
NAMES = ("alert", "heartbeat", "decision_receipt", "receipt", "decision", "heard")
FOREVER = Path(__file__).parent / "wire_v1.jsonl"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(-(2**53), 2**53)
times = st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1))  # noqa: DTZ001 - hypothesis wants naive bounds
evidence = st.dictionaries(
    texts, st.one_of(texts, numbers, st.booleans(), st.floats(-1e15, 1e15, allow_nan=False)), max_size=4
)
alerts = st.builds(
    Alert,
    key=texts, kind=st.sampled_from(AlertKind), severity=st.sampled_from(Severity), subject=texts,
    state=st.sampled_from(AlertState), since=times, opened_at=times, reason=texts, device=texts, evidence=evidence,
    count=numbers, last_at=times, revision=numbers, updated_at=times, by=texts, called_from=times, rounds=numbers,
    acknowledged_at=st.none() | times, outcome=st.none() | st.sampled_from(Outcome), note=texts,
)  # fmt: skip
beds = st.builds(
    BedInfo,
    bed_code=texts, resident=texts, birth_year=st.none() | numbers, ability_level=st.none() | numbers,
    illnesses=st.lists(texts, max_size=3).map(tuple), address=texts, how_to_enter=texts, phone=texts,
    rooms=st.dictionaries(texts, texts, max_size=3), devices=st.dictionaries(texts, texts, max_size=3),
)  # fmt: skip
briefs = st.builds(Brief, title=texts, sentence=texts, lines=st.lists(texts, max_size=3).map(tuple))
messages = st.one_of(
    st.builds(
        AlertMessage,
        delivery_id=texts, sent_at=times, alert=alerts, bed=beds, brief_zh=briefs, brief_en=briefs, test=st.booleans(),
    ),
    st.builds(Receipt, delivery_id=texts, alert_key=texts, revision=numbers, stored_at=times),
    st.builds(
        Decision,
        id=texts, alert_key=texts, revision=numbers, action=st.sampled_from(Action), by=texts, at=times,
        outcome=st.none() | st.sampled_from(Outcome), note=texts,
    ),
    st.builds(DecisionReceipt, id=texts, state=st.none() | st.sampled_from(AlertState), refused=texts),
    st.builds(
        Heartbeat,
        at=times, sequence=numbers, uptime_s=st.floats(0, 1e9), healthy=st.booleans(), live_alerts=numbers,
        version=texts, presence=st.none() | texts, faults=st.lists(texts, max_size=3).map(tuple), boot=texts,
        paths=st.lists(texts, max_size=3).map(tuple), next_s=st.floats(0, 1e5), alone=st.booleans(), confirmed=numbers,
        confirmed_at=st.none() | times, told_again=st.none() | times,
    ),
    st.builds(Heard, sequence=numbers, forgotten_since=st.none() | times),
)  # fmt: skip


def refusal(payload: bytes, topic: str = TOPICS.receipt, secret: bytes = SECRET) -> WireError:
    with pytest.raises(WireError) as caught:
        unseal(Receipt, topic, payload, secret)
    return caught.value


def sealed(body: str) -> bytes:
    """An envelope whose seal fits any body, as a faulty peer with the right secret would make."""
    receipt = Receipt(delivery_id="x", alert_key="y", revision=1, stored_at=NOW)
    whole = json.loads(seal(receipt, TOPICS.receipt, SECRET))
    from alerts.envelope import _mac  # noqa: PLC0415 - only this function needs the inside

    return json.dumps({**whole, "body": body, "mac": _mac(SECRET, TOPICS.receipt, body.encode())}).encode()


@given(messages)
def test_a_message_arrives_as_it_was_sent(message: AlertMessage) -> None:
    payload = seal(message, "any/topic", SECRET)
    assert unseal(type(message), "any/topic", payload, SECRET) == message


@given(st.binary(max_size=400))
@example(b"[" * LARGEST_BYTES)
@example(b'{"a":' * 9000)
@example(b'{"v":1,"body":"\\ud800","mac":"x"}')
@example(b'{"v":1,"body":"{}","mac":"\xe5\xae\x88"}')
@example(b'{"v":NaN}')
@example(b'{"v":true,"body":"","mac":""}')
def test_no_bytes_raise_anything_but_a_named_refusal(payload: bytes) -> None:
    assert refusal(payload).reason in {"not_utf8", "not_json", "bad_envelope", "bad_version", "bad_seal"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
        max_leaves=8,
    )
)
def test_no_sealed_body_raises_anything_but_a_named_refusal(body: object) -> None:
    assert refusal(sealed(json.dumps(body))).reason == "bad_field"


@pytest.mark.parametrize(
    ("payload", "reason", "sentence"),
    [
        (b" " * (LARGEST_BYTES + 1), "too_big", "65537 bytes; at most 65536 are read"),
        (b"\xff", "not_utf8", "byte 0 is not UTF-8; the sender writes JSON in UTF-8"),
        (b"{", "not_json", "EOF while parsing an object at line 1 column 1"),
        (b"[]", "bad_envelope", "the envelope is an object with v, body and mac"),
        (b'{"v":2}', "bad_version", "found version 2, this end reads 1: update the older end"),
        (b'{"v":1,"body":{},"mac":""}', "bad_envelope", "body and mac are strings"),
        (
            b'{"v":1,"body":"{}","mac":""}',
            "bad_seal",
            "the seal does not fit: both ends need the same secret, and the topic must be theirs",
        ),
    ],
)
def test_each_refusal_says_what_was_found(payload: bytes, reason: str, sentence: str) -> None:
    error = refusal(payload)
    assert (error.reason, error.sentence) == (reason, sentence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{}", "delivery_id: Field required"),
        ("", "body: Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (
            '{"delivery_id":"a","alert_key":"b","revision":"1","stored_at":"2026-03-01T00:00:00Z"}',
            "revision: Input should be a valid integer",
        ),
        (
            '{"delivery_id":"a","alert_key":"b","revision":1,"stored_at":"2026-03-01T00:00:00"}',
            "stored_at: a time needs its zone",
        ),
        (
            '{"delivery_id":"a","alert_key":"b","revision":1' + "0" * 400 + ',"stored_at":"2026-03-01T00:00:00Z"}',
            "revision: a number is finite and at most 2^53",
        ),
        (
            '{"delivery_id":"a","alert_key":"b","revision":1,"stored_at":"0001-01-01T00:00:00+08:00"}',
            "stored_at: the year 1 is no year of an alert",
        ),
        (
            '{"delivery_id":"a","alert_key":"b","revision":1,"stored_at":1772323200}',
            "stored_at: Input should be a valid datetime",
        ),
    ],
)
def test_a_bad_field_is_named(body: str, sentence: str) -> None:
    error = refusal(sealed(body))
    assert (error.reason, error.sentence) == ("bad_field", sentence)


def test_the_seal_binds_secret_topic_and_every_byte() -> None:
    payload = seal(MESSAGE, TOPICS.alert, SECRET)
    assert unseal(AlertMessage, TOPICS.alert, payload, SECRET) == MESSAGE
    for topic, secret, bytes_ in (
        (Topics(home="home-002").alert, SECRET, payload),
        (TOPICS.heartbeat, SECRET, payload),
        (TOPICS.alert, b"another", payload),
        (TOPICS.alert, SECRET, payload.replace("王".encode(), "玉".encode(), 1)),
    ):
        with pytest.raises(WireError, match="bad_seal"):
            unseal(AlertMessage, topic, bytes_, secret)


def test_what_cannot_be_exact_is_not_sent() -> None:
    naive = replace(MESSAGE, sent_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test
    for bad, sentence in (
        (naive, "sent_at: a time needs its zone"),
        (replace(MESSAGE, alert=replace(ALERT, evidence={"x": float("nan")})), "alert.evidence.x: a number is finite"),
        (replace(MESSAGE, alert=replace(ALERT, revision=2**53 + 1)), "alert.revision: a number is finite"),
    ):
        with pytest.raises(WireError, match=rf"bad_field: {sentence}"):
            seal(bad, TOPICS.alert, SECRET)
    with pytest.raises(WireError, match="not_utf8"):
        seal(replace(MESSAGE, bed=replace(BED, address="\ud800")), TOPICS.alert, SECRET)
    with pytest.raises(WireError, match="too_big"):
        seal(replace(MESSAGE, bed=replace(BED, address="长" * 22_000)), TOPICS.alert, SECRET)


def test_times_of_another_zone_are_the_same_moment() -> None:
    beijing = NOW.astimezone(timezone(timedelta(hours=8)))
    payload = seal(replace(MESSAGE, sent_at=beijing), TOPICS.alert, SECRET)
    assert unseal(AlertMessage, TOPICS.alert, payload, SECRET).sent_at == NOW


def test_unknown_fields_are_left_for_later_versions() -> None:
    body = '{"delivery_id":"a","alert_key":"b","revision":1,"stored_at":"2026-03-01T00:00:00Z","mood":"fine"}'
    expected = Receipt(delivery_id="a", alert_key="b", revision=1, stored_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert unseal(Receipt, TOPICS.receipt, sealed(body), SECRET) == expected


def test_what_version_1_once_wrote_is_read_for_ever() -> None:
    """A home is updated later than its station, or earlier: the stored lines must never be changed, only added to."""
    kinds = {"alert": AlertMessage, "receipt": Receipt, "decision": Decision, "decision_receipt": DecisionReceipt}
    kinds |= {"heartbeat": Heartbeat, "heard": Heard}
    lines = FOREVER.read_text(encoding="utf-8").splitlines()
    read = {}
    for line in lines:
        stored = json.loads(line)
        name = stored["topic"].rsplit("/", 1)[1]
        read[name] = unseal(kinds[name], stored["topic"], stored["payload"].encode(), SECRET)
    assert read["alert"] == MESSAGE
    assert read["receipt"].revision == 1
    assert read["decision"].action is Action.CLOSED
    assert read["decision_receipt"].state is AlertState.CLOSED
    assert read["heartbeat"].faults == ("门磁 26 小时没有声音",)
    assert (read["heartbeat"].boot, read["heartbeat"].paths, read["heartbeat"].confirmed) == ("", ("main",), 0)
    assert read["heard"] == Heard(sequence=4711, forgotten_since=NOW)


def test_topics() -> None:
    assert Topics(prefix="x/y", home="h").alert == "x/y/h/alert"
    assert Topics(home="+").decision_receipt == "shouwang-station/v1/+/decision_receipt"
    assert Topics(home="h", path="spare").heard == "shouwang-station/v1/h/spare/heard"
    prefix = "shouwang-station/v1"
    assert address_of(f"{prefix}/home-001/alert", prefix) == ("home-001", "main", "alert")
    assert address_of(f"{prefix}/home-001/spare/heartbeat", prefix) == ("home-001", "spare", "heartbeat")
    assert address_of(f"{prefix}/spare/alert", prefix) == ("spare", "main", "alert")
    for stranger in ("home-001", "/alert", "home-001/other/alert", "home-001/spare/alert/x", "", "home-001//x"):
        assert address_of(f"{prefix}/{stranger}", prefix) == ("", "", ""), stranger
    assert address_of("other/home-001/alert", prefix) == ("", "", "")
    for path in PATHS:
        assert [qos_of(getattr(Topics(home="h", path=path), name)) for name in NAMES] == [1, 0, 1, 1, 1, 0]
    for home in ("", "a/b", "a+", "#", "a\0"):
        with pytest.raises(ValueError, match="one level of a topic"):
            Topics(home=home)
