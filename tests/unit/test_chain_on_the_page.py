"""What the page says of the tests of the chain, and of somebody who has set out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.model import AlertState
from gateway.trial_run import Row, Run, Stage, Telling
from gateway.web import chain, page
from tests.fake_home import BED, HOHHOT, NOW, STATUS, at, pressed

ZH = page.Reader(language="zh", timezone=HOHHOT, now=NOW)
EN = replace(ZH, language="en")
MONTH = timedelta(days=31)


@pytest.mark.parametrize(
    ("tested", "due", "tone", "zh"),
    [
        (None, at(0), "due", "告警链路还没有测试过：请驿站来测一次"),
        (
            at(9) - MONTH,
            at(9),
            "due",
            "告警链路该测试了（上次 10 月 22 日上午 9:00）：请驿站来测一次",
        ),
        (at(9), at(9) + MONTH, "done", "告警链路 上午 9:00 测试通过，下次 12 月 23 日上午 9:00"),
    ],
)
def test_the_proof_in_one_line(tested: object, due: object, tone: str, zh: str) -> None:
    status = replace(STATUS, tested_at=tested, test_due_at=due)
    assert chain.proof(status, ZH) == page.Judged(tone=tone, words=zh)
    english = chain.proof(status, EN)
    assert english is not None
    assert english.words.startswith("The alarm chain ")


def test_where_nobody_asks_for_tests_nothing_is_said() -> None:
    assert chain.proof(STATUS, ZH) is None


def test_each_test_says_what_did_not_work() -> None:
    told = Telling(contact="驿站", needs_person=True, alert_key="k", told_at=at(9), taken_at=at(9))
    row = Row(device="cord", contacts=("驿站",), stage=Stage.TEST, armed_at=at(9), tellings=(told,))
    untaken = replace(row, device="pendant", tellings=(replace(told, taken_at=None),))
    silent = replace(row, device="radar", stage=Stage.SILENT, tellings=())
    run = Run(id=1, by="小王", began_at=at(9), ended_at=at(10), wanted=("cord",), rows=(row,))
    names = {"cord": "卫生间拉绳", "pendant": "随身按钮"}
    assert chain.past([replace(run, rows=(row, untaken, silent)), run], names, ZH) == [
        page.Row(
            name="上午 9:00",
            words="没有全部通过",
            aside="小王 · 卫生间拉绳 ✓ · 随身按钮 ✕ 驿站 · radar ✕ 没有收到",
            ok=False,
        ),
        page.Row(name="上午 9:00", words="通过", aside="小王 · 卫生间拉绳 ✓", ok=True),
    ]


def test_a_card_says_that_somebody_is_on_the_way() -> None:
    taken = pressed(state=AlertState.ACKNOWLEDGED, acknowledged_at=at(11, 3), updated_at=at(11, 4), by="李护士")
    going = replace(taken, set_out_at=at(11, 4))
    cards = page.cards(replace(STATUS, live=(taken, going)), BED, ZH)
    assert [card.state for card in cards] == ["已接警 · 上午 11:04", "已出发，有人正在赶来 · 上午 11:04"]


def test_a_test_is_the_calmest_card() -> None:
    cards = page.cards(replace(STATUS, live=(pressed(test=True),)), BED, ZH)
    assert cards[0].tone == "fault"
