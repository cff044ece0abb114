"""What a call may come to, and what follows from each: one table. Pure; docs/telephone.md shows the same table."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Answer(StrEnum):
    """How a call ended."""

    TAKEN = "taken"  # 按 1 接警
    HEARD = "heard"  # news was listened to; nothing was asked
    NOT_TAKEN = "not_taken"  # answered, and nothing was pressed: a voicemail, a child, somebody who did not understand
    HUNG_UP = "hung_up"  # answered and hung up without pressing
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    NO_SUCH_NUMBER = "no_such_number"
    NOT_AUTHORISED = "not_authorised"  # the trunk does not let us call
    REFUSED = "refused"  # any other 4xx or 6xx
    TRUNK_FAULT = "trunk_fault"  # 5xx
    UNREACHABLE = "unreachable"  # no reply at all
    BROKEN_OFF = "broken_off"  # the trunk died in mid-call
    PHONE_DIED = "phone_died"  # baresip died
    MADE_WAY = "made_way"  # hung up by us for an emergency


class Policy(NamedTuple):
    """What follows from an answer that is no success.

    Args:
        pause_s: seconds before the same telling is tried again; the ladder's other rungs do not wait for it.
        next_trunk: whether another trunk may do better, and is tried at once.
        zh: what it means, for people.
        en: the same in English.
    """

    pause_s: float
    next_trunk: bool
    zh: str
    en: str


POLICIES = {
    Answer.NOT_TAKEN: Policy(20.0, next_trunk=False, zh="接了电话，没有按 1", en="answered, but nobody pressed 1"),
    Answer.HUNG_UP: Policy(10.0, next_trunk=False, zh="接了电话就挂断", en="answered and hung up"),
    Answer.BUSY: Policy(15.0, next_trunk=False, zh="占线", en="busy"),
    Answer.NO_ANSWER: Policy(30.0, next_trunk=False, zh="无人接听", en="it rang and nobody answered"),
    Answer.DECLINED: Policy(30.0, next_trunk=False, zh="对方拒接", en="declined"),
    Answer.NO_SUCH_NUMBER: Policy(
        60.0, next_trunk=True, zh="号码不存在，请核对升级链中的号码", en="no such number: check the ladder's number"
    ),
    Answer.NOT_AUTHORISED: Policy(
        60.0, next_trunk=True, zh="线路不允许呼叫，请核对账号和密码", en="the trunk refuses us: check its account"
    ),
    Answer.REFUSED: Policy(30.0, next_trunk=True, zh="线路拒绝了呼叫", en="the trunk refused the call"),
    Answer.TRUNK_FAULT: Policy(10.0, next_trunk=True, zh="线路故障", en="the trunk is out of order"),
    Answer.UNREACHABLE: Policy(10.0, next_trunk=True, zh="线路没有回应", en="the trunk does not reply"),
    Answer.BROKEN_OFF: Policy(1.0, next_trunk=True, zh="通话中断", en="the call broke off"),
    Answer.PHONE_DIED: Policy(
        1.0, next_trunk=False, zh="电话程序中断，已重新启动", en="baresip died; it is started anew"
    ),
    Answer.MADE_WAY: Policy(20.0, next_trunk=False, zh="让位给紧急告警", en="made way for an emergency"),
}
"""Source: our choice. A person who is busy or did not answer is not pestered more often than once in 10 to 30 s, while
the ladder calls others; a fault of the line is nobody's time, so it is tried again soon, by another trunk at once."""

BY_CODE = {
    401: Answer.NOT_AUTHORISED,
    402: Answer.NOT_AUTHORISED,
    403: Answer.NOT_AUTHORISED,
    404: Answer.NO_SUCH_NUMBER,
    407: Answer.NOT_AUTHORISED,
    408: Answer.UNREACHABLE,
    410: Answer.NO_SUCH_NUMBER,
    480: Answer.NO_ANSWER,
    484: Answer.NO_SUCH_NUMBER,
    486: Answer.BUSY,
    487: Answer.NO_ANSWER,
    600: Answer.BUSY,
    603: Answer.DECLINED,
    604: Answer.NO_SUCH_NUMBER,
}
"""Source: RFC 3261 section 21. What is not listed goes by its class."""

_CODE = re.compile(r"[1-6][0-9]{2}(?= |$)")
_SERVER_ERRORS = range(500, 600)


def unanswered(why: str, *, rang: bool) -> Answer:
    """Say what a call came to that ended before anybody answered.

    Args:
        why: baresip's words: "486 Busy Here", or an error of the network such as "Connection refused".
        rang: whether it had rung before.
    """
    found = _CODE.match(why)
    if found is None:
        return Answer.UNREACHABLE
    code = int(found[0])
    if rang and code == 408:  # noqa: PLR2004 - Request Timeout: it rang, so the trunk did reply
        return Answer.NO_ANSWER
    return BY_CODE.get(code, Answer.TRUNK_FAULT if code in _SERVER_ERRORS else Answer.REFUSED)
