"""Numbers and signs as people say them on the telephone in Mandarin: "402 室" is 四零二室, "3 号楼" is 三号楼. Pure."""

from __future__ import annotations

import re

_DIGITS = "零一二三四五六七八九"
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?=\s*年)")
_NUMBER = re.compile(r"\d+(?:-\d+)*")
_SPACES = re.compile(r"\s+")
_STOPS = re.compile(r"[，、]+[，、。！？]")
_LONGEST_COUNT = 2
"""Digits of a number that is said as a quantity; longer ones (rooms, telephones, 120) are said digit by digit."""

_SIGNS = str.maketrans(
    {"·": "，", "（": "，", "）": "，", "(": "，", ")": "，", "/": "，", "“": "", "”": "", "…": "。"}
)


def aloud(text: str) -> str:
    """Give a text with every number in the words that are said for it.

    Args:
        text: Chinese, with numbers in digits.

    Returns:
        The same without digits, brackets and blanks: ready to be spoken.
    """
    text = _CLOCK.sub(lambda found: clock_words(int(found[1]), int(found[2])), text)
    text = _YEAR.sub(lambda found: "".join(_DIGITS[int(digit)] for digit in found[1]), text)
    text = _NUMBER.sub(lambda found: _number(found[0]), text)
    return _STOPS.sub(lambda found: found[0][-1], _SPACES.sub("", text.translate(_SIGNS)))


def one_by_one(number: str) -> str:
    """Give the digits of a telephone number as they are said: 1 is 幺, groups of three or four with a pause between.

    Args:
        number: with digits, and whatever else people write between them.
    """
    groups = re.findall(r"\d+", number)
    return "，".join(_digit_words(part) for group in groups for part in _in_fours(group))


def count_words(number: int) -> str:
    """Give a number below 100 in words: 十, 十二, 二十, 三十五."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def clock_words(hour: int | None, minute: int | None) -> str:
    """Give a time of day in words, or one half of it: 两点零五分, 十二点整."""
    hours = "" if hour is None else ("两" if hour == 2 else count_words(hour)) + "点"  # noqa: PLR2004 - 2:00 is 两点
    if minute is None:
        return hours
    return hours + (f"{'零' if minute < 10 else ''}{count_words(minute)}分" if minute else "整")  # noqa: PLR2004 - 零五分


def _number(digits: str) -> str:
    if digits.isdigit() and len(digits) <= _LONGEST_COUNT and not digits.startswith("0"):
        return count_words(int(digits))
    return "，".join(_digit_words(part) for part in digits.split("-"))


def _digit_words(digits: str) -> str:
    return "".join("幺" if digit == "1" else _DIGITS[int(digit)] for digit in digits)


def _in_fours(digits: str) -> list[str]:
    """A mobile number is said 139 5550 0417; shorter ones, up to five digits, in one."""
    if len(digits) <= 5:  # noqa: PLR2004 - 96111 is said in one breath
        return [digits]
    head = len(digits) % 4
    return [part for part in (digits[:head], *(digits[at : at + 4] for at in range(head, len(digits), 4))) if part]
