"""What the page says and draws, without a browser; and that its files lean on nothing outside."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.web
from alerts.model import AlertKind, AlertState
from gateway.detection.presence import Confidence, Evidence, Place
from gateway.web import page
from gateway.web.day import LINES, day
from gateway.web.strip import CELLS, Lane, Span, lanes
from gateway.web.view import Happening, Health, PresenceSeen
from gateway.web.words import CONFIDENCE, EVIDENCE, PAGE, PLACES, PLACES_SHORT
from tests.fake_home import BED, DAY, DEVICES, HOHHOT, NOW, STATUS, at, pressed

if TYPE_CHECKING:
    from alerts.spoken import Language

WEB = Path(gateway.web.__file__).parent
ZH = page.Reader(language="zh", timezone=HOHHOT, now=NOW)
EN = page.Reader(language="en", timezone=HOHHOT, now=NOW)
NOWHERE = PresenceSeen(place="unknown", since=None)


def sign(hour: int, minute: int, kind: str = "motion", *, value: bool = True, room: str = "厨房") -> Happening:
    return Happening(at=at(hour, minute), source="reading", kind=kind, value=value, room=room, device=f"{room} {kind}")


@pytest.mark.parametrize(
    ("place", "silent_s", "limit_s", "tone", "zh", "en"),
    [
        ("home", 180.0, 14_400.0, "home", "在家，有动静", "At home, up and about"),
        ("home", 7_200.0, 14_400.0, "quiet", "在家，很安静", "At home, quiet"),
        ("asleep", 7_200.0, 36_000.0, "asleep", "在睡觉", "Asleep"),
        ("away", 0.0, None, "away", "外出了", "Out"),
        ("visitor", 7_200.0, 14_400.0, "visitor", "在家，有人来访", "At home, with a visitor"),
        ("unknown", 60.0, 14_400.0, "unknown", "还不清楚在不在家", "Not known whether at home"),
    ],
)
def test_the_headline_of_each_place(  # noqa: PLR0917 - one row of the table
    place: str, silent_s: float, limit_s: float | None, tone: str, zh: str, en: str
) -> None:
    presence = replace(STATUS.presence, place=place)
    status = replace(STATUS, presence=presence, silent_for_s=silent_s, inactivity_limit_s=limit_s)
    told = page.glance(status, ZH, watching=True)
    assert (told.tone, told.headline, page.glance(status, EN, watching=True).headline) == (tone, zh, en)


@pytest.mark.parametrize(
    ("place", "evidence", "confidence", "zh", "en"),
    [
        ("home", "sign_indoors", "sure", "屋里的传感器看到了动静", "A sensor indoors saw something move"),
        ("visitor", "two_at_once", "likely", "两个房间同时有人（大概）", "Somebody in two rooms at once (likely)"),
        (
            "away", "door_after_visit", "doubtful", "来访的人出门以后，屋里没有动静（不能确定）",
            "The visitor left, and nothing has moved indoors since (not certain)",
        ),
        (
            "unknown", "door_sensor_lost", "doubtful", "大门传感器失联，看不到是否回来",
            "The door sensor is silent, so a return could not be seen",
        ),
    ],
)  # fmt: skip
def test_the_evidence_says_how_surely(place: str, evidence: str, confidence: str, zh: str, en: str) -> None:
    presence = replace(STATUS.presence, place=place, evidence=evidence, confidence=confidence)
    status = replace(STATUS, presence=presence)
    assert [page.glance(status, reader, watching=True).because for reader in (ZH, EN)] == [zh, en]


def test_every_place_and_every_evidence_has_its_words() -> None:
    assert {place.value for place in Place} == set(PLACES_SHORT)
    assert {place.value for place in Place} < set(PLACES)
    assert {evidence.value for evidence in Evidence} == set(EVIDENCE)
    assert {confidence.value for confidence in Confidence} == {"sure", *CONFIDENCE}


def test_an_inactivity_alert_that_nobody_has_taken_turns_the_headline() -> None:
    alert = pressed(kind=AlertKind.INACTIVITY, reason="no_sign_of_life_by_day")
    assert page.glance(replace(STATUS, live=(alert,)), ZH, watching=True).headline == "太久没有动静"
    taken = replace(alert, state=AlertState.ACKNOWLEDGED)
    assert page.glance(replace(STATUS, live=(taken,)), ZH, watching=True).headline == "在家，有动静"


def test_on_the_first_minute_nothing_is_invented() -> None:
    status = replace(STATUS, presence=NOWHERE, last_sign=None)
    told = page.glance(status, ZH, watching=True)
    assert (told.since, told.because, told.last_sign) == ("", "", "还没有")


@pytest.mark.parametrize(
    ("health", "devices", "tone", "zh"),
    [
        (Health(watching=True), DEVICES[:1], "ok", "守望正常工作"),
        (Health(watching=True), DEVICES[:2], "repair", "守望在工作，有 1 个设备要检修"),
        (Health(watching=True, troubles=("disk",)), DEVICES[:1], "weak", "守望有问题"),
        (Health(watching=False), DEVICES[:1], "weak", "守望有问题"),
    ],
)
def test_the_watch_in_one_line(health: Health, devices: tuple[page.DeviceSeen, ...], tone: str, zh: str) -> None:
    told = page.watch(replace(STATUS, devices=devices), health, ZH)
    assert (told.tone, told.words) == (tone, zh)


def test_a_device_says_how_it_is_in_plain_words() -> None:
    never = replace(DEVICES[0], last_heard=None, ok=False)
    rows = page.device_rows((DEVICES[2], DEVICES[6], never), EN, with_ids=True)
    assert [(row.name, row.words, row.aside, row.ok) for row in rows] == [
        ("卫生间拉绳 (cord)", "never heard", "卫生间 · emergency call · Battery 87%", False),
        ("跌倒雷达 (radar)", "working · 3 minutes ago", "卧室 · fall detection · mains", True),
        ("床垫传感器 (bed_strap)", "working · 3 minutes ago", "卧室 · bed · charge not told", True),
    ]


def test_a_taken_alert_calms_down_and_offers_no_button() -> None:
    alerts = (pressed(), pressed(key="b", state=AlertState.ACKNOWLEDGED), pressed(key="c", state=AlertState.RETURNED))
    told = page.cards(replace(STATUS, live=alerts), BED, ZH)
    assert [(card.tone, card.can_take) for card in told] == [("emergency", True), ("taken", False), ("emergency", True)]


def test_the_day_is_told_newest_first_and_repeats_are_counted() -> None:
    told = [(row.name, row.words, row.aside) for row in day(DAY, ZH)]
    assert told[:4] == [
        ("上午 11:02", "厨房人体感应 有人走动", ""),
        ("上午 10:24", "驿站联络 恢复正常", ""),
        ("上午 10:20", "驿站联络 出了问题", ""),
        ("上午 9:45", "客厅人体感应 有人走动", "× 3"),
    ]
    assert told[-1] == ("凌晨 0:00", "睡觉", "")


def test_alerts_of_the_day_and_what_is_not_worth_a_line() -> None:
    happenings = [
        Happening(at=at(9), source="alert", kind="emergency", value="open"),
        Happening(at=at(9, 1), source="reading", kind="heartbeat", value=12.0, device="cord"),
        Happening(at=at(9, 2), source="alert", kind="emergency", value="acknowledged"),
        Happening(at=at(9, 3), source="reading", kind="sos", value="cord", device="卫生间拉绳"),
    ]
    assert [row.words for row in day(happenings, EN)] == [
        "卫生间拉绳 pressed for help",
        "Emergency call taken",
        "Emergency call alert",
    ]


def test_a_busy_day_is_bounded() -> None:
    happenings = [sign(0, 0, room=f"room {number}") for number in range(LINES * 3)]
    assert len(day(happenings, ZH)) == LINES


def test_the_strip_shows_rooms_and_whereabouts() -> None:
    happenings = [
        sign(0, 0, "bed", room="卧室"),  # in bed since before midnight
        sign(2, 40, "bed", value=False, room="卧室"),
        sign(7, 0),
        sign(7, 9),
        sign(7, 10),
        sign(7, 15, value=False),  # the end of a motion is no sign
        sign(9, 0, "bed", room="卧室"),
        Happening(at=at(8), source="presence", kind="away"),
    ]
    presence = PresenceSeen(place="home", since=at(9))
    assert lanes(happenings, presence, midnight=at(0), now=at(10)) == [
        Lane(name="", spans=(Span(start=48, width=6, tone="away"), Span(start=54, width=7, tone="home"))),
        Lane(name="卧室", spans=(Span(start=0, width=17, tone="sign"), Span(start=54, width=7, tone="sign"))),
        Lane(name="厨房", spans=(Span(start=42, width=2, tone="sign"),)),
    ]


@given(
    st.lists(
        st.builds(
            Happening,
            at=st.integers(min_value=-90_000, max_value=180_000).map(lambda s: at(0) + timedelta(seconds=s)),
            source=st.sampled_from(["reading", "presence", "alert", "watch"]),
            kind=st.sampled_from(["motion", "bed", "presence", "contact", "home", "away", "unheard_of"]),
            value=st.one_of(st.booleans(), st.floats(), st.text(max_size=5)),
            room=st.sampled_from(["", "厨房", "卧室"]),
            device=st.sampled_from(["", "a", "b"]),
        ),
        max_size=30,
    ).map(lambda happenings: sorted(happenings, key=lambda h: h.at)),
    st.sampled_from(["zh", "en"]),
)
def test_any_day_can_be_drawn_and_told(happenings: list[Happening], language: Language) -> None:
    reader = replace(ZH, language=language)
    for lane in page.drawing(happenings, STATUS, reader):
        cells = [(span.start, span.start + span.width) for span in lane.spans]
        assert all(0 <= start < end <= CELLS for start, end in cells)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(cells))
    assert all(row.words for row in day(happenings, reader))


def test_every_text_is_used_and_exists_in_both_languages() -> None:
    used = {key for file in WEB.glob("templates/*.html") for key in re.findall(r"\bt\.(\w+)", file.read_text("utf-8"))}
    in_code = {key for file in WEB.glob("*.py") for key in re.findall(r'PAGE\["(\w+)"\]', file.read_text("utf-8"))}
    in_code |= {key for file in WEB.glob("*.py") for key in re.findall(r"PAGE\['(\w+)'\]", file.read_text("utf-8"))}
    assert used | in_code == set(PAGE)
    assert all(words.zh and words.en for words in PAGE.values())


@pytest.mark.parametrize("file", sorted((*WEB.glob("templates/*"), *WEB.glob("static/*"))), ids=lambda file: file.name)
def test_no_file_leans_on_anything_outside_or_holds_inline_code(file: Path) -> None:
    text = file.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) == []
    if file.suffix == ".html":
        assert re.findall(r"<style|style=|<script>|\son\w+=|javascript:", text) == []


def test_the_page_is_small() -> None:
    assert sum(file.stat().st_size for file in WEB.glob("static/*")) < 20_000


@pytest.mark.parametrize(
    ("weak", "zh"), [("alone", "乱报，单独说的不算数，请检查位置"), ("misses", "最近很少有反应，请检查位置和电池")]
)
def test_a_weak_sensor_is_shown_as_such(weak: str, zh: str) -> None:
    row = page.device_rows([replace(DEVICES[4], weak=weak)], ZH)[0]
    assert (row.words, row.ok) == (zh, False)
