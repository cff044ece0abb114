"""What is said on the telephone, as phrases: each has a name, under which a recording may stand in for it. Pure.

The order is that of an emergency call: who we are, what happened and when, where, how to get in, the illnesses,
whom to ring back, and what to press. Names in `RECORDABLE` are the same in every home; those in `OF_THIS_HOME` may be
recorded when the home is set up. docs/telephone.md lists both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts import spoken
from alerts.brief import brief
from alerts.channels.telephone.aloud import aloud, clock_words, one_by_one
from alerts.model import UNTAKEN_STATES, AlertKind, AlertState
from alerts.occurrence import TITLES

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.model import Alert

LINE_LIMIT = 60
"""Characters of one spoken line. Source: our choice: a quarter of a minute; more is not remembered."""

PARTS_OF_DAY = {"凌晨": "dawn", "上午": "morning", "中午": "noon", "下午": "afternoon", "晚上": "evening"}
"""What `alerts.spoken.clock` calls them, and the names of their recordings."""

OF_HER = frozenset({AlertKind.EMERGENCY, AlertKind.FALL, AlertKind.INACTIVITY})
"""What happens to a person; the rest happens to a home."""

RECORDABLE = {
    "greeting": "您好，这里是家庭养老床位守望系统，自动报警电话。",
    "test": "这是一次测试，不是真实告警。",
    **{f"what.{kind}": f"{'有老人' if kind in OF_HER else ''}{TITLES[kind].zh}。" for kind in AlertKind},
    "when": "时间，",
    **{f"day.{name}": zh for zh, name in PARTS_OF_DAY.items()},
    **{f"hour.{hour}": clock_words(hour, None) for hour in range(13)},
    **{f"minute.{minute:02}": clock_words(None, minute) for minute in range(60)},
    **{f"digit.{digit}": one_by_one(str(digit)) for digit in range(10)},
    "address": "地址，",
    "enter": "进门方式，",
    "illness": "病史，",
    "call_back": "回电号码，",
    "suggest_120": "已经多次呼叫，还没有人接警。情况紧急时，请同时拨打急救电话幺二零。",
    "press": "接警请按一，重听请按二。",
    "press_if_well": "一切都好，请按一，重听请按二。",
    "thanks": "已登记，谢谢。",
    "over": "警情已经结束，谢谢。",
    "taken_by_another": "已由他人接警。",
    "no_need": "您不用再处理，谢谢。",
}
"""Phrases that are the same in every home, with the words that are spoken where no recording is given."""

OF_THIS_HOME = ("caller", "resident", "home.address", "home.enter", "home.illness", "home.call_back")
"""Phrases that may be recorded for one home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Something that is said without a break.

    Args:
        name: of the recording that may stand in for it; "" for words that no recording can know.
        text: the words, ready to be spoken.
        parts: phrases that say the same where all of them are recorded.
    """

    name: str = ""
    text: str
    parts: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What the calls of one home say of it.

    Args:
        bed: the home care bed.
        timezone: of the times told.
        name: who calls, such as the station's name; "" for the greeting alone.
        call_back: the number to ring back; "" for the resident's.
    """

    bed: BedInfo
    timezone: ZoneInfo
    name: str = ""
    call_back: str = ""


def fixed(name: str) -> Phrase:
    """Give one of `RECORDABLE`."""
    return Phrase(name=name, text=RECORDABLE[name])


def asks(alert: Alert) -> bool:
    """Say whether a call about this alert asks somebody to take it, or only tells who has."""
    return alert.state in UNTAKEN_STATES


def whole_brief(alert: Alert, caller: Caller, *, again: bool) -> tuple[Phrase, ...]:
    """Give the brief that asks somebody to take an alert.

    Args:
        alert: as it is now.
        caller: what is said of the home.
        again: from the ladder's second round on; the ambulance is suggested too.
    """
    bed = caller.bed
    return (
        *_who_calls(alert, caller),
        *_what(alert, caller),
        *_line("address", bed.address),
        *_line("enter", bed.how_to_enter),
        *_line("illness", "，".join(bed.illnesses)),
        *_call_back(caller.call_back or bed.phone),
        *([fixed("suggest_120")] if again else []),
        fixed("press"),
    )


def question(alert: Alert, caller: Caller) -> tuple[Phrase, ...]:
    """Give what the resident herself is asked at home when nothing has been seen of her for long."""
    hours = spoken.duration(alert.opened_at - alert.since, "zh")
    text = aloud(f"{caller.bed.resident}，您好。家里已经{hours}没有看到您活动了，您还好吗？")
    return (fixed("greeting"), Phrase(text=text), fixed("press_if_well"))


def news(alert: Alert, caller: Caller) -> tuple[Phrase, ...]:
    """Give what somebody hears who was called about an alert and need not take it any more."""
    over = alert.state in {AlertState.CLOSED, AlertState.CANCELLED}
    end = fixed("over") if over else Phrase(text=f"已由{alert.by or '他人'}接警。")
    return (*_who_calls(alert, caller), *_what(alert, caller), end, fixed("no_need"))


def goodbye(by: str, who: str) -> tuple[Phrase, ...]:
    """Give what the person hears who has just pressed 1.

    Args:
        by: that person, as the ladder calls them.
        who: who has the alert; another if they were quicker; "" when it is over.
    """
    if not who:
        return (fixed("over"),)
    return (fixed("thanks"),) if who == by else (Phrase(text=aloud(f"已由{who}接警，谢谢。")),)


def _who_calls(alert: Alert, caller: Caller) -> tuple[Phrase, ...]:
    name = (Phrase(name="caller", text=f"{aloud(caller.name)}。"),) if caller.name else ()
    return (fixed("greeting"), *name, *([fixed("test")] if alert.test else []))


def _what(alert: Alert, caller: Caller) -> tuple[Phrase, ...]:
    """The kind of alert, then the sentence that tells who, what, where and when; or, from recordings, who and when."""
    who = Phrase(name="resident", text=caller.bed.resident)
    parts = (who, fixed("when"), *_clock(alert.since, caller.timezone))
    said_bed = replace(caller.bed, bed_code="")  # letters and numbers that no ear keeps
    sentence = brief(alert, said_bed, language="zh", timezone=caller.timezone).sentence
    return (fixed(f"what.{alert.kind}"), Phrase(text=aloud(sentence), parts=parts))


def _clock(at: datetime, timezone: ZoneInfo) -> tuple[Phrase, ...]:
    part, time = spoken.clock(at, "zh", timezone).split()
    hour, minute = time.split(":")
    return (fixed(f"day.{PARTS_OF_DAY[part]}"), fixed(f"hour.{hour}"), fixed(f"minute.{minute}"))


def _line(name: str, text: str) -> tuple[Phrase, ...]:
    if not text:
        return ()
    said = Phrase(name=f"home.{name}", text=f"{aloud(spoken.one_line(text, LINE_LIMIT))}。")
    return (fixed(name), said)


def _call_back(number: str) -> tuple[Phrase, ...]:
    if not number:
        return ()
    digits = tuple(fixed(f"digit.{digit}") for digit in number if digit in "0123456789")
    return (fixed("call_back"), Phrase(name="home.call_back", text=f"{one_by_one(number)}。", parts=digits))
