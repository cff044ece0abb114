"""What the viewer reads: Chinese first, English below it, the home's time in front. Nothing else is ever printed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_MARGIN = " " * 10
_PLAIN, _BOLD, _DIM, _GREEN = "", "\033[1m", "\033[2m", "\033[32m"
_END = "\033[0m"
_WIPE = "\r\033[K"


class Words(NamedTuple):
    """One thing said twice."""

    zh: str
    en: str


class Terminal:
    """Says things in order.

    Args:
        zone: of the home, for its times.
        out: where to; a terminal gets colours (unless NO_COLOR is set) and a running clock.
    """

    def __init__(self, zone: ZoneInfo, out: TextIO = sys.stdout) -> None:
        self._zone, self._out = zone, out
        self._live = out.isatty()
        self._coloured = self._live and "NO_COLOR" not in os.environ
        self._clock_shown = False

    def title(self, words: Words) -> None:
        """Begin a part."""
        self._line("")
        self._line(f"{words.zh} · {words.en}", _BOLD)

    def at(self, home: datetime, words: Words) -> None:
        """Say what happens in the home, with its time."""
        self._pair(f"{home.astimezone(self._zone):%H:%M:%S}  ", words, _PLAIN)

    def after(self, words: Words, seconds: float | None = None) -> None:
        """Say what follows from it, and how long that took in real seconds."""
        took = "" if seconds is None else f"（{_short(seconds)}）"
        self._pair(_MARGIN, Words(f"→ {words.zh}{took}", f"  {words.en}"), _GREEN)

    def quote(self, words: Words) -> None:
        """Show what the person on duty reads."""
        self._pair(_MARGIN, Words(f"  “{words.zh}”", f"  “{words.en}”"), _BOLD)

    def heard_at_home(self, home: datetime, zh: str, en: str) -> None:
        """Show what she hears at home."""
        self.at(home, Words(f"家里播报：“{zh}”", f"she hears: “{en}”"))

    def plain(self, words: Words) -> None:
        """Say something beside the story."""
        self._pair("", words, _PLAIN)

    def row(self, text: str = "") -> None:
        """Print a line as it is."""
        self._line(text)

    def clock(self, home: datetime, rate: float) -> None:
        """Show the home's time running fast, in place; nothing where there is no terminal."""
        if self._live:
            local = home.astimezone(self._zone)
            self._out.write(f"{_WIPE}{self._paint(f'{local:%H:%M}     » × {rate:.0f}', _DIM)}")
            self._out.flush()
            self._clock_shown = True

    def _pair(self, margin: str, words: Words, style: str) -> None:
        self._line(f"{margin}{self._paint(words.zh, style)}")
        self._line(f"{' ' * len(margin)}{self._paint(words.en, _DIM)}")

    def _line(self, text: str, style: str = _PLAIN) -> None:
        wipe = _WIPE if self._clock_shown else ""
        self._clock_shown = False
        self._out.write(f"{wipe}{self._paint(text, style)}\n")
        self._out.flush()

    def _paint(self, text: str, style: str) -> str:
        return f"{style}{text}{_END}" if style and self._coloured else text


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
