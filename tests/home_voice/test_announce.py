"""Nothing is said at home without its event, nothing twice, and nothing that was overtaken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import lifecycle
from alerts.announce import ROUNDS_SAID, Known, began_with, due, learn
from alerts.announcement import LIGHTS, SENTENCES, Occasion
from alerts.hours import Hours
from alerts.ladder import Ladder, Rung, next_round, plan
from alerts.lifecycle import Change, IllegalStep, Step
from alerts.model import (
    LIVE_STATES,
    UNTAKEN_STATES,
    Alert,
    AlertKind,
    AlertState,
    DeliveryState,
    Detection,
    Outcome,
    Phase,
    Severity,
)

if TYPE_CHECKING:
    from alerts.announcement import Announcement
    from alerts.model import Delivery

T0 = datetime(2026, 11, 22, 2, tzinfo=UTC)  # 10:00 in the home
STATION = Rung(contact="驿站", channels=("station",), after_s=0)
DAUGHTER = Rung(contact="女儿", channels=("webhook",), after_s=60)
LADDER = Ladder(rungs=(STATION, DAUGHTER), round_s=180)
NIGHT_ONLY = (Hours(opens=time(22), closes=time(6)),)


@dataclass(slots=True)
class Story:
    """One alert from its beginning, with the outbox that its ladder makes of it, and an ear at home."""

    kind: AlertKind = AlertKind.EMERGENCY
    countdown_s: float = 0.0
    ladder: Ladder = LADDER
    now: datetime = T0
    alert: Alert | None = None
    known: Known | None = None
    rows: dict[str, Delivery] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)
    presses: int = 0
    history: list[tuple[int, int, str | None, str]] = field(default_factory=list)

    def occurs(self, *, test: bool = False) -> Story:
        self.presses += 1
        return self._apply(Phase.RAISED, f"pressed:{self.presses}", test=test)

    def clears(self) -> Story:
        return self._apply(Phase.CLEARED, "pressed:1")

    def decides(self, step: Step, by: str = "周宁", *, through: str = "驿站") -> Story:
        assert self.alert is not None
        outcome = Outcome.TRUE_ALARM if step is Step.CLOSED else None
        change = lifecycle.decide(self.alert, step, by=by, at=self.now, outcome=outcome)
        return self._changed(change, through=through)

    def waits(self, seconds: float) -> Story:
        """Time passes as in the watch: a second at a time, and somebody listens."""
        for _ in range(int(seconds)):
            self.now += timedelta(seconds=1)
            self._time()
            self.listens()
        return self

    def arrives(self, contact: str | None = None) -> Story:
        """Far ends have stored every row that is due by now, or those of one contact."""
        for row in self.rows.values():
            if row.due_at <= self.now and contact in {None, row.contact} and row.state is DeliveryState.DUE:
                self.rows[row.id] = replace(row, state=DeliveryState.RECEIPTED)
        self._know()
        return self

    def listens(self) -> Announcement | None:
        assert self.known is not None
        made = due(self.known, self.said, self.ladder, self.now)
        if made is not None:
            assert made.name not in self.said
            self.said.add(made.name)
            if made.words.zh:
                self.heard.append(made.words.zh)
        return made

    def hears(self) -> list[str]:
        """What is said from now on until nothing more is to be said at this moment."""
        before = len(self.heard)
        while self.listens() is not None:
            pass
        return self.heard[before:]

    def restarts(self) -> Story:
        """Memory is gone; history, rows and the names of what was said are not."""
        assert self.alert is not None
        self.known = Known(alert=self.alert, telling=began_with(self.history), deliveries=dict(self.rows))
        return self

    def _apply(self, phase: Phase, key: str, *, test: bool = False) -> Story:
        detection = Detection(
            key=key, kind=self.kind, phase=phase, severity=Severity.EMERGENCY, subject="resident",
            since=self.now, at=self.now, reason="pressed", countdown_s=self.countdown_s, test=test,
        )  # fmt: skip
        live = [self.alert] if self.alert is not None and self.alert.state in LIVE_STATES else []
        change = lifecycle.apply(live, self.applied, detection)
        if change is None:
            return self
        self.applied[lifecycle.applied_key(detection)] = change.alert.key
        return self._changed(change)

    def _time(self) -> None:
        if self.alert is None:
            return
        if (change := lifecycle.expire(self.alert, self.now, self.ladder.arrival_s)) is not None:
            self._changed(change)
        elif (again := next_round(self.ladder, self.alert, self.now)) is not None:
            self.alert, rows = again
            self.rows |= {row.id: row for row in rows}
            self._know()

    def _changed(self, change: Change, *, through: str = "") -> Story:
        planned = plan(self.ladder, change)
        before = None if change.previous is None else str(change.previous)
        self.alert = change.alert
        self.history.append((self.alert.revision, self.alert.count, before, str(self.alert.state)))
        if planned.supersedes:
            gone = {k: replace(r, state=DeliveryState.SUPERSEDED) for k, r in self.rows.items() if _is_under_way(r)}
            self.rows |= gone
        self.rows |= {row.id: row for row in planned.deliveries}
        self._know(through)
        return self

    def _know(self, through: str = "") -> None:
        assert self.alert is not None
        self.known = replace(learn(self.known, self.alert, through=through), deliveries=dict(self.rows))


def _is_under_way(row: Delivery) -> bool:
    return row.state in {DeliveryState.DUE, DeliveryState.SENT}


def pressed(**fields: object) -> Story:
    return Story(**fields).occurs()  # type: ignore[arg-type]


def suspected(kind: AlertKind = AlertKind.FALL) -> Story:
    return Story(kind=kind, countdown_s=30).occurs()


def test_a_call_is_answered_by_its_receipt_its_taker_and_whoever_sets_out():
    story = pressed()
    assert story.hears() == []
    assert story.arrives("驿站").hears() == ["求助已发出。"]
    assert story.decides(Step.ACKNOWLEDGED).hears() == ["驿站已接警。"]
    assert story.decides(Step.SET_OUT).hears() == ["有人正在赶来。"]
    assert story.decides(Step.ATTENDED).hears() == []
    assert story.said == {"sent:1", "taken:1", "set_out:1", "over:1"}


def test_any_contacts_receipt_will_do_and_the_second_says_nothing_more():
    story = pressed().waits(60)
    assert story.arrives("女儿").hears() == ["求助已发出。"]
    assert story.arrives("驿站").hears() == []


def test_what_was_overtaken_is_left_unsaid():
    assert pressed().arrives().decides(Step.ACKNOWLEDGED).hears() == ["驿站已接警。"]
    assert pressed().arrives().decides(Step.SET_OUT).hears() == ["有人正在赶来。"]
    assert pressed().arrives().decides(Step.CLOSED).hears() == []


@pytest.mark.parametrize(
    ("by", "through", "said"),
    [
        ("周宁", "驿站", "驿站已接警。"),
        ("女儿", "女儿", "女儿已接警。"),
        ("女儿", "", "女儿已接警。"),  # by her own name, after a restart
        ("张敏", "", "张敏已接警。"),  # on the home's page
        ("驿站", "", "驿站已接警。"),
        ("", "", "有人已接警。"),
    ],
)
def test_she_hears_who_has_it(by: str, through: str, said: str):
    assert pressed().decides(Step.ACKNOWLEDGED, by, through=through).hears() == [said]


def test_a_second_taker_who_came_another_way_is_not_called_by_the_firsts_name():
    story = pressed().decides(Step.ACKNOWLEDGED)
    story.decides(Step.ACKNOWLEDGED, "张敏", through="")
    assert story.hears() == ["张敏已接警。"]


def test_without_a_line_she_hears_that_we_still_try():
    story = pressed().waits(19)
    assert story.heard == []
    story.waits(30)
    assert story.heard == ["还在联系，请稍等。"]
    assert story.arrives().hears() == ["求助已发出。"]


def test_each_round_that_brought_nobody_says_so_while_somebody_is_called():
    story = pressed()
    story.arrives().hears()
    story.waits(365)
    assert story.heard == ["求助已发出。", "还在联系，请稍等。"]
    story.waits(360)
    assert story.heard.count("还在联系，请稍等。") == 2
    story.waits(360 * ROUNDS_SAID)
    assert story.heard.count("还在联系，请稍等。") == ROUNDS_SAID - 1


def test_once_taken_nobody_is_called_and_nothing_says_so():
    story = pressed().decides(Step.ACKNOWLEDGED).waits(600)
    assert story.heard == ["驿站已接警。"]


def test_a_condition_that_went_away_is_not_said_to_be_still_called_about():
    story = pressed(kind=AlertKind.FALL)
    story.clears().waits(900)
    assert story.heard == []


def test_another_press_is_another_call():
    story = pressed()
    story.arrives().hears()
    assert story.occurs().hears() == []
    assert story.arrives().hears() == ["求助已发出。"]
    assert story.decides(Step.ACKNOWLEDGED).hears() == ["驿站已接警。"]
    assert story.occurs().hears() == []
    assert story.arrives().hears() == ["求助已发出。"]
    assert story.decides(Step.ACKNOWLEDGED).hears() == ["驿站已接警。"]


def test_when_nobody_came_she_hears_that_others_are_called():
    story = pressed().arrives()
    story.decides(Step.ACKNOWLEDGED).hears()
    story.waits(1081)
    assert story.heard[1:] == ["还没有收到有人到达的消息，正在重新联系。"]
    assert story.arrives().hears() == ["求助已发出。"]


def test_a_countdown_asks_tells_again_and_ends_in_a_call():
    story = suspected()
    assert story.hears() == ["好像有人跌倒了，30 秒后通知驿站。没事请起来走动，或按一下普通按钮。"]
    story.waits(30)
    assert story.heard[1:] == ["还有 20 秒。", "还有 10 秒。", "正在通知驿站。"]
    assert story.arrives().hears() == ["求助已发出。"]


def test_a_countdown_that_she_ends_is_said_to_be_ended():
    story = suspected(AlertKind.INACTIVITY)
    assert story.hears() == ["很久没有动静了，30 秒后通知驿站。没事请动一动，或按一下普通按钮。"]
    assert story.waits(5).clears().hears() == ["好的，已取消。"]
    assert story.waits(600).heard[2:] == []


def test_whoever_was_not_asked_is_not_told_that_it_was_cancelled():
    assert suspected().clears().hears() == []


def test_a_countdown_names_who_is_there_at_that_hour_and_what_is_left_of_it():
    closed = replace(STATION, hours=NIGHT_ONLY)
    story = suspected()
    story.ladder = Ladder(rungs=(closed, DAUGHTER), round_s=180)
    story.now += timedelta(seconds=7)
    assert story.hears() == ["好像有人跌倒了，23 秒后通知女儿。没事请起来走动，或按一下普通按钮。"]


def test_a_countdown_with_nothing_left_is_not_begun_aloud():
    story = suspected()
    story.now += timedelta(seconds=26)
    assert story.hears() == []


def test_a_mark_that_was_missed_is_left_out():
    story = suspected()
    story.hears()
    story.now += timedelta(seconds=15)
    assert story.hears() == []
    assert story.waits(6).heard[1:] == ["还有 10 秒。"]


def test_a_second_source_ends_the_question():
    story = suspected()
    story.hears()
    assert story.occurs().hears() == ["正在通知驿站。"]


@pytest.mark.parametrize(
    "kind", [AlertKind.DOOR, AlertKind.SILENCE, AlertKind.BATTERY, AlertKind.TAMPER, AlertKind.SYSTEM]
)
def test_what_she_did_not_ask_about_is_not_announced(kind: AlertKind):
    story = pressed(kind=kind).waits(30).arrives()
    story.hears()
    story.decides(Step.ACKNOWLEDGED).decides(Step.SET_OUT).hears()
    assert story.heard == []


def test_a_test_of_the_chain_says_that_it_is_one():
    story = Story().occurs(test=True)
    assert story.decides(Step.ACKNOWLEDGED).hears() == ["这是测试。驿站已接警。"]


def test_a_restart_repeats_nothing_and_leaves_out_what_is_stale():
    story = pressed().arrives()
    story.hears()
    assert story.restarts().hears() == []
    story.decides(Step.ACKNOWLEDGED)
    story.now += timedelta(minutes=6)
    assert story.restarts().hears() == []
    late = pressed().arrives()
    late.now += timedelta(minutes=61)
    assert late.restarts().hears() == []


def test_a_sentence_that_was_lost_in_a_crash_is_said_after_it():
    story = pressed().arrives().restarts()
    assert story.hears() == ["求助已发出。"]
    assert story.occurs().restarts().hears() == []
    assert story.arrives().restarts().hears() == ["求助已发出。"]


def test_every_occasion_has_its_sentence_and_its_light():
    assert SENTENCES.keys() == set(Occasion) == LIGHTS.keys()
    story = pressed().arrives()
    made = story.listens()
    assert made is not None
    assert (made.light, made.words.en, len(made.id)) == ("yellow", "Your call for help has been sent.", 16)


STEPS = ("occurs", "clears", "arrives", "acknowledged", "set_out", "attended", "closed", "restarts", "1", "20", "400")
TRUE_WHEN = {
    Occasion.COUNTDOWN: lambda s: s.alert.state is AlertState.PENDING,
    Occasion.CANCELLED: lambda s: s.alert.state is AlertState.CANCELLED,
    Occasion.CALLING: lambda s: s.alert.state is AlertState.OPEN and any(map(_is_under_way, s.rows.values())),
    Occasion.SENT: lambda s: s.alert.state in UNTAKEN_STATES and _some_receipt_of_the_latest_press(s),
    Occasion.STILL_CALLING: lambda s: s.alert.state is AlertState.OPEN and any(map(_is_under_way, s.rows.values())),
    Occasion.OVERDUE: lambda s: s.alert.state is AlertState.OPEN and "overdue_by" in s.alert.evidence,
    Occasion.TAKEN: lambda s: s.alert.state is AlertState.ACKNOWLEDGED,
    Occasion.SET_OUT: lambda s: s.alert.state is AlertState.ACKNOWLEDGED and s.alert.set_out_at is not None,
    Occasion.OVER: lambda s: s.alert.state in {AlertState.ATTENDED, AlertState.CLOSED},
}


def _some_receipt_of_the_latest_press(story: Story) -> bool:
    """By the history alone: a receipt of a revision not older than the last press or reopening."""
    began = max(
        revision
        for number, (revision, count, before, after) in enumerate(story.history)
        if number == 0 or count != story.history[number - 1][1] or (after == "open" and before not in {"open", None})
    )
    return any(row.state is DeliveryState.RECEIPTED and row.revision >= began for row in story.rows.values())


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.sampled_from(STEPS), max_size=12),
    kind=st.sampled_from([AlertKind.EMERGENCY, AlertKind.FALL, AlertKind.INACTIVITY]),
    asked=st.booleans(),
)
def test_nothing_is_ever_said_without_its_event(steps: list[str], kind: AlertKind, *, asked: bool):
    story = Story(kind=kind, countdown_s=30 if asked else 0).occurs()
    for step in steps:
        _happens(story, step)
        while (made := story.listens()) is not None:
            assert TRUE_WHEN[made.occasion](story), (made, story.alert)
            assert made.valid_until >= story.now


def _happens(story: Story, step: str) -> None:
    assert story.alert is not None
    if step.isdecimal():
        story.now += timedelta(seconds=int(step))
        story._time()
    elif step in {"occurs", "clears", "arrives", "restarts"}:
        if story.alert.state in LIVE_STATES:
            getattr(story, step)()
    else:
        try:
            story.decides(Step(step))
        except IllegalStep:
            return
