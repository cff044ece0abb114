"""One call as a state machine: only a stored 1 is taken, every phase ends, and every end has its name."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.telephone import conversation
from alerts.channels.telephone.answers import POLICIES, Answer, unanswered
from alerts.channels.telephone.control import Event, Happened
from alerts.channels.telephone.conversation import REPLAYS, Order, Patience, Phase, Talk

PATIENCE = Patience(reply_s=12, ring_s=45, say_s=10, press_s=8)
BRIEF_S = 30.0


def event(what: Happened, text: str = "") -> Event:
    return Event(what=what, account="sip:home@127.0.0.1", call="c", text=text)


def talk(phase: Phase, *, asks: bool = True, brief_s: float | None = BRIEF_S) -> Talk:
    started = conversation.dialled(0.0, asks=asks, patience=PATIENCE)
    return replace(started, phase=phase, brief_s=brief_s)


def test_a_call_that_is_taken() -> None:
    now = conversation.dialled(0.0, asks=True, patience=PATIENCE)
    assert (now.phase, now.until) == (Phase.DIALLING, 12.0)
    now, order = conversation.heard(now, event(Happened.RINGING), 1.0)
    assert (now.phase, now.until, order) == (Phase.RINGING, 46.0, Order.NOTHING)
    now, order = conversation.rendered(now, BRIEF_S, 1.5)
    assert (now.phase, now.until, order) == (Phase.RINGING, 46.0, Order.NOTHING)
    now, order = conversation.heard(now, event(Happened.ANSWERED), 9.0)
    assert (now.phase, now.until, order) == (Phase.LISTENING, 47.0, Order.PLAY)
    now, order = conversation.heard(now, event(Happened.PRESSED, "2"), 20.0)
    assert (now.phase, now.until, order) == (Phase.LISTENING, 58.0, Order.PLAY)
    now, order = conversation.heard(now, event(Happened.PRESSED, "1"), 30.0)
    assert (now.phase, now.until, now.answer, order) == (Phase.TAKING, inf, None, Order.STORE)
    now, order = conversation.stored(now, 2.0, 30.1)
    assert (now.phase, now.until, now.answer, order) == (Phase.THANKED, 32.1, None, Order.NOTHING)
    now, order = conversation.passed(now)
    assert (now.phase, now.answer, order) == (Phase.OVER, Answer.TAKEN, Order.HANG_UP)


def test_an_answer_before_the_brief_is_rendered_waits_for_it() -> None:
    now, order = conversation.heard(talk(Phase.RINGING, brief_s=None), event(Happened.ANSWERED), 5.0)
    assert (now.phase, now.until, order) == (Phase.LISTENING, 15.0, Order.NOTHING)
    now, order = conversation.rendered(now, BRIEF_S, 6.0)
    assert (now.until, order) == (44.0, Order.PLAY)


def test_ringing_again_does_not_ring_longer() -> None:
    now, _ = conversation.heard(talk(Phase.DIALLING), event(Happened.PROGRESS), 1.0)
    again, order = conversation.heard(now, event(Happened.RINGING), 30.0)
    assert (again, order) == (now, Order.NOTHING)


@pytest.mark.parametrize(
    ("phase", "answer"),
    [
        (Phase.DIALLING, Answer.UNREACHABLE),
        (Phase.RINGING, Answer.NO_ANSWER),
        (Phase.LISTENING, Answer.NOT_TAKEN),
        (Phase.THANKED, Answer.TAKEN),
    ],
)
def test_every_phase_ends_with_its_name(phase: Phase, answer: Answer) -> None:
    now, order = conversation.passed(talk(phase))
    assert (now.phase, now.answer, order) == (Phase.OVER, answer, Order.HANG_UP)


@pytest.mark.parametrize(
    ("phase", "why", "answer"),
    [
        (Phase.DIALLING, "486 Busy Here", Answer.BUSY),
        (Phase.DIALLING, "Connection refused", Answer.UNREACHABLE),
        (Phase.DIALLING, "408 Request Timeout", Answer.UNREACHABLE),
        (Phase.RINGING, "408 Request Timeout", Answer.NO_ANSWER),
        (Phase.RINGING, "603 Decline", Answer.DECLINED),
        (Phase.RINGING, "phone_died", Answer.PHONE_DIED),
        (Phase.LISTENING, "Connection reset by peer", Answer.HUNG_UP),
        (Phase.LISTENING, "rtp stream error", Answer.BROKEN_OFF),
        (Phase.LISTENING, "end of file", Answer.NOT_TAKEN),
        (Phase.LISTENING, "phone_died", Answer.PHONE_DIED),
        (Phase.LISTENING, "made_way", Answer.MADE_WAY),
        (Phase.TAKING, "phone_died", Answer.TAKEN),
        (Phase.THANKED, "Connection reset by peer", Answer.TAKEN),
    ],
)
def test_an_end_is_named_by_phase_and_words(phase: Phase, why: str, answer: Answer) -> None:
    now, order = conversation.heard(talk(phase), event(Happened.ENDED, why), 1.0)
    assert (now.phase, now.answer, order) == (Phase.OVER, answer, Order.NOTHING)


def test_a_digit_before_the_answer_is_nobodys_word() -> None:
    for phase in (Phase.DIALLING, Phase.RINGING):
        assert conversation.heard(talk(phase), event(Happened.PRESSED, "1"), 1.0) == (talk(phase), Order.NOTHING)


def test_news_cannot_be_taken_and_is_heard_at_its_end() -> None:
    telling = talk(Phase.LISTENING, asks=False)
    assert conversation.heard(telling, event(Happened.PRESSED, "1"), 1.0) == (telling, Order.NOTHING)
    assert conversation.passed(telling)[0].answer is Answer.HEARD
    assert conversation.passed(replace(telling, brief_s=None))[0].answer is Answer.NOT_TAKEN


def test_a_stuck_two_does_not_keep_the_line() -> None:
    now, plays = talk(Phase.LISTENING), 0
    for second in range(20):
        now, order = conversation.heard(now, event(Happened.PRESSED, "2"), float(second))
        plays += order is Order.PLAY
    assert plays == REPLAYS
    assert now.until == REPLAYS - 1 + BRIEF_S + 8


STEPS = st.lists(
    st.tuples(st.sampled_from(Happened), st.sampled_from(["", "0", "2", "9", "#", "486 Busy Here", "11", "１"]))
    | st.sampled_from(["rendered", "stored", "passed"]),
    max_size=30,
)


def walked(steps: list[tuple[Happened, str] | str], asks: bool) -> tuple[Talk, list[Order]]:  # noqa: FBT001
    now, orders = conversation.dialled(0.0, asks=asks, patience=PATIENCE), []
    for at, step in enumerate(steps):
        if step == "rendered":
            now, order = conversation.rendered(now, BRIEF_S, at)
        elif step == "stored":
            now, order = conversation.stored(now, 1.0, at)
        elif step == "passed":
            now, order = (now, Order.NOTHING) if now.phase is Phase.OVER else conversation.passed(now)
        else:
            now, order = conversation.heard(now, event(Happened(step[0]), step[1]), at)
        orders.append(order)
    return now, orders


@given(STEPS, st.booleans())
def test_nothing_but_a_one_ever_takes_an_alert(steps: list[tuple[Happened, str] | str], asks: bool) -> None:  # noqa: FBT001
    now, orders = walked(steps, asks)
    assert now.answer is not Answer.TAKEN
    assert Order.STORE not in orders
    assert now.phase is Phase.OVER or now.until < inf


@given(STEPS, STEPS)
def test_an_alert_is_taken_only_after_it_was_answered(
    before: list[tuple[Happened, str] | str], after: list[tuple[Happened, str] | str]
) -> None:
    answered = ("CALL_ESTABLISHED", "") in before or any(step[0] is Happened.ANSWERED for step in before)
    now, orders = walked([*before, (Happened.PRESSED, "1"), *after], asks=True)
    assert answered or now.answer is not Answer.TAKEN
    assert orders.count(Order.STORE) <= 1


@pytest.mark.parametrize(
    ("why", "answer"),
    [
        ("486 Busy Here", Answer.BUSY),
        ("600 Busy Everywhere", Answer.BUSY),
        ("480 Temporarily Unavailable", Answer.NO_ANSWER),
        ("487 Request Terminated", Answer.NO_ANSWER),
        ("603 Decline", Answer.DECLINED),
        ("404 Not Found", Answer.NO_SUCH_NUMBER),
        ("410 Gone", Answer.NO_SUCH_NUMBER),
        ("484 Address Incomplete", Answer.NO_SUCH_NUMBER),
        ("604 Does Not Exist Anywhere", Answer.NO_SUCH_NUMBER),
        ("401 Unauthorized", Answer.NOT_AUTHORISED),
        ("402 Payment Required", Answer.NOT_AUTHORISED),
        ("403 Forbidden", Answer.NOT_AUTHORISED),
        ("407 Proxy Authentication Required", Answer.NOT_AUTHORISED),
        ("488 Not Acceptable Here", Answer.REFUSED),
        ("606 Not Acceptable", Answer.REFUSED),
        ("500 Server Internal Error", Answer.TRUNK_FAULT),
        ("503 Service Unavailable", Answer.TRUNK_FAULT),
        ("504", Answer.TRUNK_FAULT),
        ("Connection timed out", Answer.UNREACHABLE),
        ("4860 nonsense", Answer.UNREACHABLE),
        ("", Answer.UNREACHABLE),
    ],
)
def test_each_refusal_is_one_answer(why: str, answer: Answer) -> None:
    assert unanswered(why, rang=False) is answer


def test_every_answer_but_success_has_a_policy() -> None:
    assert set(POLICIES) == set(Answer) - {Answer.TAKEN, Answer.HEARD}
    assert {answer for answer, policy in POLICIES.items() if policy.next_trunk} == {
        Answer.NO_SUCH_NUMBER,
        Answer.NOT_AUTHORISED,
        Answer.REFUSED,
        Answer.TRUNK_FAULT,
        Answer.UNREACHABLE,
        Answer.BROKEN_OFF,
    }
    assert all(1 <= policy.pause_s <= 60 for policy in POLICIES.values())
