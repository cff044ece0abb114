"""docs/telephone.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from alerts.channels.telephone.answers import POLICIES
from alerts.channels.telephone.call_words import OF_THIS_HOME, RECORDABLE
from alerts.channels.telephone.conversation import Patience
from alerts.channels.telephone.line import FAREWELL_S
from alerts.channels.telephone.settings_file import DEAF_S, RTP_PORTS

DOCS = (Path(__file__).parents[2] / "docs" / "telephone.md").read_text(encoding="utf-8")


def test_the_table_of_answers_is_the_one_that_is_used() -> None:
    rows = [
        f"| `{answer}` | {policy.zh} / {policy.en} | {policy.pause_s:g} s | {'✓' if policy.next_trunk else '—'} |"
        for answer, policy in POLICIES.items()
    ]
    assert "\n".join(rows) in DOCS


def test_every_recording_is_named() -> None:
    section = DOCS[DOCS.index("### 录音") : DOCS.index("## 每种结果")]
    named = set(re.findall(r"`([a-z_0-9]+(?:\.[a-z_0-9]+)?)`", section))
    counted = {name for name in RECORDABLE if re.match(r"(hour|minute|digit)\.", name)}
    assert {*RECORDABLE, *OF_THIS_HOME} - counted <= named
    assert {"hour.0", "hour.12", "minute.00", "minute.59", "digit.0", "digit.9"} <= named


def test_the_patience_is_told_as_it_is() -> None:
    patience = Patience()
    assert f"振铃 {patience.ring_s:g} s 无人接即挂；{patience.reply_s:g} s 内线路没有任何回应即换" in DOCS
    assert f"念完后再等 {patience.press_s:g} s" in DOCS
    assert f"接通后对方 {DEAF_S} s 没有任何声音" in DOCS
    assert f"不超过 {FAREWELL_S:g} s 的录音" in DOCS
    assert f"UDP {RTP_PORTS.replace('-', '–')}" in DOCS
