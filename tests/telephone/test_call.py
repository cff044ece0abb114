"""Calls to a real sipp through a real baresip: only a pressed 1 takes the alert."""

from __future__ import annotations

import asyncio

import pytest

from alerts.channels.telephone.conversation import Patience
from alerts.channels.telephone.sound import RATE_HZ, speech_dbfs
from alerts.dispatch import SendFailed
from tests.sipp_operator import (
    Ear,
    Operator,
    answer,
    free_port,
    hang_up,
    invited,
    press,
    press_by_info,
    say,
    until,
    wait,
)

Homes = "Callable[..., Home]"
Operators = "Callable[..., Operator]"
Relay = "Callable[[Ear], Awaitable[int]]"

RING = say("180 Ringing")


async def test_one_by_rfc4733_takes_the_alert(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), RING, wait(0.3), answer(ear.port), wait(1), press("1"), until("BYE"))
    here = home(hotline.port, recordings=None)
    assert await here.call() == "pressed 1"
    assert here.taken_by == ["测试热线"]
    await hotline.has_received("BYE")
    assert hotline.requests() == ["INVITE", "ACK", "BYE"]
    assert len(ear.frames) > 45
    assert -30 < speech_dbfs(ear.heard()) < -15


async def test_one_by_sip_info_takes_the_alert(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), RING, answer(ear.port), wait(0.3), press_by_info("1"), until("BYE"))
    here = home(hotline.port)
    assert await here.call() == "pressed 1"
    assert here.taken_by == ["测试热线"]


async def test_two_says_it_again_and_one_takes_it(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), RING, answer(ear.port), until("BYE"))
    here = home(hotline.port, patience=Patience(press_s=20))
    calling = asyncio.create_task(here.call())
    await ear.has_heard(0.5)
    ear.press("2")
    await ear.has_heard(ear.heard_s() + 1.5)
    assert here.taken_by == []
    ear.press("1")
    assert await calling == "pressed 1"
    assert here.taken_by == ["测试热线"]


async def test_an_answer_without_a_digit_is_not_taken(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), RING, answer(ear.port), until("BYE"))
    here = home(hotline.port, patience=Patience(press_s=1, times=1))
    assert await here.fails() == ("not_taken", 20.0)
    assert here.taken_by == []
    await hotline.has_received("BYE")
    assert hotline.requests() == ["INVITE", "ACK", "BYE"]
    whole_s = (await here.spoken_once()).length_s
    assert ear.heard_s() == pytest.approx(whole_s + 1, abs=0.7)


async def test_other_digits_take_nothing(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), RING, answer(ear.port), until("BYE"))
    here = home(hotline.port, patience=Patience(press_s=0.5, times=1))
    calling = asyncio.create_task(here.fails())
    await ear.has_heard(0.5)
    for digit in "039":
        ear.press(digit)
    assert await calling == ("not_taken", 20.0)
    assert here.taken_by == []


async def test_one_pressed_too_late_is_received_all_the_same(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    here.has_it = ""
    calling = asyncio.create_task(here.call())
    await ear.has_heard(0.5)
    ear.press("1")
    assert await calling == "pressed 1"


@pytest.mark.parametrize(
    ("status", "reason", "retry_s"),
    [
        ("486 Busy Here", "busy", 15.0),
        ("603 Decline", "declined", 30.0),
        ("480 Temporarily Unavailable", "no_answer", 30.0),
        ("404 Not Found", "no_such_number", 60.0),
        ("403 Forbidden", "not_authorised", 60.0),
        ("503 Service Unavailable", "trunk_fault", 10.0),
        ("488 Not Acceptable Here", "refused", 30.0),
    ],
)
async def test_each_refusal_has_its_name(
    home: Homes, operator: Operators, status: str, reason: str, retry_s: float
) -> None:
    hotline = operator(invited(), say(status))
    assert await home(hotline.port).fails() == (reason, retry_s)


async def test_nobody_answers(home: Homes, operator: Operators) -> None:
    hotline = operator(invited(), RING, until("CANCEL"))
    assert await home(hotline.port, patience=Patience(ring_s=0.5)).fails() == ("no_answer", 30.0)
    await hotline.has_received("CANCEL")
    assert hotline.requests() == ["INVITE", "CANCEL"]


async def test_no_trunk_replies(home: Homes) -> None:
    assert await home(free_port(), patience=Patience(reply_s=0.5)).fails() == ("unreachable", 10.0)


async def test_a_trunk_out_of_order_is_passed_over(home: Homes, operator: Operators, ear: Ear) -> None:
    broken = operator(invited(), say("503 Service Unavailable"))
    good = operator(invited(), answer(ear.port), wait(0.5), press("1"), until("BYE"))
    here = home(broken.port, good.port)
    assert await here.call() == "pressed 1"
    await broken.has_received("ACK")
    assert broken.requests() == ["INVITE", "ACK"]


async def test_a_trunk_that_does_not_reply_is_passed_over(home: Homes, operator: Operators, ear: Ear) -> None:
    good = operator(invited(), answer(ear.port), wait(0.5), press("1"), until("BYE"))
    here = home(free_port(), good.port, patience=Patience(reply_s=0.5))
    assert await here.call() == "pressed 1"


async def test_a_busy_person_is_busy_by_every_trunk(home: Homes, operator: Operators) -> None:
    first, second = operator(invited(), say("486 Busy Here")), operator(invited(), say("486 Busy Here"))
    assert await home(first.port, second.port).fails() == ("busy", 15.0)
    assert second.requests() == []


async def test_hanging_up_at_once_is_not_taking(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), RING, answer(ear.port), wait(0.2), hang_up())
    assert await home(hotline.port).fails() == ("hung_up", 10.0)


async def test_a_trunk_that_dies_in_mid_call_is_noticed(home: Homes, operator: Operators, ear: Ear) -> None:
    first = operator(invited(), answer(ear.port), until("BYE"))
    second = operator(invited(), answer(ear.port), wait(0.5), press("1"), until("BYE"))
    here = home(first.port, second.port, deaf_s=1)
    calling = asyncio.create_task(here.call())
    await ear.has_heard(0.5)
    ear.speak()
    first.kill()
    assert await calling == "pressed 1"
    assert here.taken_by == ["测试热线"]


async def test_baresip_killed_in_mid_call_is_started_anew(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    calling = asyncio.create_task(here.fails())
    await ear.has_heard(0.5)
    here.kill_baresip()
    assert await calling == ("phone_died", 1.0)
    hotline.kill()
    again = operator(invited(), answer(ear.port), wait(0.5), press("1"), until("BYE"), port=hotline.port)
    assert await here.call() == "pressed 1"
    await again.has_received("BYE")


async def test_taken_elsewhere_while_it_rings(home: Homes, operator: Operators) -> None:
    hotline = operator(invited(), RING, until("CANCEL"))
    here = home(hotline.port)
    calling = asyncio.create_task(here.call())
    await hotline.has_received("INVITE")
    await asyncio.sleep(0.2)
    assert await stopped_s(calling, hotline, "CANCEL") < 0.5


async def test_taken_elsewhere_while_we_talk(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    calling = asyncio.create_task(here.call())
    await ear.has_heard(0.5)
    assert await stopped_s(calling, hotline, "BYE") < 0.5


async def stopped_s(calling: asyncio.Task[str], hotline: Operator, request: str) -> float:
    """Cancel a call, and say how long it took until the operator's telephone stopped."""
    clock = asyncio.get_running_loop().time
    began = clock()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await hotline.has_received(request)
    return clock() - began


async def test_a_short_farewell_is_said_to_whoever_listens(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    calling = asyncio.create_task(here.call())
    await ear.has_heard(0.5)
    before_s = ear.heard_s()
    assert 0.05 < await stopped_s(calling, hotline, "BYE") < 0.6
    assert ear.heard_s() > before_s + 0.05


async def test_news_is_told_once_and_asks_nothing(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), RING, answer(ear.port), until("BYE"))
    here = home(hotline.port)
    assert await here.call(here.closed_alert()) == "heard"
    assert here.taken_by == []


async def test_without_a_voice_nobody_is_kept_waiting(
    home: Homes, operator: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    hotline = operator(invited(), RING, until("CANCEL"))
    here = home(hotline.port, recordings=None)
    monkeypatch.setattr(here.telephone.voice, "_program", "no-such-program")
    assert await here.fails() == ("no_voice", 60.0)


async def test_an_emergency_takes_the_only_line(home: Homes, operator: Operators, ear: Ear) -> None:
    hotline = operator(invited(), answer(ear.port), until("BYE"))
    here = home(hotline.port)
    warning = asyncio.create_task(here.fails(here.warning()))
    await ear.has_heard(0.3)
    emergency = asyncio.create_task(here.call())
    assert await warning == ("made_way", 20.0)
    await hotline.has_received("INVITE", times=2)
    await asyncio.sleep(0.5)
    ear.press("1")
    assert await emergency == "pressed 1"


async def test_a_real_number_is_refused_before_dialling(home: Homes, operator: Operators) -> None:
    hotline = operator(invited(), RING)
    here = home(hotline.port, number="96111")
    with pytest.raises(SendFailed, match="not_production"):
        await here.call()
    assert hotline.requests() == []


async def test_one_packet_in_ten_is_lost(home: Homes, operator: Operators, ear: Ear, relay: Relay) -> None:
    hotline = operator(invited(), RING, answer(await relay(ear)), until("BYE"))
    here = home(hotline.port, recordings=None)
    calling = asyncio.create_task(here.call())
    await ear.has_heard(2.0)
    ear.press("1")
    assert await calling == "pressed 1"
    first, last = min(ear.frames), max(ear.frames)
    assert 0.80 < len(ear.frames) / (last - first + 1) < 0.97
    assert -30 < speech_dbfs(ear.heard()) < -15
    assert ear.heard().size >= 2 * RATE_HZ
