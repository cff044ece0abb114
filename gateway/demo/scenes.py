"""What happens in the demo: five incidents of one night and one morning, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.model import AlertKind, Outcome
from gateway.demo.report import Incident
from gateway.demo.terminal import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.limits import Limits

ZONE = ZoneInfo("Asia/Shanghai")
"""Of the simulated home. Source: firmware_sim/house.py, the home that is built in."""

BEGINS = time(22, 20)
"""Local time at which the demo begins: a night's limits hold (from 22:00), and she is in bed."""

MORNING = time(6, 35)
"""She is up by half past six at the latest. Source: firmware_sim/resident.py, `gets_up`."""

FASTEST = 1200.0
"""Source: measured on two busy cores: a radar that reports every 300 s of home time is never taken to be silent."""

WALKING = 8.0
"""Fast enough for a walk through the flat, slow enough to be followed."""

_WILL = timedelta(seconds=90)
"""A broker misses a device after one and a half keep-alives. Source: docs/mqtt.md, 1.6.2."""

_RADAR = timedelta(seconds=20)
"""Until a radar is sure. Source: firmware_sim/channels.py, FALL_STEPS_S."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that is staged in the home.

    Args:
        do: the simulation's verb; what it reports once it has happened has the same name.
        device: which device; "" where the verb needs none.
        words: what the viewer reads then.
    """

    do: str
    words: Words
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One incident, from its cause to its end.

    Args:
        kind, subject: of the alert that it must open.
        device: by which it is known.
        title: for the viewer.
        before: said before anything happens; None when the cause is immediate.
        cause: what befalls her.
        due: home time from the cause to the alert, at the earliest.
        top, least: how fast home time may run until shortly before that, and from then on.
        relief: what is done for her once somebody has taken the call.
        there: said when that person is on the spot.
        outcome: with which the call is closed.
        begins: not before this local time of the next morning; None at once.
    """

    kind: AlertKind
    subject: str
    device: str
    title: Words
    cause: Act
    due: timedelta
    there: Words
    before: Words | None = None
    top: float = 1.0
    least: float = 1.0
    relief: Act | None = None
    outcome: Outcome = Outcome.TRUE_ALARM
    begins: time | None = None

    def incident(self) -> Incident:
        """Give the line of the report that it is to fill."""
        return Incident(kind=self.kind, device=self.device)


def scenes(limits: Limits) -> Sequence[Scene]:
    """Give the incidents in their order.

    Args:
        limits: of the home: they say after how long it is told.
    """
    return (_press(), _fall(), _door(limits), _dead_sensor(), _silence(limits))


def _press() -> Scene:
    return Scene(
        kind=AlertKind.EMERGENCY,
        subject="resident",
        device="pendant",
        title=Words("呼救", "a call for help"),
        cause=Act(
            do="press",
            device="pendant",
            words=Words("老人按下随身的呼救按钮。", "She presses the button that she wears."),
        ),
        due=timedelta(0),
        there=Words("已打通老人的电话：头晕，已请邻居上门。", "She is on the phone: dizzy; the neighbour looks in."),
    )


def _fall() -> Scene:
    return Scene(
        kind=AlertKind.FALL,
        subject="resident",
        device="radar_living",
        title=Words("跌倒", "a fall"),
        before=Words("老人夜里起身，摸黑往客厅走……", "She gets up in the dark and walks to the living room …"),
        cause=Act(do="fall", words=Words("老人在客厅跌倒。", "She falls in the living room.")),
        due=_RADAR,
        top=WALKING,
        least=WALKING,
        relief=Act(do="recover", words=Words("老人被扶起来，回去睡了。", "She is helped up, and goes back to bed.")),
        there=Words("已到老人家中，没有受伤。", "Somebody is with her; she is not hurt."),
    )


def _door(limits: Limits) -> Scene:
    minutes = limits.door_open_night_s / 60
    return Scene(
        kind=AlertKind.DOOR,
        subject="door_entrance",
        device="door_entrance",
        title=Words("夜里大门没关", "the front door left open at night"),
        before=Words("老人又起来，走到门口……", "She is up again and walks to the front door …"),
        cause=Act(
            do="leave_door_open",
            words=Words(
                f"老人打开大门，忘了关。夜里开着 {minutes:.0f} 分钟就要告警，时间加快。",
                f"She opens it and forgets it. {minutes:.0f} minutes are too long by night; time runs faster.",
            ),
        ),
        due=timedelta(seconds=limits.door_open_night_s),
        top=400.0,
        least=25.0,
        relief=Act(do="close_door", words=Words("老人接了电话，回去把门关上。", "Rung up, she goes and closes it.")),
        there=Words("已和老人通话，门已关好。", "She was rung up; the door is closed."),
    )


def _dead_sensor() -> Scene:
    return Scene(
        kind=AlertKind.SILENCE,
        subject="smoke_kitchen",
        device="smoke_kitchen",
        title=Words("传感器没电了", "a sensor dies"),
        cause=Act(
            do="kill",
            device="smoke_kitchen",
            words=Words("厨房烟感的电池耗尽，一声不响地停了。", "The kitchen's smoke alarm dies without a word."),
        ),
        due=_WILL,
        top=120.0,
        least=25.0,
        relief=Act(
            do="revive", device="smoke_kitchen", words=Words("换上新电池，烟感又在了。", "A new battery; it is back.")
        ),
        there=Words("已上门检查。", "Somebody has come to look."),
        outcome=Outcome.FIXED,
    )


def _silence(limits: Limits) -> Scene:
    hours = limits.inactivity_day_s / 3600
    return Scene(
        kind=AlertKind.INACTIVITY,
        subject="resident",
        device="pir_kitchen",
        title=Words("长时间没有动静", "an unexplained silence"),
        begins=MORNING,
        before=Words("清晨，老人起来了，往厨房走……", "In the morning she walks to the kitchen …"),
        cause=Act(
            do="collapse",
            words=Words(
                f"老人倒在厨房：那里没有雷达，按钮也够不着。白天最迟 {hours:g} 小时没有动静就要告警。",
                f"She goes down where no radar sees her. {hours:g} hours without a sign by day are always too long.",
            ),
        ),
        due=timedelta(seconds=limits.inactivity_day_s),
        top=FASTEST,
        least=60.0,
        relief=Act(do="recover", words=Words("老人被救起。", "She is found and helped up.")),
        there=Words("用邻居的钥匙进了门，找到老人，已叫救护车。", "In by the neighbour's key: she is found in time."),
    )
