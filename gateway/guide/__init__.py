"""`shouwang test`: proves the whole chain with the installer's or the caregiver's own fingers, and keeps the proof."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from config.secret import SecretError
from gateway.guide.conversation import Conversation, Person, Stopped
from gateway.guide.line import Line, LineDown, Refused
from gateway.guide.words import say, table
from gateway.trial_run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from config.settings import Settings

WORKS, FINDING, WRONG = 0, 1, 2
"""Exit codes: everything worked; something did not; wrong input, or no gateway to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for.

    Args:
        by: who makes the test.
        contact: whom it also rings; None asks.
        devices: which devices, by id; empty for all.
        yes: nobody is there to answer: every press in its minute counts as the test's.
        accept_within_s: seconds that people have to take a test alert.
        report: where to write the run as JSON; None for nowhere.
    """

    by: str
    contact: str | None
    devices: tuple[str, ...]
    yes: bool
    accept_within_s: float
    report: Path | None


def main(settings: Settings, env: Mapping[str, str], options: Options) -> int:
    """Run the guide.

    Args:
        settings: of the home whose gateway runs here.
        env: where the token is looked up, if it is there.
        options: what was asked for.

    Returns:
        The exit code.
    """
    person = Person(_print, None if options.yes else input)
    if person.attends and not sys.stdin.isatty():
        return _wrong(say("no_person"))
    if settings.api.token is None:
        return _wrong(say("no_token"))
    try:
        line = Line(settings.api.host, settings.api.port, settings.api.token.reveal(env))
        return _guided(line, person, settings, options)
    except (SecretError, LineDown, Refused, _NotThereError) as error:
        return _wrong(str(error))
    except (Stopped, KeyboardInterrupt, EOFError) as stopped:
        _print(str(stopped) or say("stopped"))
        return FINDING


class _NotThereError(Exception):
    """A device was asked for that the home does not have."""


def _guided(line: Line, person: Person, settings: Settings, options: Options) -> int:
    plan = line.plan()
    _print(say("welcome"))
    _print(say("tell_station"))
    devices = _devices(plan["devices"], options.devices)
    contact = _contact(plan["contacts"], person) if options.contact is None else options.contact
    patience_s = (plan["window_s"], plan["confirm_s"])
    talk = Conversation(line, person, timedelta(seconds=options.accept_within_s), patience_s)
    run = talk.run(devices, options.by, contact)
    names = {device["id"]: str(device["name"]) for device in plan["devices"]}
    _print("")
    for row in table(run, names, settings.home.timezone):
        _print(row)
    if options.report is not None:
        written = TypeAdapter(Run).dump_python(run, mode="json") | {"passed": run.passed}
        options.report.write_bytes(TypeAdapter(dict[str, Any]).dump_json(written, indent=2) + b"\n")
    return WORKS if run.passed else FINDING


def _devices(known: Sequence[dict[str, Any]], wanted: Sequence[str]) -> list[dict[str, Any]]:
    by_id = {device["id"]: device for device in known}
    strangers = [device for device in wanted if device not in by_id]
    if strangers or not known:
        there = "、".join(by_id) or say("nothing")
        raise _NotThereError(f"不能测试 / cannot be tried: {'、'.join(strangers)}; 可测试 / can be tried: {there}")
    return [by_id[device] for device in wanted] if wanted else list(known)


def _contact(contacts: Sequence[dict[str, Any]], person: Person) -> str:
    """Let the person choose whom the test rings."""
    if not contacts or not person.attends:
        return ""
    for number, each in enumerate(contacts, start=1):
        _print(f"  {number}. {each['contact']}（{'、'.join(each['channels'])}）")
    while chosen := person.chooses("whom"):
        if chosen.isdecimal() and 1 <= int(chosen) <= len(contacts):
            return str(contacts[int(chosen) - 1]["contact"])
        _print(say("no_such_number"))
    return ""


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _wrong(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return WRONG
