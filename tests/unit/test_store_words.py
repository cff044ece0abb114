"""What became of a damaged store, told to people."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.durable.words import told

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)
BACKUP = "2026-11-10T00:05:00+00:00"


@pytest.mark.parametrize(
    ("detail", "zh", "en"),
    [
        (
            "damaged whole",
            "数据库损坏；告警已全部从原文件取回",
            "the store is damaged; every alert was read back from it",
        ),
        (
            f"not_a_store backup {BACKUP}",
            "文件不是守望的数据库；已用上午 8:05 的备份恢复，那以后的记录丢失",
            "the file is no store; restored from the backup of 8:05 am; records since then are lost",
        ),
        (
            f"damaged partly {BACKUP}",
            "数据库损坏；能读的已经取回，其余用上午 8:05 的备份补上，那以后的可能有缺",
            (
                "the store is damaged; what could be read was read back, the rest is from the backup of 8:05 am; "
                "later records may be missing"
            ),
        ),
        (
            "gone anew",
            "数据库文件不见了；没有备份，从头开始，以前的记录丢失",
            "the store's file has gone; there was no backup: it began anew, earlier records are lost",
        ),
        (
            "log_damaged partly",
            "数据库的日志损坏；能读的已经取回，可能有缺",
            "the store's log is damaged; what could be read was read back; some may be missing",
        ),
        ("disk_full", "存储卡已满，请清出空间", "the disk is full: make room"),
        (
            "no_backup read_only",
            "做不了备份；存储卡变成只读，请更换存储卡",
            "no backup can be made; the disk is read-only: replace the card",
        ),
        ("", "", ""),
        ("something else", "", ""),
        ("damaged backup yesterday", "数据库损坏", "the store is damaged"),
    ],
)
def test_a_detail_is_told_in_a_sentence(detail: str, zh: str, en: str):
    assert told(detail, "zh", CHINA, seen_from=NOW) == zh
    assert told(detail, "en", CHINA, seen_from=NOW) == en
