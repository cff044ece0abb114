"""What the guide says and asks, answer by answer, against a line that plays the gateway."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from gateway.guide.conversation import Conversation, Person, Stopped
from gateway.guide.line import Line, LineDown, Look, Refused
from gateway.guide.words import SAYS, columns, say, table
from gateway.trial_run import Row, Run, Stage, Telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT = datetime(2026, 11, 22, 3, 5, tzinfo=UTC)
CORD = {"id": "cord", "name": "卫生间拉绳", "room": "卫生间", "role": "sos"}
DOOR = {"id": "door", "name": "大门", "room": "", "role": "entrance"}


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def row(stage: Stage = Stage.ARMED, device: str = "cord", **more: Any) -> Row:  # noqa: ANN401 - fields of Row
    return Row(device=device, contacts=("驿站",), stage=stage, armed_at=AT, **more)


HELD = row(Stage.HELD, press_key="k", pressed_at=at(2))
TOLD = Telling(contact="驿站", needs_person=True, alert_key="t", told_at=at(5.4))
TEST = replace(HELD, stage=Stage.TEST, answered_at=at(5), tellings=(TOLD,))
TAKEN = replace(TEST, tellings=(replace(TOLD, taken_at=at(13), by="李护士"),))


class FakeLine:
    """Shows one row after another; remembers what was asked of it."""

    def __init__(self, *shown: Row, real: bool = False, answer: Exception | None = None) -> None:
        self.shown = list(shown)
        self.real = [{"key": "e", "sentence_zh": "王秀英老人按了紧急呼叫。", "sentence_en": ""}] if real else []
        self.answers = answer
        self.asked: list[tuple[str, object]] = []

    def begin(self, by: str, contact: str) -> None:
        self.asked.append((f"begin {by}", contact))

    def look(self, seen: int) -> Look:
        shown = self.shown.pop(0)
        run = Run(id=1, by="小王", began_at=AT, rows=(shown,))
        return Look(number=seen + 1, now=at(200 if not self.shown else 6), run=run, real=self.real)

    def arm(self, device: str) -> None:
        self.asked.append(("arm", device))

    def answer(self, press_key: str, *, was_test: bool) -> None:
        self.asked.append((f"answer {press_key}", was_test))
        if self.answers is not None:
            raise self.answers

    def end(self) -> str:
        self.asked.append(("end", None))
        return "the run"


def talk(line: FakeLine, *typed: str, devices: tuple[dict[str, Any], ...] = (CORD,)) -> list[str]:
    """Runs the guide with somebody who types these answers; gives what was said, and the questions."""
    said: list[str] = []
    left = list(typed)

    def ask(question: str) -> str:
        said.append(f"? {question.partition(' / ')[0]}")
        return left.pop(0)

    person = Person(lambda text: said.append(text.partition(" / ")[0]), ask)
    try:
        assert Conversation(line, person, timedelta(seconds=180), (60.0, 30.0)).run(devices, "小王", "") == "the run"  # type: ignore[arg-type]
    except Stopped as stopped:
        said.append(f"! {str(stopped).partition(' / ')[0]}")
    assert left == []
    return said


def test_a_press_is_asked_for_confirmed_told_and_taken() -> None:
    line = FakeLine(row(), HELD, TEST, TAKEN)
    assert talk(line, "", "y") == [
        "? 下一个：卫生间拉绳（卫生间）。准备好请按回车；输入 s 跳过",
        "请按一下“卫生间拉绳（卫生间）”（60 秒内）",
        "  ✓ 守望盒收到了",
        "? 是您刚才按的吗？30 秒内回答 [y/n]",
        "  ✓ +0.4 s 驿站 已收到",
        "  … 请 驿站 接警……",
        "  ✓ +8.0 s 李护士 已接警",
    ]
    assert line.asked == [("begin 小王", ""), ("arm", "cord"), ("answer k", True), ("end", None)]


def test_an_answer_that_is_neither_is_asked_again() -> None:
    line = FakeLine(HELD, TAKEN)
    assert talk(line, "", "", "what", "是").count("? 是您刚才按的吗？30 秒内回答 [y/n]") == 3
    assert ("answer k", True) in line.asked


def test_no_is_no() -> None:
    line = FakeLine(HELD)
    assert talk(line, "", "n")[-1] == "  ✗ 没有确认是测试，已作为真的告警发出。请马上告诉驿站"
    assert ("answer k", False) in line.asked


def test_an_answer_that_comes_too_late_is_told_as_such() -> None:
    line = FakeLine(HELD, answer=Refused("too_late", "太晚了"))
    assert talk(line, "", "y")[-1] == "  ✗ 没有确认是测试，已作为真的告警发出。请马上告诉驿站"


def test_a_door_that_was_somebody_else_alarms_nobody() -> None:
    line = FakeLine(replace(HELD, device="door"))
    said = talk(line, "", "n", devices=(DOOR,))
    assert said[1] == "请开一下再关上“大门”（60 秒内）"
    assert said[-1] == "  ✗ 没有确认，不算"


def test_silence_is_tried_again_or_left() -> None:
    line = FakeLine(row(Stage.SILENT), row(Stage.SILENT))
    said = talk(line, "", "", "n")
    assert said.count("  ✗ 没有收到。请查电池、距离和网桥") == 2
    assert line.asked[1:3] == [("arm", "cord"), ("arm", "cord")]


def test_a_device_may_be_skipped() -> None:
    line = FakeLine()
    talk(line, "s")
    assert line.asked == [("begin 小王", ""), ("end", None)]


def test_nobody_who_takes_it_and_nobody_who_gets_it_are_named() -> None:
    assert talk(FakeLine(HELD, TEST), "", "y")[-1] == "  ✗ 驿站 没有人接警"
    untold = replace(TEST, tellings=(replace(TOLD, told_at=None, error="link_down"),))
    assert talk(FakeLine(HELD, untold), "", "y")[-2:] == ["  … 驿站 送不到：link_down", "  ✗ 驿站 没有收到"]


def test_a_real_call_for_help_stops_everything() -> None:
    line = FakeLine(row(), real=True)
    assert talk(line, "")[-1] == "! 注意：测试期间有真的呼救！测试停止，请先去看老人"
    assert line.asked[-1] == ("end", None)


def test_a_gateway_that_was_restarted_is_told() -> None:
    line = FakeLine(HELD, answer=Refused("no_trial", "现在没有测试在进行"))
    assert talk(line, "", "y")[-1].startswith("! 盒子重启过，测试已取消")


def test_the_table_fits_a_phone_and_says_when_and_who() -> None:
    run = Run(id=1, by="小王", began_at=AT, wanted=("cord",), rows=(TAKEN, row(Stage.SILENT, "pendant")))
    names = {"cord": "卫生间拉绳", "pendant": "随身按钮", "door": "大门"}
    assert list(table(run, names, ZoneInfo("Asia/Shanghai"))) == [
        "卫生间拉绳  ✓  通过 / works",
        "    11:05:02 收到 / arrived",
        "    +0.4 s 驿站 已收到 / 驿站 has it",
        "    +8.0 s 李护士 已接警 / 李护士 has taken it",
        "随身按钮    ✗  没有收到 / nothing came",
        "大门        —  没有测试 / not tried",
        "没有全部通过，本月测试不算完成 / Not everything works: this month's test is not done",
    ]


def test_a_row_that_failed_at_the_far_end_says_where() -> None:
    untold = replace(TEST, tellings=(replace(TOLD, told_at=None, error="no line"), TOLD))
    lines = list(table(Run(id=1, by="", began_at=AT, rows=(untold,)), {"cord": "拉绳"}, ZoneInfo("Asia/Shanghai")))
    assert lines[2:5] == [
        "    ✗ 驿站 没有收到 / 驿站 did not get it（no line）",
        "    +0.4 s 驿站 已收到 / 驿站 has it",
        "    ✗ 驿站 没有人接警 / Nobody took it at 驿站",
    ]


def test_every_sentence_is_in_both_languages_with_the_same_blanks() -> None:
    for name, words in SAYS.items():
        blanks = [sorted(each.partition("}")[0] for each in text.split("{")[1:]) for text in words]
        assert blanks[0] == blanks[1], name
    assert say("told", contact="女儿") == "女儿 已收到 / 女儿 has it"
    assert columns("拉绳a1") == 6


@pytest.fixture
def answering() -> Iterator[Callable[[int, object], int]]:
    """Returns a function that answers one request on a free port with a status and a JSON body."""
    sockets: list[socket.socket] = []

    def serve(status: int, body: object) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()

        def once() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                head = f"HTTP/1.1 {status} {http.client.responses[status]}\r\nContent-Length: {len(payload)}\r\n\r\n"
                peer.sendall(head.encode() + payload)

        Thread(target=once, daemon=True).start()
        return int(listener.getsockname()[1])

    yield serve
    for listener in sockets:
        listener.close()


PROBLEM = {"error": "trial_running", "sentence_zh": "正在测试", "sentence_en": "a test is under way"}


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (409, PROBLEM, Refused, "正在测试 / a test is under way"),
        (401, PROBLEM, LineDown, "正在测试 / a test is under way"),
        (200, b"<html>", LineDown, "连不上守望盒"),
    ],
)
def test_what_the_gateway_refuses_is_told_in_its_words(
    answering: Callable[[int, object], int], status: int, body: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Line("0.0.0.0", answering(status, body), "token").plan()
