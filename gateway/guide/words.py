"""What the guide says, Chinese first, English beside it; and the table at the end, narrow enough for a phone."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from alerts.occurrence import Words
from gateway.trial_run import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from gateway.trial_run import Row, Run, Telling

SAYS: Final = {
    "welcome": Words(
        "守望 · 链路测试。从按下到有人接警，一步一步走一遍。测试时按下的那一次不会当真，别的都照常当真",
        "Shouwang: test of the chain, from the press to the person. Only the press that you are asked for is a test;"
        " everything else stays real",
    ),
    "tell_station": Words(
        "请先打电话告诉驿站：马上会收到几条写着“测试”的告警，请照常接警",
        "Ring the station first: a few alerts marked as tests will come, and should be taken as usual",
    ),
    "whom": Words("测试时还要通知谁？输入号码，回车为不通知", "Whom shall it also ring? A number; Enter for nobody"),
    "no_such_number": Words("没有这个号码", "There is no such number"),
    "ready": Words("下一个：{name}。准备好请按回车；输入 s 跳过", "Next: {name}. Enter when ready; s to skip"),
    "press_sos": Words("请按一下“{name}”（{seconds} 秒内）", "Please press “{name}” once (within {seconds} s)"),
    "press_fall": Words(
        "请让“{name}”报告一次跌倒（按它的说明书，{seconds} 秒内）",
        "Please make “{name}” report a fall, as its manual says (within {seconds} s)",
    ),
    "press_entrance": Words(
        "请开一下再关上“{name}”（{seconds} 秒内）", "Please open and close “{name}” (within {seconds} s)"
    ),
    "silent": Words("没有收到。请查电池、距离和网桥", "Nothing came. Check battery, distance and bridge"),
    "again": Words("再试一次？[Y/n]", "Try again? [Y/n]"),
    "arrived": Words("守望盒收到了", "The box has it"),
    "was_it_you": Words("是您刚才按的吗？{seconds} 秒内回答 [y/n]", "Was that you? Answer within {seconds} s [y/n]"),
    "real": Words(
        "没有确认是测试，已作为真的告警发出。请马上告诉驿站",
        "Not confirmed: it went out as real. Tell the station at once",
    ),
    "not_confirmed": Words("没有确认，不算", "Not confirmed; it does not count"),
    "told": Words("{contact} 已收到", "{contact} has it"),
    "please_take": Words("请 {contact} 接警……", "Waiting for {contact} to take it…"),
    "taken": Words("{by} 已接警", "{by} has taken it"),
    "trouble": Words("{contact} 送不到：{error}", "{contact} cannot be told: {error}"),
    "nobody": Words("{contact} 没有人接警", "Nobody took it at {contact}"),
    "untold": Words("{contact} 没有收到", "{contact} did not get it"),
    "real_one": Words(
        "注意：测试期间有真的呼救！测试停止，请先去看老人", "A REAL call for help! The test stops: see to her first"
    ),
    "lost": Words(
        "盒子重启过，测试已取消。刚才如果按过按钮，那一次已作为真的告警发出，请告诉驿站",
        "The box was restarted and the test is over. A press of just now went out as real: tell the station",
    ),
    "stopped": Words("测试停止", "Stopped"),
    "nothing": Words("没有可以测试的设备", "There is nothing to try"),
    "passed": Words("全部通过。下次测试：一个月后", "Everything works. The next test: in a month"),
    "failed": Words("没有全部通过，本月测试不算完成", "Not everything works: this month's test is not done"),
    "no_person": Words("无人值守请加 --yes", "Nobody answers: add --yes to run unattended"),
    "no_token": Words(
        "请在配置的 [api] 里写上 token（openssl rand -hex 32），重启守望后再测试",
        "Write a token under [api] in the settings (openssl rand -hex 32) and restart first",
    ),
}
"""Every sentence of the guide."""

_OUTCOMES: Final = {
    Stage.ARMED: Words("没有收到", "nothing came"),
    Stage.SILENT: Words("没有收到", "nothing came"),
    Stage.HELD: Words("没有确认", "not confirmed"),
    Stage.REAL: Words("没有确认", "not confirmed"),
}
_WORKED, _FAILED = Words("通过", "works"), Words("不通", "FAILED")


def say(sentence: str, /, **values: str) -> str:
    """A sentence in both languages, on one line."""
    words = SAYS[sentence]
    return f"{words.zh.format(**values)} / {words.en.format(**values)}"


def table(run: Run, names: Mapping[str, str], zone: ZoneInfo) -> Iterator[str]:
    """The lines of the table.

    Args:
        run: a run that ended.
        names: of devices, by id; one that was not tried is listed as such.
        zone: of the home, for the times.
    """
    width = max(map(columns, names.values()), default=0)
    rows = {row.device: row for row in run.rows}
    for device, name in names.items():
        head = f"{name}{' ' * (width - columns(name))}"
        row = rows.get(device)
        if row is None:
            yield f"{head}  —  没有测试 / not tried"
            continue
        outcome = _WORKED if row.worked else _OUTCOMES.get(row.stage, _FAILED)
        yield f"{head}  {'✓' if row.worked else '✗'}  {outcome.zh} / {outcome.en}"
        yield from (f"    {line}" for line in _steps(row, zone))
    yield say("passed" if run.passed else "failed")


def _steps(row: Row, zone: ZoneInfo) -> Iterator[str]:
    if row.pressed_at is not None:
        yield f"{row.pressed_at.astimezone(zone):%H:%M:%S} 收到 / arrived"
    for telling in row.tellings:
        yield from _hops(telling, row.answered_at)


def _hops(telling: Telling, since: datetime | None) -> Iterator[str]:
    if since is None or telling.told_at is None:
        why = f"（{telling.error}）" if telling.error else ""
        yield f"✗ {say('untold', contact=telling.contact)}{why}"
        return
    yield f"{seconds(telling.told_at, since)} {say('told', contact=telling.contact)}"
    if telling.taken_at is not None:
        yield f"{seconds(telling.taken_at, since)} {say('taken', by=telling.by or telling.contact)}"
    elif telling.needs_person:
        yield f"✗ {say('nobody', contact=telling.contact)}"


def seconds(at: datetime, since: datetime) -> str:
    """How long after: "+1.4 s"."""
    return f"+{max(0.0, (at - since).total_seconds()):.1f} s"


def columns(text: str) -> int:
    """How many columns a terminal needs for it; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
