"""The command `shouwang`: every subcommand checks its input, says what is wrong in words, and exits with a code.

Exit codes: 0 done, 1 the command's own finding (a demo that missed an incident), 2 wrong input or configuration,
75 the watch ended itself before its battery did.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import Settings, SettingsError, load, unreadable_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence


BATTERY_ENDED = 75
"""The watch ended itself since the battery was nearly empty: a failure that passes. Source: EX_TEMPFAIL, sysexits.h."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: the arguments; None takes the process's own.

    Returns:
        The exit code.
    """
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return int(arguments.command(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang", description="守望:守护独居老人的家用盒子 / the box that watches")
    commands = parser.add_subparsers(required=True, metavar="命令 COMMAND")

    run = commands.add_parser("run", help="开始守望 / watch over one home")
    run.add_argument("--config", type=Path, required=True, metavar="FILE", help="住户配置 / the home's TOML file")
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="检查配置,一次列出所有问题 / check a configuration, tell every fault")
    check.add_argument("--config", type=Path, required=True, metavar="FILE")
    check.set_defaults(command=_check)

    station = commands.add_parser("station", help="驿站接警端 / the receiving end at the community station")
    station.add_argument("--config", type=Path, required=True, metavar="FILE")
    station.set_defaults(command=_station)

    password = commands.add_parser("password", help="生成网页登录密码的散列 / make the hash of the page's password")
    password.set_defaults(command=_password)

    test = commands.add_parser(
        "test", help="测试整条链路:从按钮到接警的人 / try the whole chain, from button to person"
    )
    test.add_argument("--config", type=Path, required=True, metavar="FILE")
    test.add_argument("--by", default="安装员 / installer", metavar="NAME", help="谁在测试 / who makes the test")
    test.add_argument("--contact", default=None, metavar="NAME", help="还要通知升级链里的谁 / whom it also rings")
    test.add_argument("--device", action="append", default=[], metavar="ID", help="只测试这个设备 / only this device")
    test.add_argument("--yes", action="store_true", help="无人值守:一分钟内的按下都算测试 / unattended")
    test.add_argument("--accept-within", type=float, default=180.0, metavar="S", help="等人接警的秒数 / patience")
    test.add_argument("--json", type=Path, default=None, metavar="FILE", help="写出 JSON / write JSON")
    test.set_defaults(command=_test)

    demo = commands.add_parser("demo", help="演示:模拟的一户人家 / a simulated home, gateway and station")
    demo.add_argument("--seconds", type=float, default=None, metavar="N", help="无人值守运行 N 秒 / run unattended")
    demo.add_argument("--report", type=Path, default=None, metavar="FILE", help="写出 JSON 报告 / write a JSON report")
    demo.add_argument("--seed", type=int, default=1, help="模拟的随机种子 / seed of the simulated resident")
    demo.set_defaults(command=_demo)

    score = commands.add_parser("score", help="评分:在真实记录上有多准 / how good the detection is, on real recordings")
    scores = score.add_subparsers(required=True, metavar="什么 WHAT")
    falls = scores.add_parser("falls", help="跌倒 / falls of people who wear an accelerometer")
    falls.add_argument("folder", type=Path, metavar="DIR", help="记录所在的文件夹 / where the recordings lie")
    falls.add_argument("--json", type=Path, default=None, metavar="FILE", help="写出 JSON / write JSON")
    falls.add_argument("--plots", type=Path, default=None, metavar="DIR", help="画图:PNG 和 SVG / draw PNG and SVG")
    falls.add_argument("--rate", type=_rate_hz, default=None, metavar="HZ", help="没写采样率时用 / where none is told")
    falls.set_defaults(command=_score_falls)

    inactivity = scores.add_parser("inactivity", help="长时间无动静 / how soon a collapse at home is noticed")
    inactivity.add_argument("folder", type=Path, metavar="DIR", help="记录所在的文件夹 / where the recordings lie")
    inactivity.add_argument("--json", type=Path, default=None, metavar="FILE", help="写出 JSON / write JSON")
    inactivity.add_argument(
        "--plots", type=Path, default=None, metavar="DIR", help="画图：PNG 和 SVG / draw PNG and SVG"
    )
    inactivity.add_argument(
        "--config", type=Path, default=None, metavar="FILE", help="数据库所属的住户 / the home a store of ours is of"
    )
    inactivity.set_defaults(command=_score_inactivity)

    replay = commands.add_parser("replay", help="重放真实记录 / replay recorded days through the same pipeline")
    replay.add_argument("files", nargs="+", type=Path, metavar="FILE", help="记录文件或我们自己的数据库 / recordings")
    replay.add_argument("--broker", default=None, metavar="HOST:PORT", help="经由真实的 MQTT / over a real broker")
    replay.add_argument("--json", type=Path, default=None, metavar="FILE", help="写出 JSON / write JSON")
    replay.add_argument(
        "--config", type=Path, default=None, metavar="FILE", help="数据库所属的住户 / the home a store of ours is of"
    )
    replay.add_argument("--quiet", action="store_true", help="不打印时间线 / no timeline")
    replay.set_defaults(command=_replay)
    return parser


def _settings(path: Path) -> Settings | None:
    try:
        return load(path, os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's own words to whoever typed it
        return None


def _run(arguments: argparse.Namespace) -> int:
    from gateway import life  # noqa: PLC0415 - each command loads only what it needs

    settings = _settings(arguments.config)
    if settings is None:
        return 2
    return BATTERY_ENDED if asyncio.run(life.run(settings, os.environ)) else 0


def _check(arguments: argparse.Namespace) -> int:
    from gateway.coverage_seen import planned  # noqa: PLC0415

    settings = _settings(arguments.config)
    if settings is None:
        return 2
    faults = unreadable_secrets(settings, os.environ)
    for fault in faults:
        print(fault, file=sys.stderr)  # noqa: T201
    if faults:
        return 2
    print(f"配置正确 / the configuration is right: {len(settings.devices)} 台设备 / devices")  # noqa: T201
    for line in planned(settings):
        print(line)  # noqa: T201
    return 0


def _station(arguments: argparse.Namespace) -> int:
    """Become the station's own program: nobody imports it."""
    os.execv(sys.executable, [sys.executable, "-m", "alerts.station", "--config", str(arguments.config)])  # noqa: S606


def _password(_arguments: argparse.Namespace) -> int:
    """Ask for a password without showing it, and print what `[api] password_hash` refers to."""
    from gateway.web.session import hash_password  # noqa: PLC0415

    print(hash_password(getpass.getpass("密码 / password: ")))  # noqa: T201
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from gateway import guide  # noqa: PLC0415

    settings = _settings(arguments.config)
    if settings is None:
        return 2
    options = guide.Options(
        by=arguments.by,
        contact=arguments.contact if arguments.contact is not None or not arguments.yes else "",
        devices=tuple(arguments.device),
        yes=arguments.yes,
        accept_within_s=arguments.accept_within,
        report=arguments.json,
    )
    return guide.main(settings, os.environ, options)


def _demo(arguments: argparse.Namespace) -> int:
    from gateway import demo  # noqa: PLC0415

    return demo.main(seconds=arguments.seconds, report=arguments.report, seed=arguments.seed)


def _rate_hz(told: str) -> float:
    """A sampling rate; argparse tells whoever typed it what is wrong."""
    from gateway.scorecard.fall_units import RATES_HZ, UnusableSet, number  # noqa: PLC0415

    try:
        return number(told, "--rate", *RATES_HZ)
    except UnusableSet as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _cannot_score(arguments: argparse.Namespace) -> bool:
    """Say what of a score's folders and files cannot be used, before it takes minutes."""
    faults = []
    if not arguments.folder.is_dir():
        faults.append(f"{arguments.folder}：不是文件夹 / is no folder")
    if arguments.json is not None and (arguments.json.is_dir() or not arguments.json.parent.is_dir()):
        faults.append(f"--json {arguments.json}：写不进去，请先建好文件夹 / cannot be written: make its folder first")
    if arguments.plots is not None and arguments.plots.exists() and not arguments.plots.is_dir():
        faults.append(f"--plots {arguments.plots}：不是文件夹 / is no folder")
    for fault in faults:
        print(fault, file=sys.stderr)  # noqa: T201
    return bool(faults)


def _score_falls(arguments: argparse.Namespace) -> int:
    from gateway.scorecard import falls  # noqa: PLC0415

    if _cannot_score(arguments):
        return 2
    return falls.main(arguments.folder, json_file=arguments.json, plots=arguments.plots, rate_hz=arguments.rate)


def _score_inactivity(arguments: argparse.Namespace) -> int:
    from gateway.household import home_of  # noqa: PLC0415
    from gateway.scorecard import inactivity  # noqa: PLC0415

    settings = None if arguments.config is None else _settings(arguments.config)
    if settings is None and arguments.config is not None:
        return 2
    if _cannot_score(arguments):
        return 2
    home = None if settings is None else home_of(settings)
    return inactivity.main(arguments.folder, json_file=arguments.json, plots=arguments.plots, home=home)


def _replay(arguments: argparse.Namespace) -> int:
    from gateway import replay  # noqa: PLC0415
    from gateway.household import home_of  # noqa: PLC0415

    settings = None if arguments.config is None else _settings(arguments.config)
    if settings is None and arguments.config is not None:
        return 2
    home = None if settings is None else home_of(settings)
    return replay.main(
        arguments.files, broker=arguments.broker, json_file=arguments.json, quiet=arguments.quiet, home=home
    )
