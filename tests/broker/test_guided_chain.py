"""`shouwang test` from the finger to the person: every process is real, and so is every refusal to call it a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.broker.gateway_process import stored, until
from tests.broker.guided_chain import Chain, chained, guided
from tests.station.conftest import password_hash, start_station

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto
    from tests.station.station_process import StationProcess

__all__ = ["password_hash", "start_station"]


@pytest.fixture
async def chain(
    mosquitto: Callable[..., Mosquitto], start_station: Callable[..., StationProcess], tmp_path: Path
) -> AsyncIterator[Chain]:
    home, town = mosquitto(), mosquitto()
    async with chained(tmp_path, (home.port, town.port), start_station(town.port)) as made:
        yield made


def alerts(chain: Chain) -> list[tuple[str, str, int, str | None]]:
    sql = "SELECT kind, state, test, outcome FROM alerts WHERE kind IN ('test', 'emergency') ORDER BY opened_at"
    return stored(chain.folder / "store.db", sql)


async def test_every_button_is_pressed_told_taken_and_the_month_is_done(chain: Chain) -> None:
    report = chain.folder / "report.json"
    async with guided(chain.box.config, "--yes", "--contact", "女儿", "--by", "小王", "--json", str(report)) as guide:
        await guide.until_it_says("请按一下“卫生间拉绳（卫生间）”")
        chain.presses("cord_bathroom")
        await guide.until_it_says("李护士 已接警")
        await guide.until_it_says("请按一下“随身按钮”")
        chain.presses("pendant")
        assert await guide.ends() == 0, "".join(guide.said)
    run = json.loads(report.read_text("utf-8"))
    assert (run["passed"], run["by"], run["wanted"]) == (True, "小王", ["cord_bathroom", "pendant"])
    first, second = run["rows"]
    assert [(t["contact"], t["by"]) for t in first["tellings"]] == [("station", "李护士"), ("女儿", "")]
    assert [(t["contact"], t["by"]) for t in second["tellings"]] == [("station", "李护士")]
    assert first["pressed_at"] <= first["answered_at"] <= first["tellings"][0]["told_at"]
    assert alerts(chain) == [("test", "closed", 1, "test")] * 3
    assert [body["alert"]["kind"] for body in chain.hook.bodies] == ["test"], "rung once, and not to say it is over"
    assert chain.hook.bodies[0]["test"] is True
    assert chain.hook.bodies[0]["brief"]["zh"]["sentence"].startswith("测试，不是真的")
    assert chain.hook.bodies[0]["brief"]["zh"]["title"].startswith("测试")
    await until(lambda: len(chain.closed()) == 2)
    assert {(a["test"], a["kind"], a["outcome"]) for a in chain.closed()} == {(True, "test", "test")}
    assert stored(chain.folder / "store.db", "SELECT id, passed FROM trials") == [(1, 1)]
    assert "全部通过" in guide.said[-1]


async def test_nobody_at_the_station_is_found_out(chain: Chain) -> None:
    chain.takes = False
    options = ("--yes", "--accept-within", "4", "--device", "pendant", "--device", "cord_bathroom")
    async with guided(chain.box.config, *options) as guide:
        await guide.until_it_says("请按一下“随身按钮”")
        chain.presses("pendant")
        await guide.until_it_says("station 没有人接警")
        await guide.until_it_says("请按一下“卫生间拉绳")
        chain.presses("pendant")
        await guide.until_it_says("测试期间有真的呼救")
        assert await guide.ends() == 1
    assert alerts(chain) == [("test", "closed", 1, "test"), ("emergency", "open", 0, None)]
    assert stored(chain.folder / "store.db", "SELECT passed FROM trials") == [(0,)]


async def test_a_person_says_that_it_was_somebody_else(chain: Chain) -> None:
    async with guided(chain.box.config, "--device", "pendant", person=True) as guide:
        guide.types("1\n\n")
        await guide.until_it_says("请按一下“随身按钮”")
        chain.presses("pendant")
        await guide.until_it_says("守望盒收到了")
        guide.types("n\n")
        await guide.until_it_says("已作为真的告警发出")
        assert await guide.ends() == 1
    assert alerts(chain) == [("emergency", "open", 0, None)]
    await until(lambda: [a["test"] for a in chain.station.live() if a["kind"] == "emergency"] == [False])


async def test_a_gateway_that_is_killed_in_between_makes_the_press_real(chain: Chain) -> None:
    async with guided(chain.box.config, "--device", "pendant", person=True) as guide:
        guide.types("\n\n")
        await guide.until_it_says("请按一下“随身按钮”")
        chain.presses("pendant")
        await guide.until_it_says("守望盒收到了")
        chain.box.kill()
        chain.box.start()
        guide.types("y\n")
        await guide.until_it_says("盒子重启过，测试已取消")
        assert await guide.ends() == 1
    await until(lambda: alerts(chain) == [("emergency", "open", 0, None)], chain.box.said)
    await until(lambda: [a["kind"] for a in chain.station.live() if not a["test"]] == ["emergency"], chain.box.said)


async def test_without_a_terminal_without_a_gateway_or_with_a_stranger_it_says_what_to_do(chain: Chain) -> None:
    async with guided(chain.box.config) as guide:
        assert await guide.ends() == 2
        assert "无人值守请加 --yes" in guide.said[0]
    async with guided(chain.box.config, "--yes", "--device", "teapot") as guide:
        assert await guide.ends() == 2
        assert "可测试 / can be tried: cord_bathroom、pendant" in guide.said[-1]
    async with guided(chain.box.config, "--yes", "--contact", "nobody") as guide:
        assert await guide.ends() == 2
        assert "升级链里没有这个联系人" in guide.said[-1]
