"""What SCAIP says in XML."""

from contextlib import suppress
from datetime import timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.brief import BedInfo
from alerts.channels.centre.scaip_xml import Answer, Home, XmlError, answer, heartbeat, reference_of, request
from alerts.model import AlertKind, AlertState
from tests.centres.staged import AT, ZONES, alert

HOME = Home(
    account="417",
    callback="04715550417",
    bed=BedInfo(bed_code="B1", resident="李秀兰", devices={"bed_sos": "床头<&>按钮"}, rooms={"bedroom": "卧室"}),
    zones=ZONES,
    timezone=ZoneInfo("Asia/Shanghai"),
)


def fields(xml: bytes) -> dict[str, str]:
    root = ET.fromstring(xml)  # noqa: S314 - what we wrote ourselves
    assert root.tag == "mrq"
    return {child.tag: child.text or "" for child in root}


def test_a_press_in_every_tag_and_in_the_schemas_order():
    told = fields(request(alert(), HOME, "abc123"))

    assert list(told.items()) == [
        ("ref", "abc123"),
        ("ver", "01.00"),
        ("cha", "1"),
        ("mty", "ME"),
        ("cid", "417"),
        ("dty", "0004"),
        ("did", "1"),
        ("dte", "床头<&>按钮"),
        ("crd", "tel:04715550417"),
        ("stc", "0010"),
        ("stt", "紧急呼叫"),
        ("lte", "卧室"),
        ("ite", "2026-11-22 15:04:05 起"),
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"device": "pendant"}, {"dty": "0003", "did": "2", "stc": "0010", "mty": "ME"}),
        ({"kind": AlertKind.FALL, "device": "radar"}, {"dty": "0005", "stc": "0009", "mty": "ME"}),
        ({"kind": AlertKind.HAZARD, "reason": "gas", "device": "smoke"}, {"dty": "0021", "stc": "0009", "mty": "ME"}),
        ({"kind": AlertKind.HAZARD, "reason": "hazard_over", "evidence": {"hazard": "gas"},
          "state": AlertState.RETURNED},
         {"dty": "0021", "stc": "0009", "mty": "ME", "ite": "2026-11-22 15:04:05 起，已恢复，尚无人查看"}),
        ({"state": AlertState.ACKNOWLEDGED}, {"mty": "IN", "stc": "0004"}),
        ({"state": AlertState.ATTENDED}, {"mty": "IN", "stc": "0121"}),
        ({"state": AlertState.CLOSED}, {"mty": "RE", "stc": "0093"}),
        ({"count": 3, "last_at": AT + timedelta(minutes=1)}, {"ite": "2026-11-22 15:04:05 起，第 3 次"}),
        ({"test": True}, {"mty": "ME", "stc": "0102", "stt": "测试 紧急呼叫", "dty": "0004"}),
        ({"kind": AlertKind.SYSTEM, "reason": "mains_lost", "evidence": {"part": "mains"}, "device": ""},
         {"dty": "0041", "stc": "0085"}),
    ],
)  # fmt: skip
def test_an_alert_in_codes(changes: dict[str, object], told: dict[str, str]):
    found = fields(request(alert(**changes), HOME, "abc123"))

    assert {tag: found[tag] for tag in told} == told


def test_a_heartbeat():
    home = Home(account="417", callback="", bed=HOME.bed, zones=ZONES, timezone=HOME.timezone)

    assert heartbeat(home, "abc") == (
        b'<?xml version="1.0" encoding="UTF-8"?><mrq><ref>abc</ref><ver>01.00</ver><cha>0</cha><mty>PI</mty>'
        b"<cid>417</cid><dty>0002</dty><crd>no-voice:</crd><stc>0070</stc></mrq>"
    )


def test_nothing_of_the_resident_leaves_the_home_but_codes_rooms_and_devices():
    assert "李秀兰" not in request(alert(), HOME, "a").decode()


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_name_of_a_device_or_room_gives_xml_within_the_limits(device: str, room: str):
    bed = BedInfo(bed_code="B", resident="李", devices={"bed_sos": device}, rooms={"bedroom": room})
    home = Home(account="417", callback="", bed=bed, zones=ZONES, timezone=HOME.timezone)

    told = fields(request(alert(), home, "a"))

    assert all(len(told.get(tag, "")) <= 32 for tag in ("dte", "stt", "lte"))
    assert len(told["ite"]) <= 128


def test_a_reference_is_the_deliverys_own():
    assert reference_of("0123456789abcdef0123456789abcdef") == "0123456789abcdef"


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"<mrs><ref>abc</ref><snu>0</snu></mrs>", Answer(reference="abc", status=0)),
        (b'<?xml version="1.0"?>\n<mrs>\n <ref> abc </ref><snu>00006</snu><ste>later</ste><hbi>2</hbi></mrs>\n',
         Answer(reference="abc", status=6, text="later")),
        (b"<mrs><ref>abc</ref><snu>0</snu><x><ref>other</ref></x></mrs>", Answer(reference="abc", status=0)),
        (b"<mrs><ref>abc</ref><snu>0</snu><ref>other</ref></mrs>", Answer(reference="abc", status=0)),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><mrs><ref>a</ref><snu>5</snu><ste>nicht möglich</ste></mrs>'
         .encode("latin-1"), Answer(reference="a", status=5, text="nicht möglich")),
    ],
)  # fmt: skip
def test_an_answer_is_read(body: bytes, read: Answer):
    assert answer(body) == read


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_xml"),
        (b"hello", "not_xml"),
        (b"<mrs><ref>abc</ref>", "not_xml"),
        (b'<?xml version="1.0" encoding="klingon"?><mrs/>', "not_xml"),
        (b"<mrq><ref>abc</ref></mrq>", "not_mrs"),
        (b"<mrs><snu>0</snu></mrs>", "field"),
        (b"<mrs><ref>abc</ref><snu>ok</snu></mrs>", "field"),
        (b"<mrs><ref>abc</ref><snu>-1</snu></mrs>", "field"),
        (b"<mrs><ref>a b</ref><snu>0</snu></mrs>", "field"),
        (b"<mrs><ref>12345678901234567</ref><snu>0</snu></mrs>", "field"),
        (b'<!DOCTYPE mrs [<!ENTITY a "aaaaaaaa">]><mrs><ref>&a;</ref><snu>0</snu></mrs>', "dtd"),
        (b"<mrs>" + b" " * 5000 + b"</mrs>", "too_large"),
    ],
)
def test_what_is_no_answer_has_a_name(body: bytes, reason: str):
    with pytest.raises(XmlError) as caught:
        answer(body)

    assert caught.value.reason == reason


@given(st.binary(max_size=200))
def test_no_body_does_harm(body: bytes):
    with suppress(XmlError):
        answer(body)


@given(st.text(alphabet="<>/&;abmrsfnu !?[]\"'=0", max_size=120))
def test_no_almost_xml_does_harm(text: str):
    with suppress(XmlError):
        answer(f"<mrs>{text}</mrs>".encode())
