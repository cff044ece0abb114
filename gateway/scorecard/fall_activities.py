"""What people did in a recorded trial, in words that are the same for every set.

SisFall and WEDA-FALL number their activities; the same number means something else in each, so whose subject it is
decides. Other sets write words, in which what was done is looked for.

Source: table 2 of Sucerquia et al., Sensors 2017, 17, 198; tables 1 and 2 of the readme of WEDA-FALL.
"""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Deed(StrEnum):
    """What somebody did, Chinese first."""

    FALL = "跌倒 fall"
    WALK = "走路 walking"
    JOG = "慢跑 jogging"
    STAIRS = "上下楼梯 stairs"
    SIT = "坐下 sitting down"
    SIT_HARD = "猛坐 sitting down hard"
    COLLAPSE = "跌坐回椅子 collapsing into a chair"
    LIE = "躺下 lying down"
    ROLL = "床上翻身 turning over in bed"
    BEND = "弯腰下蹲 bending down"
    STUMBLE = "绊一下 stumbling"
    JUMP = "跳 jumping"
    CAR = "上下车 getting in and out of a car"
    KNOCK = "拍桌子 hitting a table"
    CLAP = "拍手 clapping"
    DOOR = "开关门 opening and closing a door"
    TAKE_OFF = "摘下设备 taking the device off"
    PUT_DOWN = "放到桌上 putting the device on a table"
    OTHER = "其他 other"


_D = Deed
_SISFALL = (
    _D.WALK, _D.WALK, _D.JOG, _D.JOG, _D.STAIRS, _D.STAIRS, _D.SIT, _D.SIT_HARD, _D.SIT, _D.SIT_HARD, _D.COLLAPSE,
    _D.LIE, _D.LIE, _D.ROLL, _D.BEND, _D.BEND, _D.CAR, _D.STUMBLE, _D.JUMP,
)  # fmt: skip
_WEDA = (
    _D.WALK, _D.JOG, _D.STAIRS, _D.SIT, _D.COLLAPSE, _D.BEND, _D.STUMBLE, _D.JUMP, _D.KNOCK, _D.CLAP, _D.DOOR,
)  # fmt: skip
"""D01, D02, ... of each set."""

_NUMBERED: Mapping[str, tuple[Deed, ...]] = MappingProxyType({"SA": _SISFALL, "SE": _SISFALL, "U": _WEDA})

_WORDS: tuple[tuple[str, Deed], ...] = (
    (r"tak\w* (it |the \w+ )?off|remov|摘", _D.TAKE_OFF),
    (r"put\w*\b.*\b(table|down)|放", _D.PUT_DOWN),
    (r"collaps|跌坐", _D.COLLAPSE),
    (r"sit\w*\b.*(hard|quick|fast)|(hard|quick|fast)\w*\b.*sit|猛坐", _D.SIT_HARD),
    (r"stumbl|trip\b|绊", _D.STUMBLE),
    (r"stair|楼", _D.STAIRS),
    (r"jump|hop|跳", _D.JUMP),
    (r"jog|run|跑", _D.JOG),
    (r"clap|applau|拍手", _D.CLAP),
    (r"table|knock|desk|拍桌", _D.KNOCK),
    (r"door|门", _D.DOOR),
    (r"\bcar\b|车", _D.CAR),
    (r"roll|turn\w* over|翻身", _D.ROLL),
    (r"\bly|\blie|\blay|bed|躺", _D.LIE),
    (r"bend|crouch|squat|pick|tie|弯|蹲", _D.BEND),
    (r"sit|chair|坐", _D.SIT),
    (r"walk|走", _D.WALK),
)
"""In the order in which they are looked for: what is rarer comes first."""


def deed_of(subject: str, activity: str, *, fall: bool) -> Deed:
    """What was done in a trial.

    Args:
        subject: whose trial it is, as its set names people.
        activity: as its set names it.
        fall: whether it holds a fall.
    """
    if fall:
        return Deed.FALL
    who = re.fullmatch(r"(SA|SE|U)\d\d", subject)
    code = re.fullmatch(r"D(\d\d)", activity)
    if who and code:
        known, number = _NUMBERED[who[1]], int(code[1])
        return known[number - 1] if 1 <= number <= len(known) else Deed.OTHER
    text = activity.lower().replace("_", " ")
    return next((deed for pattern, deed in _WORDS if re.search(pattern, text)), Deed.OTHER)
