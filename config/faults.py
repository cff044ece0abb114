"""What is wrong with a home's configuration, told so that an installer can put it right without asking anybody.

A fault never repeats what was written under an unknown key or in place of a secret: either may be a password.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "（不显示） / (not shown)"
MISSING = "没有写 / nothing"
LONGEST_FOUND = 80
"""Characters of a found value that a fault repeats. Source: our choice: one terminal line beside its key."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be written in a place; sits in a field's annotation and is told with every fault found there.

    Args:
        zh: in Chinese.
        en: the same in English.
    """

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    Args:
        key: where: a key of the file (`devices["bath_radar"].role`), a variable's name, or the file itself.
        found: what stands there; never a secret's value.
        allowed: what may stand there, in Chinese and English.
    """

    key: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.key}：写的是 {self.found}；应为 {self.allowed}"


class SettingsError(Exception):
    """The configuration cannot be used.

    Args:
        source: the file's name, or a word for what was read instead.
        faults: everything that is wrong, in the order of the file.
    """

    def __init__(self, source: str, faults: Iterable[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__(self._text())

    def _text(self) -> str:
        count = len(self.faults)
        head = f"配置 {source_name(self.source)} 有 {count} 处错误，全部列在下面，请逐条改正。\n"
        head += f"{count} fault(s) in the configuration; each line: key, what was found, what is allowed.\n"
        return head + "\n".join(f"  {fault}" for fault in self.faults)


def source_name(source: str) -> str:
    """The configuration's name as people see it."""
    return source or "（环境变量） / (environment)"


def shown(value: object) -> str:
    """A found value on one short line; tables and lists only by their nature, since they may hold secrets."""
    if isinstance(value, dict):
        return "一个表 / a table"
    if isinstance(value, list | tuple):
        return f"{len(value)} 项的列表 / a list of {len(value)}" if value else "空列表 / an empty list"
    text = quoted(value) if isinstance(value, str) else _plain(value)
    return text if len(text) <= LONGEST_FOUND else text[: LONGEST_FOUND - 1] + "…"


def quoted(text: str) -> str:
    """A text as TOML would quote it, on one line."""
    return json.dumps(text, ensure_ascii=False)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
