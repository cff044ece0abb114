"""Calls to a real sipp through a real baresip: only a pressed 1 takes the alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channels.telephone.sound import speech_dbfs
from tests.sipp_operator import Ear, Operator, answer, invited, press, say, until, wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.telephone.conftest import Home


async def test_one_by_rfc4733_takes_the_alert(
    home: Callable[..., Home], operator: Callable[..., Operator], ear: Ear
) -> None:
    hotline = operator(invited(), say("180 Ringing"), wait(0.3), answer(ear.port), wait(1.5), press("1"), until("BYE"))
    here = home(hotline.port)
    assert await here.call() == "pressed 1"
    assert here.taken_by == ["测试热线"]
    assert len(ear.frames) > 60
    assert -30 < speech_dbfs(ear.heard()) < -15
