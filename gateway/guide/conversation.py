"""The guide as a conversation: one device after another, each pressed, confirmed, told and taken.

Nothing is decided here: the gateway arms, holds and tells (`gateway.trials`), a person answers. Whatever goes wrong
with this program, a press that nobody confirmed is real a minute later at the latest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.guide.line import Refused
from gateway.guide.words import say, seconds
from gateway.trial_run import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from gateway.guide.line import Line, Look
    from gateway.trial_run import Row, Run, Telling

SKIP = "s"


class Stopped(Exception):
    """The test cannot go on. Its words say why."""


class Person:
    """Whoever holds the telephone: reads, presses and answers.

    Args:
        out: prints a line.
        ask: asks a question and gives the answer; None when nobody is there, and every press counts as the test's.
    """

    def __init__(self, out: Callable[[str], None], ask: Callable[[str], str] | None) -> None:
        self.hears = out
        self._ask = ask

    @property
    def attends(self) -> bool:
        """Whether anybody is there to answer."""
        return self._ask is not None

    def agrees(self, question: str, /, *, otherwise: bool, **values: str) -> bool:
        """Ask a yes-or-no question. An empty answer is `otherwise` where nobody is there, and else asked again.

        Args:
            question: a name of `words.SAYS`.
            otherwise: the answer when nobody is there.
            values: for the question's blanks.
        """
        if self._ask is None:
            return otherwise
        while True:
            answer = self._ask(f"{say(question, **values)} ").strip().lower()
            if answer[:1] in {"y", "是", "n", "否", "不"}:
                return answer[0] in "y是"
            if not answer and question == "again":
                return True

    def chooses(self, question: str, /, **values: str) -> str:
        """Ask an open question; "" where nobody is there."""
        return "" if self._ask is None else self._ask(f"{say(question, **values)} ").strip()


class Conversation:
    """One run.

    Args:
        line: to the gateway.
        person: who answers.
        accept_within: how long the people who are told have to take it.
        patience_s: how long the gateway waits for a press, and for the answer to it.
    """

    def __init__(self, line: Line, person: Person, accept_within: timedelta, patience_s: tuple[float, float]) -> None:
        self._line = line
        self._person = person
        self._accept_within = accept_within
        self._press_s, self._answer_s = (f"{patience:.0f}" for patience in patience_s)
        self._seen = 0
        self._said: set[tuple[str, str]] = set()

    def run(self, devices: Sequence[dict[str, Any]], by: str, contact: str) -> Run:
        """Try the devices in turn.

        Returns:
            The run as the gateway has stored it.

        Raises:
            Stopped: a real call for help came, or the gateway knows of no run any more.
            gateway.guide.line.LineDown: the gateway is gone.
        """
        self._line.begin(by, contact)
        try:
            for device in devices:
                self._try(device)
        except Refused as refused:
            if refused.reason == "no_trial":
                raise Stopped(say("lost")) from refused
            raise Stopped(str(refused)) from refused
        except (Stopped, KeyboardInterrupt, EOFError) as stopped:
            self._line.end()
            raise Stopped(str(stopped) or say("stopped")) from stopped
        return self._line.end()

    def _try(self, device: dict[str, Any]) -> None:
        name = f"{device['name']}（{device['room']}）" if device["room"] else str(device["name"])
        if self._person.chooses("ready", name=name) == SKIP:
            return
        while True:
            self._line.arm(device["id"])
            self._person.hears(say(f"press_{device['role']}", name=name, seconds=self._press_s))
            row = self._until(device["id"], lambda row, _: row.stage is not Stage.ARMED)
            if row.stage is not Stage.SILENT:
                break
            self._person.hears(f"  ✗ {say('silent')}")
            if not self._person.agrees("again", otherwise=False):
                return
        self._confirm(device, row)

    def _confirm(self, device: dict[str, Any], row: Row) -> None:
        self._person.hears(f"  ✓ {say('arrived')}")
        try:
            was_test = self._person.agrees("was_it_you", otherwise=True, seconds=self._answer_s)
            self._line.answer(row.press_key, was_test=was_test)
        except Refused as refused:
            if refused.reason != "too_late":
                raise
            was_test = False
        if not was_test:
            self._person.hears(f"  ✗ {say('not_confirmed' if device['role'] == 'entrance' else 'real')}")
            return
        self._said.clear()
        row = self._until(device["id"], lambda row, look: row.worked or self._is_late(row, look))
        for telling in row.tellings:
            if not telling.worked:
                missing = "untold" if telling.told_at is None else "nobody"
                self._person.hears(f"  ✗ {say(missing, contact=telling.contact)}")

    def _is_late(self, row: Row, look: Look) -> bool:
        return row.answered_at is not None and look.now - row.answered_at > self._accept_within

    def _until(self, device: str, true: Callable[[Row, Look], bool]) -> Row:
        """Look again and again until something is true of a device, and say what is new meanwhile."""
        while True:
            look = self._line.look(self._seen)
            self._seen = look.number
            row = next(row for row in look.run.rows if row.device == device)
            if look.real:
                raise Stopped("\n".join([say("real_one"), *(f"  {each['sentence_zh']}" for each in look.real)]))
            for telling in row.tellings:
                self._tell(row, telling)
            if true(row, look):
                return row

    def _tell(self, row: Row, telling: Telling) -> None:
        contact, since = telling.contact, row.answered_at or row.armed_at
        if telling.error and telling.told_at is None:
            self._once(contact, f"  … {say('trouble', contact=contact, error=telling.error)}")
        if telling.told_at is not None:
            self._once(contact, f"  ✓ {seconds(telling.told_at, since)} {say('told', contact=contact)}")
            if telling.needs_person and telling.taken_at is None:
                self._once(contact, f"  … {say('please_take', contact=contact)}")
        if telling.taken_at is not None:
            by = telling.by or contact
            self._once(contact, f"  ✓ {seconds(telling.taken_at, since)} {say('taken', by=by)}")

    def _once(self, contact: str, text: str) -> None:
        if (contact, text) not in self._said:
            self._said.add((contact, text))
            self._person.hears(text)
