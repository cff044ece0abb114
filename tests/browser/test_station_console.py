"""The station's console in a real browser, with a real station process, a real broker, and a home that talks."""

from __future__ import annotations

import asyncio
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, expect

from alerts.model import AlertKind, AlertState, Cause, Outcome, Severity
from alerts.wire import Action
from tests.station.ends import START, HomeEnd, press
from tests.station.station_process import PASSWORD, StationProcess, TalkingHome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    NewPage = Callable[..., Awaitable[Page]]

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
BARS_ARE_TO_SCALE = """() => {
    const bars = [...document.querySelectorAll("#statistics section:nth-of-type(2) .bar")];
    const [first, second] = bars.map((bar) => bar.getBoundingClientRect().width);
    return second > 0 && Math.abs(first - 2 * second) < 2;
}"""
PICTURES = os.environ.get("SHOUWANG_PICTURES")  # a folder: pages are also kept as pictures, to be looked at


@pytest.fixture
def station(mosquitto: Callable[..., object], start_station: Callable[..., StationProcess]) -> StationProcess:
    return start_station(mosquitto().port)  # type: ignore[attr-defined] # a Mosquitto


@pytest.fixture
async def home(station: StationProcess) -> AsyncIterator[TalkingHome]:
    async with TalkingHome(HomeEnd(), station.broker_port).running() as home:
        yield home


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"station-{name}.png", full_page=True)


async def enter(page: Page, station: StationProcess) -> Page:
    await page.goto(station.address)
    await page.get_by_label("姓名").fill("李护士")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.locator("#count")).not_to_be_empty()
    return page


async def test_an_alert_appears_is_taken_attended_and_closed(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(size=DESK), station)
    await expect(page.get_by_text("现在没有需要处理的告警")).to_be_visible()
    await picture(page, "calm")
    await home.tell("d1", press())
    card = page.locator("article")
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text("紧急呼叫")
    await expect(card).to_contain_text("王秀英 85 岁")
    await expect(card).to_contain_text("新城区海拉尔大街 12 号 3 单元 402 · 在卫生间")
    await expect(card).to_contain_text("钥匙在楼下老李家")
    await expect(card.locator(".waited")).to_have_text(re.compile(r"已等 0:\d\d"))
    await expect(page).to_have_title(re.compile(r"\(1\)"))
    await page.get_by_role("button", name="接 警").click()
    await expect(card).to_contain_text("李护士")
    await expect(card).to_contain_text("守望盒已知道")
    await home.until(lambda: len(home.decisions) == 1)
    assert (home.decisions[0].action, home.decisions[0].by) == (Action.ACKNOWLEDGED, "李护士")
    await page.get_by_role("button", name="出 发").click()
    await expect(card).to_contain_text("已出发")
    await expect(page.get_by_role("button", name="出 发")).to_have_count(0)
    await picture(page, "set-out")
    await page.get_by_role("button", name="到 场").click()
    await expect(card).to_contain_text("已到场")
    await page.get_by_role("button", name="办 结").click()
    await page.locator("dialog").get_by_text("确有险情").click()
    await page.get_by_label("说明").fill("腿麻站不起来，已扶起")
    await picture(page, "closing")
    await page.get_by_role("button", name="确认办结").click()
    await expect(card).to_have_count(0)
    await expect(page.locator("#closed")).to_contain_text("确有险情")
    await home.until(lambda: len(home.decisions) == 4)
    assert home.decisions[1].action is Action.SET_OUT
    last = home.decisions[3]
    assert (last.action, last.outcome, last.note) == (Action.CLOSED, Outcome.TRUE_ALARM, "腿麻站不起来，已扶起")


async def test_the_calm_page_promises_to_ring_only_once_it_may(new_page: NewPage, station: StationProcess) -> None:
    page = await enter(await new_page(size=PHONE), station)
    calm = page.locator(".calm")
    await expect(calm).to_contain_text("要响铃，请先点一下页面")
    await picture(page, "silent")
    await calm.click()
    await expect(calm).to_contain_text("有告警会响铃并显示在这里")
    await expect(page.locator("#sound")).to_have_text("声音：开")


async def test_a_busy_night_at_both_sizes(new_page: NewPage, station: StationProcess, home: TalkingHome) -> None:
    desk = await enter(await new_page(size=DESK), station)
    phone = await enter(await new_page(size=PHONE), station)
    dark = await enter(await new_page(size=DESK, dark=True), station)
    await home.publish(*home.end.beats_at(START, healthy=False, faults=("厨房燃气探测器失联",)))
    fall = press("fall:radar/1", kind=AlertKind.FALL, subject="radar", device="radar", reason="fall_reported")
    door = press(
        "door:d/1", kind=AlertKind.DOOR, severity=Severity.WARNING, subject="door", reason="left_open_at_night"
    )
    battery = press("battery:b/1", kind=AlertKind.BATTERY, severity=Severity.FAULT, subject="b", reason="battery_low")
    for number, alert in enumerate([battery, door, fall, press(), press(revision=2, count=3)]):
        await home.tell(f"d{number}", alert)
    for page in (desk, phone, dark):
        await expect(page.locator("article")).to_have_count(4)
    severities = [await card.get_attribute("class") for card in await desk.locator("article").all()]
    assert severities == ["card emergency untaken"] * 2 + ["card warning untaken", "card small fault untaken"]
    await expect(phone.locator("article", has_text="紧急呼叫")).to_contain_text("已按 3 次")
    await desk.locator("article").nth(0).get_by_role("button", name="接 警").click()
    await expect(phone.locator("#alerts article").nth(2)).to_contain_text("李护士")
    await asyncio.sleep(1.2)
    for name, page in (("desk", desk), ("phone", phone), ("dark", dark)):
        await picture(page, name)
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{name} scrolls sideways"


async def test_a_false_alarm_has_a_cause_and_the_month_shows_it(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(size=DESK), station)
    for number, cause in enumerate(("误按", "宠物", "误按")):
        await home.tell(f"d{number}", press(f"emergency:sos/{number}"))
        card = page.locator("article")
        await page.get_by_role("button", name="接 警").click()
        await card.get_by_role("button", name="办 结").click()
        dialog = page.locator("dialog")
        await expect(dialog.get_by_text("宠物")).to_be_hidden()
        await dialog.get_by_text("误报", exact=True).click()
        await dialog.get_by_text(cause).click()
        await expect(page.get_by_role("button", name="确认办结")).to_be_in_viewport()
        await picture(page, "cause")
        await page.get_by_role("button", name="确认办结").click()
        await expect(card).to_have_count(0)
    await home.until(lambda: len(home.decisions) == 6)
    assert [home.decisions[n].cause for n in (1, 3, 5)] == [
        Cause.PRESSED_BY_MISTAKE,
        Cause.PET,
        Cause.PRESSED_BY_MISTAKE,
    ]
    await expect(page.locator("#closed li").first).to_contain_text("误报 · 误按")
    await home.tell("test", press("test:1", kind=AlertKind.TEST, severity=Severity.WARNING, test=True))
    await page.get_by_role("button", name="接 警").click()
    await page.get_by_role("button", name="办 结").click()
    await expect(page.locator("dialog").get_by_label("测试")).to_be_checked()
    await page.get_by_role("button", name="确认办结").click()
    await expect(page.locator("article")).to_have_count(0)
    await page.get_by_role("link", name="统计").click()
    outcomes = page.locator("#statistics section").nth(0)
    await expect(outcomes.locator("tr")).to_have_count(1)
    await expect(outcomes).to_contain_text("误报")
    await expect(outcomes.locator(".number")).to_have_text("3")
    causes = page.locator("#statistics section").nth(1)
    await expect(causes.locator("th")).to_have_text(["误按", "宠物"])
    await expect(causes.locator(".number")).to_have_text(["2", "1"])
    # Both in one look, since each word from the station draws the bars anew.
    await page.wait_for_function(BARS_ARE_TO_SCALE)
    await expect(page.locator("#statistics")).to_contain_text("测试 1 条（不计入上面的数字）")
    await picture(page, "statistics")
    await page.get_by_role("button", name="上个月").click()
    await expect(page.locator("#statistics")).to_contain_text("这个月没有")


MONTH = {
    "month": "2026-11",
    "outcomes": {"true_alarm": 14, "false_alarm": 31, "no_answer": 2},
    "causes": {"pressed_by_mistake": 17, "device": 6, "visitor": 4, "unknown": 3, "pet": 1},
    "kinds": {
        "emergency": {"true_alarm": 9, "false_alarm": 20, "no_answer": 1},
        "fall": {"true_alarm": 3, "false_alarm": 8},
        "inactivity": {"true_alarm": 2, "false_alarm": 3, "no_answer": 1},
    },
    "tests": 12,
    "cancelled": 5,
    "faults": 8,
    "taken": {"count": 47, "median_s": 21.0, "p95_s": 144.0, "within_60_s": 44, "within_180_s": 47},
}


async def test_a_full_month_can_be_read_at_both_sizes(new_page: NewPage, station: StationProcess) -> None:
    for name, size in (("desk", DESK), ("phone", PHONE)):
        page = await enter(await new_page(size=size), station)
        await page.route("**/api/statistics*", lambda route: route.fulfill(json=MONTH))
        await page.get_by_role("link", name="统计").click()
        table = page.locator("#statistics section").nth(2)
        await expect(table.locator("thead th")).to_have_text(["", "确有险情", "误报", "无人应答"])
        await expect(table.locator("tbody tr").nth(1)).to_have_text("跌倒380")
        await expect(page.locator("#statistics")).to_contain_text("47 条有人接警：一半在 21 秒内，95% 在 2.4 分钟内")
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await picture(page, f"month-{name}")


async def test_a_test_is_unmistakable_and_counted_apart(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(size=PHONE), station)
    await home.tell(
        "d1", press("test:1", kind=AlertKind.TEST, severity=Severity.WARNING, test=True, reason="chain_tested")
    )
    card = page.locator("article")
    await expect(card).to_have_class("card test untaken")
    await expect(card.locator(".banner.test")).to_have_text("测 试 · 不是真的告警，请照常接警")
    await expect(page.locator("#count")).to_have_text("1 条测试")
    await expect(page).to_have_title("守望")
    await picture(page, "test-phone")
    await page.get_by_role("button", name="接 警").click()
    await expect(page.get_by_role("button", name="出 发")).to_have_count(0)
    await expect(page.get_by_role("button", name="办 结")).to_be_visible()


async def test_an_alert_that_nobody_reached_says_so_and_rings_again(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(size=PHONE), station)
    await page.get_by_role("link", name="住户").click()
    evidence: dict[str, str | int | float | bool] = {"room": "bath", "overdue_by": "王师傅", "overdue_s": 1080.0}
    await home.tell("d1", press(revision=3, evidence=evidence))
    await expect(page.locator("article")).to_be_visible()  # an emergency comes to whoever looks at something else
    await expect(page.locator(".banner.overdue")).to_have_text("王师傅 接警后无人到场，已再次呼叫")
    await picture(page, "overdue-phone")
    await page.get_by_role("button", name="接 警").click()
    await expect(page.locator(".banner")).to_have_count(0)


async def test_the_homes_tell_their_paths_and_when_the_chain_is_to_be_tried(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    now = datetime.now(UTC)
    await home.publish(*home.end.beats_at(now, tested_at=now - timedelta(days=33), test_due_at=now - timedelta(days=2)))
    station.log_in()
    await home.until(lambda: station.call("/api/homes")["homes"][0]["test_due_at"] is not None)
    desk = await enter(await new_page(size=DESK), station)
    phone = await enter(await new_page(size=PHONE), station)
    for page in (desk, phone):
        await page.get_by_role("link", name="住户").click()
        row = page.locator("#home_rows tr")
        await expect(row).to_contain_text("王秀英 · HD-0417")
        await expect(row).to_contain_text("正常 · 最后消息 刚刚")
        await expect(row).to_contain_text("主用 刚刚")
        await expect(row.locator(".due")).to_contain_text("该测试了（上次 ")
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, "scrolls sideways"
    await picture(desk, "homes")
    await picture(phone, "homes-phone")
    await phone.get_by_role("link", name="统计").click()
    await expect(phone.locator("#statistics")).to_contain_text("这个月没有")
    await picture(phone, "statistics-phone")
    assert await phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await expect(desk.locator("#homes .due")).to_have_count(1)


async def test_a_homes_words_are_never_part_of_the_page(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(), station)
    evil = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
    await home.tell("d1", press(f"key/{evil}:1", subject=evil, device=evil, evidence={"room": evil}))
    await expect(page.locator("article")).to_contain_text("<img src=x")
    assert await page.locator("article img, article script").count() == 0


async def test_english_is_one_button_away_and_stays(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(), station)
    await home.tell("d1", press())
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("button", name="TAKE IT")).to_be_visible()
    await page.reload()
    await expect(page.locator("article")).to_contain_text("Emergency")
    await picture(page, "english")


async def test_a_person_who_comes_second_is_told_who_was_first(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(), station)
    await home.tell("d1", press())
    await expect(page.locator("article")).to_have_count(1)
    await page.route("**/api/stream", lambda route: route.abort())
    station.log_in("王师傅")
    station.call(f"/api/alerts/{station.live()[0]['id']}/decision", {"action": "acknowledged"})
    await expect(page.locator("article")).to_contain_text("王师傅")


async def test_a_station_that_goes_away_is_told_and_found_again(
    new_page: NewPage, station: StationProcess, home: TalkingHome
) -> None:
    page = await enter(await new_page(), station)
    await home.tell("d1", press())
    await expect(page.locator("article")).to_have_count(1)
    await page.evaluate("heardAt = 1")  # as if nothing had come for long
    station.kill()
    await expect(page.locator("#trouble")).to_contain_text("与驿站服务器断开")
    station.start()
    await expect(page.locator("#trouble")).to_be_hidden(timeout=15_000)
    await home.tell("d2", press("another", state=AlertState.OPEN))
    await expect(page.locator("article")).to_have_count(2)


async def test_a_wrong_password_stays_outside(new_page: NewPage, station: StationProcess) -> None:
    page = await new_page(size=PHONE)
    await page.goto(station.address)
    await picture(page, "login")
    await page.get_by_label("姓名").fill("李护士")
    await page.get_by_label("密码").fill("猜的")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("alert")).to_have_text("姓名或密码不对 / wrong name or password")
