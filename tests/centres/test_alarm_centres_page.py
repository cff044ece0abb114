"""docs/alarm-centres.md says what the gateway does: its tables and messages are compared with the code."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.brief import BedInfo
from alerts.channels.centre.codes import MATTERS, TEST_CODES
from alerts.channels.centre.dc09_frame import Frame, encode
from alerts.channels.centre.scaip_xml import Answer, Home, heartbeat, request
from tests.centres.staged import ZONES, alert

PAGE = (Path(__file__).parents[2] / "docs/alarm-centres.md").read_text("utf-8")
HOME = Home(
    account="417",
    callback="",
    bed=BedInfo(bed_code="B1", resident="李秀兰", devices={"bed_sos": "床头按钮"}, rooms={"bedroom": "卧室"}),
    zones=ZONES,
    timezone=ZoneInfo("Asia/Shanghai"),
)


@pytest.mark.parametrize("matter", MATTERS)
def test_every_matter_has_its_row(matter: str):
    codes = MATTERS[matter]
    cells = [" → ".join(codes.contact_id), codes.device_type or "设备 / device", codes.status, codes.status_over]
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {matter} |")]

    assert [cell.strip() for cell in row.strip("|").split("|")[2:]] == cells


def test_the_test_codes_are_told():
    assert f"| {' → '.join(TEST_CODES.contact_id)} |" in PAGE


@pytest.mark.parametrize("number", range(1, 8))
def test_every_refusal_is_told(number: int):
    reason, _ = Answer(reference="a", status=number).refusal

    assert f"| `snu` {number} | {reason} |" in PAGE


@pytest.mark.parametrize(
    "frame",
    [
        Frame(id="ADM-CID", sequence=42, account="1234", data="#1234|1101 00 001"),
        Frame(id="NULL", sequence=7, account="AB12"),
    ],
)
def test_the_frames_of_the_page_are_ours(frame: Frame):
    raw = encode(frame, None, lambda letters: letters[0]).decode("ascii")

    assert f"LF {raw[1:-1]} CR" in PAGE


@pytest.mark.parametrize("xml", [request(alert(), HOME, "0123456789abcdef"), heartbeat(HOME, "abc")])
def test_the_xml_of_the_page_is_ours(xml: bytes):
    assert xml.decode() in PAGE
