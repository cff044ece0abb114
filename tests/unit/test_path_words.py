"""What the page and the brief say of the daily tests of the paths."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.brief import BedInfo, brief
from alerts.model import Alert, AlertKind, AlertState, Severity
from gateway.web.chain import path_rows
from gateway.web.page import Reader
from gateway.web.view import PathTested

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 1, 2, 7, tzinfo=UTC)
TESTS = [
    PathTested(path="station spare", at=AT, ok=True, told="the station answered within 0.4 s"),
    PathTested(path="contact 女儿", at=AT, ok=False, told="refused: the receiver answered 404 to OPTIONS"),
]


def test_failed_paths_stand_first_and_each_says_when_and_why():
    rows = path_rows(TESTS, Reader(language="zh", timezone=ZONE, now=AT))
    assert [(row.name, row.words, row.ok) for row in rows] == [
        ("联系“女儿”", "有问题", False),
        ("驿站备用通道", "正常", True),
    ]
    assert rows[0].aside == "上午 10:07 · refused: the receiver answered 404 to OPTIONS"
    assert [row.name for row in path_rows(TESTS, Reader(language="en", timezone=ZONE, now=AT))] == [
        "Reaching “女儿”",
        "Spare path to the station",
    ]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "王老人家的守望盒从上午 10:07 起有故障：每天的线路测试联系不上“女儿”。"),
        (
            "en",
            "The watch box of 王 has been in trouble since 10:07 am: the daily test of the paths cannot reach “女儿”.",
        ),
    ],
)
def test_a_contact_that_cannot_be_reached_is_named(language: str, sentence: str):
    alert = Alert(
        key="trouble:1", kind=AlertKind.SYSTEM, severity=Severity.FAULT, subject="gateway/contact 女儿",
        state=AlertState.OPEN, since=AT, opened_at=AT, reason="gateway_trouble", evidence={"part": "contact 女儿"},
        last_at=AT, updated_at=AT, called_from=AT,
    )  # fmt: skip
    told = brief(alert, BedInfo(bed_code="", resident="王"), language=language, timezone=ZONE)  # type: ignore[arg-type]
    assert told.sentence == sentence
