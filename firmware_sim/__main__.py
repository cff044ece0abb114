"""`python -m firmware_sim`: a simulated home over real MQTT."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from firmware_sim.app import FASTEST, SLOWEST, App, read_time
from firmware_sim.clock import HomeClock, real_now
from firmware_sim.control import LONGEST_LINE
from firmware_sim.flash import Flash
from firmware_sim.house import DEFAULT, House, describe, load_house, with_annunciator
from firmware_sim.household import Household
from firmware_sim.identity import Broker
from firmware_sim.refused import Refused

BASE_TOPICS = {"native": "shouwang", "zigbee2mqtt": "zigbee2mqtt"}
LONGEST_LINE_BYTES = 4 * LONGEST_LINE


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 2 for what cannot be done, after a line that says why."""
    options = _parser().parse_args(argv)
    try:
        house = load_house(options.home) if options.home else DEFAULT
        if options.annunciator:
            house = with_annunciator(house, options.annunciator)
        if options.describe:
            print(json.dumps(describe(house, options.form), ensure_ascii=False, indent=1))  # noqa: T201 (the answer)
            return 0
        asyncio.run(_run(options, house))
    except Refused as refused:
        _emit({"event": "refused", "reason": refused.reason, "sentence": refused.sentence})
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m firmware_sim", description=__doc__)
    parser.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    parser.add_argument("--username")
    parser.add_argument("--password-file", type=Path, help="a file with the broker's password")
    parser.add_argument("--form", choices=tuple(BASE_TOPICS), default="native")
    parser.add_argument("--base-topic", help="of the form's dialect; its usual one when left out")
    parser.add_argument("--seed", type=int, default=1, help="whose life it is")
    parser.add_argument("--activity", type=float, default=1.0, help="how often she stirs; 1 is usual")
    parser.add_argument("--start", help="home time at the outset, ISO 8601 with zone; now when left out")
    parser.add_argument("--rate", type=float, default=1.0, help="home seconds in a real second")
    parser.add_argument("--clock-file", type=Path, help="written at the start and at every change of rate")
    parser.add_argument("--flash-file", type=Path, help="keeps boot numbers over restarts of this program")
    parser.add_argument("--home", type=Path, help="a TOML file; see firmware_sim/house.py")
    parser.add_argument("--annunciator", metavar="ID", help="fit an annunciator, which says what it is asked to")
    parser.add_argument("--control", choices=("stdin",), help="obey JSON lines; see firmware_sim/control.py")
    parser.add_argument("--describe", action="store_true", help="print the home as JSON and end")
    return parser


async def _run(options: argparse.Namespace, house: House) -> None:
    start = read_time(options.start) if options.start else real_now()
    if not SLOWEST <= options.rate <= FASTEST or not 0 < options.activity <= 100:  # noqa: PLR2004 (a sane bound)
        raise Refused("bad_option", f"--rate is from {SLOWEST:g} to {FASTEST:g}, --activity above 0, at most 100.")
    base_topic = options.base_topic or BASE_TOPICS[options.form]
    clock = HomeClock(start, options.rate, options.clock_file)
    home = Household(
        house,
        seed=options.seed,
        start=clock.pace.home,
        form=options.form,
        flash=Flash(options.flash_file),
        base_topic=base_topic,
        activity=options.activity,
    )
    app = App(home, clock, _broker(options), base_topic, _emit)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stop)
    lines = await _open_stdin() if options.control else None
    async with asyncio.TaskGroup() as group:
        control = group.create_task(_obey(app, lines)) if lines is not None else None
        await app.run()
        if control is not None:
            control.cancel()


def _broker(options: argparse.Namespace) -> Broker:
    host, _, port = options.broker.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise Refused("bad_broker", f"--broker must be HOST:PORT, such as 127.0.0.1:1883; found {options.broker!r}.")
    return Broker(host=host, port=int(port), username=options.username, password=_password(options.password_file))


def _password(file: Path | None) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip() if file else None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("bad_password_file", f"The password file cannot be read: {error}.") from error


async def _open_stdin() -> asyncio.StreamReader:
    lines = asyncio.StreamReader(limit=LONGEST_LINE_BYTES)
    try:
        await asyncio.get_running_loop().connect_read_pipe(partial(asyncio.StreamReaderProtocol, lines), sys.stdin)
    except ValueError as error:
        raise Refused("bad_control", "Commands come through a pipe or a terminal, not from a file.") from error
    return lines


async def _obey(app: App, lines: asyncio.StreamReader) -> None:
    """Obey one line after another; the end of the stream is the end of the home, or it would outlive its master."""
    too_long = False
    while True:
        try:
            line = await lines.readuntil()
        except asyncio.LimitOverrunError as over:
            await lines.readexactly(over.consumed)
            too_long = True
        except asyncio.IncompleteReadError:
            app.stop()
            return
        else:
            app.hear(line.decode("utf-8", "replace"), cut_short=too_long)
            too_long = False


def _emit(event: dict[str, Any]) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)  # noqa: T201 (the program's answers)


if __name__ == "__main__":
    sys.exit(main())
