"""One thing to say at home, and the words for every occasion on which anything may be said there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - part of a value that others inspect
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

from alerts.hours import is_open
from alerts.model import AlertKind
from alerts.occurrence import Words
from alerts.rungs import moment_of, turns

if TYPE_CHECKING:
    from alerts.model import Alert
    from alerts.rungs import Ladder, Rung


class Occasion(StrEnum):
    """Why something is said."""

    COUNTDOWN = "countdown"  # she is asked, and may stop it
    CANCELLED = "cancelled"  # she stopped it
    CALLING = "calling"  # the countdown ran out
    SENT = "sent"  # a far end has her call stored
    STILL_CALLING = "still_calling"  # nobody has taken it, and somebody is being called
    OVERDUE = "overdue"  # it was taken, nobody came, others are being called
    TAKEN = "taken"  # a person has taken it
    SET_OUT = "set_out"  # somebody is on the way
    OVER = "over"  # somebody is with her, or it is closed: nothing is said


LIGHTS = {
    Occasion.COUNTDOWN: "red_flashing",
    Occasion.CANCELLED: "off",
    Occasion.CALLING: "yellow_flashing",
    Occasion.SENT: "yellow",
    Occasion.STILL_CALLING: "yellow_flashing",
    Occasion.OVERDUE: "yellow_flashing",
    Occasion.TAKEN: "green",
    Occasion.SET_OUT: "green_flashing",
    Occasion.OVER: "off",
}
"""The same for those who do not hear."""

ASKED = {
    AlertKind.FALL: Words(
        "好像有人跌倒了，{seconds} 秒后通知{first}。没事请起来走动，或按一下普通按钮。",
        "It seems that somebody has fallen. In {seconds} seconds {first} will be told. If all is well, get up and move"
        " about, or press an ordinary button.",
    ),
    AlertKind.INACTIVITY: Words(
        "很久没有动静了，{seconds} 秒后通知{first}。没事请动一动，或按一下普通按钮。",
        "It has been quiet for long. In {seconds} seconds {first} will be told. If all is well, move about, or press an"
        " ordinary button.",
    ),
}
"""The question of each kind that counts down. A call button would call: so it is the ordinary one that is named."""

SENTENCES = {
    Occasion.COUNTDOWN: Words("还有 {seconds} 秒。", "{seconds} seconds left."),
    Occasion.CANCELLED: Words("好的，已取消。", "All right, cancelled."),
    Occasion.CALLING: Words("正在通知{first}。", "{first} is being told."),
    Occasion.SENT: Words("求助已发出。", "Your call for help has been sent."),
    Occasion.STILL_CALLING: Words("还在联系，请稍等。", "Still calling, please wait."),
    Occasion.OVERDUE: Words(
        "还没有收到有人到达的消息，正在重新联系。", "No word yet that anybody has arrived: calling again."
    ),
    Occasion.TAKEN: Words("{who}已接警。", "{who} has taken your call."),
    Occasion.SET_OUT: Words("有人正在赶来。", "Somebody is on the way."),
    Occasion.OVER: Words("", ""),
}
"""Every sentence."""

TEST = Words("这是测试。", "This is a test. ")
STATION = Words("驿站", "the station")
HELP = Words("能帮忙的人", "somebody who can help")
SOMEBODY = Words("有人", "somebody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One thing to say at home.

    Args:
        alert_key: of which alert.
        occasion: see `Occasion`.
        name: by which it is remembered as said; unique within the alert.
        words: to be said; empty for a light alone.
        at: since when it is so (aware UTC); of two, the newer is said first.
        valid_until: nobody begins to say it after this.
    """

    alert_key: str
    occasion: Occasion
    name: str
    words: Words
    at: datetime
    valid_until: datetime

    @property
    def id(self) -> str:
        """16 hex digits by which a far loudspeaker answers."""
        return blake2b(f"{self.alert_key}\0{self.name}".encode(), digest_size=8).hexdigest()

    @property
    def light(self) -> str:
        """What a lamp shows."""
        return LIGHTS[self.occasion]


def worded(template: Words, alert: Alert, ladder: Ladder, *, through: str = "", seconds: int = 0) -> Words:
    """Fill a sentence's blanks.

    Args:
        template: one of the sentences here.
        alert: the alert that it is about; a test says that it is one.
        ladder: the bed's: names who is called first, and who has it.
        through: the contact through whom it was taken; "" where that is not known.
        seconds: that are left.
    """
    first, who = _first(alert, ladder), _who(alert, ladder, through)
    zh = template.zh.format(seconds=seconds, first=first.zh, who=who.zh)
    en = template.en.format(seconds=seconds, first=first.en, who=who.en)
    if alert.test and zh:
        zh, en = TEST.zh + zh, TEST.en + en
    return Words(zh, en[:1].upper() + en[1:])


def _first(alert: Alert, ladder: Ladder) -> Words:
    """Who is called first when the countdown ends: of those who are there at that hour."""
    start = alert.called_from
    there = (
        turn.rung
        for turn in turns(ladder, alert, start)
        if is_open(turn.rung.hours, moment_of(start, turn.after_s), ladder.zone)
    )
    rung = next(there, None)
    return HELP if rung is None else _spoken(rung)


def _who(alert: Alert, ladder: Ladder, through: str) -> Words:
    """Who has it: the contact through whom it was taken, or the name that was given."""
    name = through or alert.by
    rung = next((rung for rung in ladder.rungs if rung.contact == name), None)
    if rung is not None:
        return _spoken(rung)
    return Words(name, name) if name else SOMEBODY


def _spoken(rung: Rung) -> Words:
    return STATION if "station" in rung.channels else Words(rung.contact, rung.contact)
