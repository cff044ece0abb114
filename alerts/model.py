"""What people are told: a detection becomes an alert, an alert becomes deliveries.

All three are immutable values with aware UTC times. They are made by pure functions (`gateway.detection`,
`alerts.lifecycle`, `alerts.ladder`) and written by one store in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class AlertKind(StrEnum):
    """What happened, in the station's words."""

    EMERGENCY = "emergency"  # 紧急呼叫: somebody pressed for help
    FALL = "fall"  # 跌倒: a device reports a fall
    INACTIVITY = "inactivity"  # 长时间无动静: at home and no sign of life for too long
    DOOR = "door"  # 门未关 / 夜间外出: entrance left open, or out at night
    HAZARD = "hazard"  # 烟雾、燃气、一氧化碳、漏水
    SILENCE = "silence"  # 设备失联: a sensor, the radio bridge or the home's broker says nothing any more
    BATTERY = "battery"  # 电量低
    TAMPER = "tamper"  # 设备被拆动
    TEST = "test"  # 测试: somebody tries the chain on purpose
    SYSTEM = "system"  # 守望自身故障: disk full, clock not trusted, button stuck


class Severity(StrEnum):
    """How hard we try to reach a person; orders the outbox."""

    EMERGENCY = "emergency"  # a life may be at stake now: every rung, day and night
    WARNING = "warning"  # somebody should look soon: every rung
    FAULT = "fault"  # the watch itself is weaker: the station


SEVERITY_RANK = {Severity.EMERGENCY: 0, Severity.WARNING: 1, Severity.FAULT: 2}
"""Lower is sent first."""


class Phase(StrEnum):
    """Whether a detection says that a condition began or that it went away."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a detector concluded.

    Args:
        key: made of readings alone, never of the moment of noticing, so that the same facts give the same key
            after any crash. A raised key is applied once, however often it is seen.
        kind: what it is about.
        phase: raised or cleared; a cleared detection carries the key that was raised.
        severity: see `Severity`.
        subject: the device id it is about, or "resident". One live alert per kind and subject: a further raised
            key of the same kind and subject is a further occurrence (a press while the alert is open).
        device: the device whose reading decided it; "" when time alone did.
        since: when it truly began (aware UTC): the press, the last sign of life, the door's opening.
        at: when it was noticed (aware UTC).
        reason: a short fixed name, for logs and counters: "pressed", "no_sign_of_life_by_day", ...
        evidence: facts for the brief: names to plain values (str, int, float, bool); times as ISO 8601 strings.
        countdown_s: seconds that the resident has to say "I'm fine" before anybody is called (预警倒计时); 0 where
            nobody may wait: an emergency call, a fall that a device is sure of.
        test: part of a test of the chain; never a reason to run.
    """

    key: str
    kind: AlertKind
    phase: Phase
    severity: Severity
    subject: str
    since: datetime
    at: datetime
    reason: str
    device: str = ""
    evidence: dict[str, str | int | float | bool] = field(default_factory=dict)
    countdown_s: float = 0.0
    test: bool = False


class AlertState(StrEnum):
    """Where an alert is in its life; the arrows are in `alerts.lifecycle`."""

    PENDING = "pending"  # 预警倒计时: the resident may still cancel
    OPEN = "open"  # nobody has taken it
    ACKNOWLEDGED = "acknowledged"  # 已接警: a person has taken it
    ATTENDED = "attended"  # 已到场: a person is with her
    RETURNED = "returned"  # the condition went away, and nobody has looked
    CANCELLED = "cancelled"  # the resident cancelled in time
    CLOSED = "closed"  # 已办结, with an outcome


LIVE_STATES = frozenset(
    {AlertState.PENDING, AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.ATTENDED, AlertState.RETURNED}
)
"""States in which a further occurrence belongs to the same alert."""

UNTAKEN_STATES = frozenset({AlertState.OPEN, AlertState.RETURNED})
"""States in which the ladder still looks for a person."""


class Outcome(StrEnum):
    """处置结果: what a person found."""

    TRUE_ALARM = "true_alarm"  # 确有险情
    FALSE_ALARM = "false_alarm"  # 误报
    TEST = "test"  # 测试
    NO_ANSWER = "no_answer"  # 敲门无人应答
    FIXED = "fixed"  # 设备已修复


class Cause(StrEnum):
    """误报原因: what a false alarm came from; so that it can be cured."""

    PRESSED_BY_MISTAKE = "pressed_by_mistake"  # 误按
    DEVICE = "device"  # 设备误报
    VISITOR = "visitor"  # 来人
    PET = "pet"  # 宠物
    AWAY = "away"  # 老人不在家
    ASLEEP = "asleep"  # 老人在睡觉
    OTHER = "other"  # 其他


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that a person must take.

    Args:
        key: the key of the detection that opened it.
        kind: what it is about.
        severity: of the gravest detection so far.
        subject: the device id it is about, or "resident".
        reason: of the latest detection told.
        device: of the latest detection told.
        evidence: of the latest detection told.
        state: see `AlertState`.
        since: when it truly began.
        opened_at: when the gateway noticed it.
        count: occurrences so far (presses); 1 at first.
        last_at: when the latest occurrence was.
        revision: rises by one with each change that people are told of; 1 at first.
        updated_at: when the state last changed.
        by: who acknowledged, attended or closed it last; "" before.
        acknowledged_at: when a person took it; None while nobody has.
        set_out_at: when somebody set out (出发); None before.
        called_from: when the ladder began to run: at opening, when a countdown ends, and again whenever it opens
            again. In the future while PENDING.
        rounds: how often the ladder has been planned since then.
        outcome: set when closed.
        cause: of a false alarm, when the person who closed it named one.
        note: free words of the person who closed it.
        test: part of a test of the chain; never a reason to run.
    """

    key: str
    kind: AlertKind
    severity: Severity
    subject: str
    state: AlertState
    since: datetime
    opened_at: datetime
    reason: str
    device: str = ""
    evidence: dict[str, str | int | float | bool] = field(default_factory=dict)
    count: int = 1
    last_at: datetime
    revision: int = 1
    updated_at: datetime
    by: str = ""
    acknowledged_at: datetime | None = None
    set_out_at: datetime | None = None
    called_from: datetime
    rounds: int = 1
    outcome: Outcome | None = None
    cause: Cause | None = None
    note: str = ""
    test: bool = False


class DeliveryState(StrEnum):
    """How far one telling has come. A machine's receipt is not a human's acknowledgement."""

    DUE = "due"  # to be sent at due_at (again, if attempt > 0)
    SENT = "sent"  # handed over; the far end has not yet said that it is stored
    RECEIPTED = "receipted"  # stored at the far end
    FAILED = "failed"  # given up; the ladder's later rungs go on
    SUPERSEDED = "superseded"  # no longer needed: a person has taken the alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One telling of one alert to one contact; the row that the dispatcher works from.

    Args:
        id: 32 hex digits made of alert, contact, channel, moment, revision and round; the idempotency key at the far
            end. Attempts to send the same telling share it.
        alert_key: which alert.
        contact: the ladder's name of whom we tell ("station", "daughter", ...).
        channel: "station", "webhook", "call", "sms", "scaip" or "dc09".
        severity: of the alert; orders the outbox.
        revision: the alert's revision that it tells.
        round: how often the ladder has come round to this contact for this revision, from 1.
        attempt: how often sending was tried.
        state: see `DeliveryState`.
        due_at: when to send (next).
        receipt: the far end's word that it is stored; "" before.
        error: the latest failure's name and sentence; "" when none.
    """

    id: str
    alert_key: str
    contact: str
    channel: str
    severity: Severity
    revision: int
    round: int = 1
    attempt: int = 0
    state: DeliveryState = DeliveryState.DUE
    due_at: datetime
    receipt: str = ""
    error: str = ""
