"""The JSON that the API gives and takes: documented models, so that /openapi.json says what each field means."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations when the module is loaded
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from alerts.brief import brief
from alerts.model import (  # noqa: TC001 - pydantic reads the annotations when the module is loaded
    AlertKind,
    AlertState,
    Cause,
    Outcome,
    Severity,
)
from gateway.web.coverage import sentences, todo
from gateway.web.trends import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.brief import BedInfo
    from alerts.model import Alert
    from alerts.spoken import Language
    from gateway.web.coverage_view import CoverageSeen
    from gateway.web.view import HomeView, Status, TrendSeen


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as broken:
        raise ValueError("holds half a character (a lone surrogate), which cannot be stored") from broken
    if any(not (letter.isprintable() or letter == "\n") for letter in text):
        raise ValueError("holds control characters")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]
Name = Annotated[Text, Field(min_length=1, max_length=40)]
Note = Annotated[Text, Field(max_length=500)]
Key = Annotated[Text, Field(min_length=1, max_length=300)]


class Answer(BaseModel):
    """Reads plain values by attribute."""

    model_config = ConfigDict(from_attributes=True)


class HealthAnswer(Answer):
    """Whether anybody keeps watch."""

    state: Literal["ok", "degraded", "not_watching"] = Field(description="not_watching comes with status 503")
    reasons: tuple[str, ...] = Field(description="fixed names of what is weaker than it should be")


class PresenceAnswer(Answer):
    """Where the person is, as far as the sensors tell."""

    place: Literal["home", "asleep", "away", "visitor", "unknown"]
    since: datetime | None = Field(description="null while nothing has been heard")
    evidence: str = Field(description="fixed name of why it is believed")
    confidence: Literal["sure", "likely", "doubtful"]


class SignAnswer(Answer):
    """The last thing that the person did."""

    at: datetime
    room: str
    device: str


class PartAnswer(Answer):
    """One part of the watch itself."""

    name: str
    ok: bool
    since: datetime | None
    detail: str


class DeviceAnswer(Answer):
    """One device and how it is."""

    id: str
    name: str
    room: str
    role: str
    mains: bool
    last_heard: datetime | None
    battery_percent: float | None
    battery_low: bool
    ok: bool = Field(description="its word can be relied on now")
    weak: str = Field(description='"alone": counts only beside another; "misses": has fallen quiet; else empty')


class BriefAnswer(Answer):
    """One alert in words."""

    title: str
    sentence: str
    lines: tuple[str, ...]


class AlertAnswer(Answer):
    """One thing that a person must take, or has taken."""

    key: str = Field(
        description="to be given back when acknowledging", examples=["pressed/cord/2026-11-22T01:58:00+00:00"]
    )
    kind: AlertKind
    severity: Severity
    state: AlertState
    subject: str = Field(description='a device id, or "resident"')
    reason: str
    since: datetime = Field(description="when it truly began")
    opened_at: datetime = Field(description="when the gateway noticed it")
    count: int = Field(description="occurrences so far, such as presses")
    last_at: datetime
    revision: int
    updated_at: datetime
    by: str = Field(description="who took, attended or closed it last; empty before")
    acknowledged_at: datetime | None
    set_out_at: datetime | None = Field(description="somebody is on the way")
    outcome: Outcome | None
    cause: Cause | None = Field(description="of a false alarm, where it was named")
    note: str
    test: bool = Field(description="part of a test of the chain; never a reason to run")
    brief: dict[Literal["zh", "en"], BriefAnswer]


class PathTestAnswer(Answer):
    """What the latest daily test of one path came to."""

    path: str = Field(description='"station main", "station spare", "telephone", "modem", "contact <name>", ...')
    at: datetime
    ok: bool
    told: str = Field(description="what proved it, or what failed and what to do")


class TodoAnswer(Answer):
    """What would make the longest unseen time better."""

    todo: str = Field(description="fixed name: battery, power, install, bridge, path, add_sensor")
    what: str = Field(description="the name of the device or room, or a part of the gateway")


class SpotAnswer(Answer):
    """One place and how long she could lie there unseen."""

    room: str
    in_bed: bool
    longest_s: float | None = Field(description="at the worst hour; null where nothing bounds it")
    begins: str = Field(description="that hour by the home's clock; empty where every hour is as bad")
    cause: str = Field(description="fixed name: radar, silence, taken_for_out, all_silent, no_way")
    hours_s: tuple[float | None, ...] = Field(description="by the hour of the day in which she came to lie there")


class CoverageAnswer(Answer):
    """The longest time that she could lie helpless before anybody is told, as things stand."""

    longest_s: float | None = Field(description="null where nothing bounds it")
    in_order_s: float | None = Field(description="the same with everything in order")
    limit_s: float = Field(description="the bed's limit; 0 for none")
    at_door_s: float | None = Field(description="beside the entrance, taken to be out; 0 where that cannot happen")
    todo: tuple[TodoAnswer, ...] = Field(description="most useful first")
    spots: tuple[SpotAnswer, ...] = Field(description="every place, the worst first")
    impaired: SpotAnswer | None = Field(description="the worst of those that something broken makes worse")
    sentence: dict[Literal["zh", "en"], str] = Field(description="what makes it so, and what to do")


class TrendAnswer(Answer):
    """One figure of her days, this week beside the four weeks before: a report, never an alarm."""

    name: str = Field(description="fixed name: activity_h, night_trips, up_at_h, bathroom_min")
    week: float = Field(description="mean of the latest seven days at home")
    before: float = Field(description="mean of the four weeks before")
    change: str = Field(description="less, more, or none, which is what chance may give")
    sentence: dict[Literal["zh", "en"], str]


class StatusAnswer(Answer):
    """Everything that one glance needs, at one moment."""

    at: datetime = Field(description="now, by the home's clock")
    presence: PresenceAnswer
    last_sign: SignAnswer | None
    silent_for_s: float
    inactivity_limit_s: float | None = Field(description="null while the person is away")
    watch: tuple[PartAnswer, ...]
    devices: tuple[DeviceAnswer, ...]
    live: tuple[AlertAnswer, ...] = Field(description="alerts that are not cancelled or closed, gravest first")
    tested_at: datetime | None = Field(description="when the whole chain was last tried and worked")
    test_due_at: datetime | None = Field(description="when it is to be tried again")
    path_tests: tuple[PathTestAnswer, ...] = Field(description="of every path of the ladder")
    coverage: CoverageAnswer | None = Field(description="the longest unseen time; null where nobody works it out")
    trends: tuple[TrendAnswer, ...] = Field(description="this week beside the four before; empty in the first weeks")


class HappeningAnswer(Answer):
    """One line of the day."""

    at: datetime
    source: Literal["reading", "presence", "alert", "watch"]
    kind: str
    value: bool | float | str
    room: str
    device: str


class RefusalAnswer(Answer):
    """Messages that were refused for one reason on one topic."""

    at: datetime
    reason: str
    topic: str
    detail: str
    count: int


class ProblemAnswer(Answer):
    """Why a request was refused."""

    error: str = Field(description="fixed name")
    sentence_zh: str
    sentence_en: str
    faults: list[str] | None = Field(default=None, description="what is wrong with which field")


class Acknowledgement(BaseModel):
    """A person takes an alert."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"key": "pressed/cord/2026-11-22T01:58:00+00:00", "by": "女儿小丽", "note": ""}]
        },
    )

    key: Key = Field(description="as in GET /alerts")
    by: Name | None = Field(default=None, description="who takes it; may be left out by a person who has signed in")
    note: Note = Field(default="", description="free words for the others")


def alert_answer(alert: Alert, view: HomeView) -> AlertAnswer:
    """An alert with its brief in both languages."""
    languages: tuple[Language, ...] = ("zh", "en")
    words = {code: brief(alert, view.bed, language=code, timezone=view.timezone) for code in languages}
    plain = {name: getattr(alert, name) for name in AlertAnswer.model_fields if name != "brief"}
    return AlertAnswer(**plain, brief={code: BriefAnswer.model_validate(told) for code, told in words.items()})


def alert_answers(alerts: Sequence[Alert], view: HomeView) -> list[AlertAnswer]:
    """Alerts with their briefs."""
    return [alert_answer(alert, view) for alert in alerts]


def status_answer(status: Status, view: HomeView) -> StatusAnswer:
    """The home at one moment."""
    plain = {name: getattr(status, name) for name in StatusAnswer.model_fields if name not in _TOLD_APART}
    coverage = coverage_answer(status.coverage, view.bed) if status.coverage else None
    trends = [trend_answer(trend) for trend in status.trends]
    live = alert_answers(status.live, view)
    return StatusAnswer.model_validate({**plain, "live": live, "coverage": coverage, "trends": trends})


_TOLD_APART = frozenset({"live", "coverage", "trends"})


def trend_answer(seen: TrendSeen) -> TrendAnswer:
    """A figure of this week with its sentence in both languages."""
    languages: tuple[Language, ...] = ("zh", "en")
    plain = {name: getattr(seen, name) for name in TrendAnswer.model_fields if name != "sentence"}
    return TrendAnswer.model_validate({**plain, "sentence": {code: told(seen, code).words for code in languages}})


def coverage_answer(seen: CoverageSeen, bed: BedInfo) -> CoverageAnswer:
    """The longest unseen time with its sentence in both languages."""
    languages: tuple[Language, ...] = ("zh", "en")
    words = {code: " ".join((*sentences(seen, bed, code), *todo(seen, bed, code))) for code in languages}
    plain = {name: getattr(seen, name) for name in CoverageAnswer.model_fields if name != "sentence"}
    return CoverageAnswer.model_validate({**plain, "sentence": words})
