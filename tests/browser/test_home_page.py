"""The caregiver's page in a real browser: sign in, see how she is, take an alert."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from gateway.trial_run import Row, Run, Stage
from gateway.web.view import Health, Part
from tests.fake_home import FakeHome, at, pressed
from tests.served_home import PASSWORD, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
PICTURES = os.environ.get("SHOUWANG_PICTURES")  # a folder: each page is also kept as a picture, to be looked at

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
def home() -> FakeHome:
    return FakeHome()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def address(home: FakeHome) -> AsyncIterator[str]:
    async with serving(home) as address:
        yield address


async def open_page(browser: Browser, address: str, *, language: str = "zh", **settings: object) -> Page:
    """Signs in as the daughter; fails the test on anything that the browser complains of."""
    context = await browser.new_context(**{"viewport": PHONE, **settings})  # type: ignore[arg-type]
    page = await context.new_page()
    page.on("console", lambda told: pytest.fail(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"{address}/login?lang={language}")
    await page.fill("#name", "女儿小丽")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_selector(".glance h1")
    return page


async def words(page: Page, selector: str) -> str:
    return re.sub(r"\s+", " ", await page.locator(selector).inner_text()).strip()


async def test_one_glance_says_how_she_is_and_whether_the_watch_works(browser: Browser, address: str) -> None:
    page = await open_page(browser, address)
    assert await page.title() == "在家，有动静 · 守望"
    assert await words(page, ".glance h1") == "在家，有动静"
    assert await words(page, ".glance .since") == "从上午 9:41 起，已 1 小时 24 分"
    assert await words(page, ".glance dl") == "最后动静 3 分钟前 · 厨房、厨房人体感应 依据 屋里的传感器看到了动静"
    assert await words(page, ".silence p") == "已安静 3 分钟；满 4 小时没有动静就告警"
    assert await words(page, ".watch h2") == "守望在工作，有 2 个设备要检修"
    assert await words(page, ".devices li:nth-child(1)") == "随身按钮 电量低，请换电池 随身 · 紧急呼叫 · 电池 9%"
    assert (
        await words(page, ".devices li:nth-child(2)") == "客厅人体感应 失联 · 1 天 2 小时前 客厅 · 人体感应 · 电池 87%"
    )
    assert await page.evaluate("document.documentElement.lang") == "zh-CN"


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
async def test_the_longest_unseen_time_its_reason_and_its_remedy(
    browser: Browser, address: str, viewport: dict[str, int]
) -> None:
    page = await open_page(browser, address, viewport=viewport)
    assert await words(page, ".cover .figure") == "1 天"
    assert await words(page, ".cover .sentence") == (
        "6:00 前后倒在客厅，最长 1 天后才会有人知道：客厅里没有传感器看得到老人，大门一动，就可能被当成外出。"
    )
    assert await words(page, ".cover .todo") == "请换“客厅人体感应”的电池。"
    drawn = page.locator(".cover .lane svg")
    spoken = [await drawn.nth(lane).get_attribute("aria-label") for lane in range(await drawn.count())]
    assert spoken == [
        "客厅: 0–6 12 小时、6–22 1 天、22–24 12 小时",
        "厨房: 0–6 12 小时、6–20 4 小时、20–24 12 小时",
        "卧室床上: 0–24 10 小时",
        "卫生间: 0–24 1 分钟",
    ]
    wide = [await drawn.nth(lane).evaluate("it => it.getBoundingClientRect().width") for lane in range(4)]
    assert min(wide) > 300


async def test_the_same_in_english_and_the_choice_is_remembered(browser: Browser, address: str) -> None:
    page = await open_page(browser, address, language="en")
    assert await words(page, ".glance h1") == "At home, up and about"
    assert await words(page, ".watch h2") == "The watch is working; 2 devices to see to"
    await page.click("text=Installer")
    assert await words(page, "main h1") == "Installer"
    await page.click("text=中文")
    assert await words(page, "main h1") == "安装与检修"


async def test_an_alert_appears_by_itself_and_one_button_takes_it(
    browser: Browser, address: str, home: FakeHome
) -> None:
    page = await open_page(browser, address)
    home.known = [pressed(count=2, last_at=at(11, 4))]
    await home.tell()
    await page.wait_for_selector(".alert.emergency", timeout=3000)
    assert await page.title() == "紧急呼叫 · 张秀英 · NM-0471 · 守望"
    assert await words(page, "#news") == "紧急呼叫 · 张秀英 · NM-0471 · 守望"
    assert await words(page, ".alert .state") == "还没有人接警 · 上午 11:02"
    assert await words(page, ".alert .sentence") == (
        "张秀英老人（82 岁，床位 NM-0471）上午 11:02 按了紧急呼叫。"
        "上午 11:04 又在卫生间按了一次（卫生间拉绳），共 2 次。"
    )
    assert await page.get_attribute(".alert a.button", "href") == "tel:04715550123"
    await page.click("text=我来处理")
    await page.wait_for_selector(".alert.taken")
    assert await words(page, ".alert .state") == "已接警 · 上午 11:05"
    assert await words(page, ".alert li:first-child") == "女儿小丽已接警"
    assert await page.locator("text=我来处理").count() == 0
    assert ("decide", pressed().key, "acknowledge", "女儿小丽", None, "") in home.asked


async def test_without_javascript_the_page_reads_and_takes_alerts(
    browser: Browser, address: str, home: FakeHome
) -> None:
    home.known = [pressed()]
    page = await open_page(browser, address, java_script_enabled=False)
    assert await words(page, ".glance h1") == "在家，有动静"
    assert await page.get_attribute("noscript meta, meta[http-equiv=refresh]", "content") == "60"
    await page.click("text=我来处理")
    await page.wait_for_selector(".alert.taken")


async def test_while_nobody_keeps_watch_nothing_is_claimed(browser: Browser, address: str, home: FakeHome) -> None:
    home.now_health = Health(watching=False, troubles=("broker_down",))
    home.shown = replace(home.shown, watch=(Part(name="broker", ok=False, since=at(10, 50)),))
    page = await open_page(browser, address)
    assert await words(page, ".alert h2") == "守望没有在工作"
    assert await words(page, ".glance h1") == "现在看不到"
    assert await words(page, ".watch") == "守望有问题 传感器收信 有问题 从上午 10:50 起，已 15 分钟"


async def test_a_box_that_cannot_be_reached_is_not_shown_as_if_it_were_live(browser: Browser, home: FakeHome) -> None:
    async with serving(home) as address:
        context = await browser.new_context(viewport=PHONE)
        page = await context.new_page()
        await page.clock.install()
        await page.goto(f"{address}/login")
        await page.fill("#name", "女儿小丽")
        await page.fill("#password", PASSWORD)
        await page.click("main button")
        await page.wait_for_selector(".glance h1")
        assert await page.locator("#lost").is_hidden()
    await page.clock.run_for(20_000)
    assert await words(page, "#lost") == "和盒子的连接断了，这是断开前的情况"
    await context.close()


async def test_the_installer_sees_what_was_refused(browser: Browser, address: str) -> None:
    page = await open_page(browser, address)
    await page.goto(f"{address}/installer")
    told = await words(page, ".refusals li")
    assert told.startswith("not_json 上午 10:58 · 3 次 zigbee2mqtt/旧按钮 消息不是 JSON")
    assert "living_pir" in await words(page, "main")


async def test_the_day_can_be_read_and_stays_open_while_the_page_renews_itself(
    browser: Browser, address: str, home: FakeHome
) -> None:
    page = await open_page(browser, address)
    await page.click("summary")
    assert await words(page, ".day li:first-child") == "上午 11:02 厨房人体感应 有人走动"
    assert await words(page, ".day li:nth-child(4)") == "上午 9:45 客厅人体感应 有人走动 × 3"
    home.shown = replace(home.shown, presence=replace(home.shown.presence, place="asleep"))
    await home.tell()
    await page.wait_for_selector(".glance.asleep", timeout=3000)
    assert await page.locator(".day li:first-child").is_visible()
    drawn = await page.get_attribute(".lane:nth-child(2) svg", "aria-label")
    assert drawn == "卧室: 0:00–6:40"


TRIED = Run(
    id=1, by="小王", began_at=at(9) - timedelta(days=32), ended_at=at(9), wanted=("cord",),
    rows=(
        Row(device="cord", contacts=(), stage=Stage.TEST, armed_at=at(9)),
        Row(device="pendant", contacts=(), stage=Stage.SILENT, armed_at=at(9)),
    ),
)  # fmt: skip


async def test_the_page_says_when_the_chain_is_to_be_tried_and_what_the_last_test_came_to(
    browser: Browser, address: str, home: FakeHome
) -> None:
    page = await open_page(browser, address)
    assert await page.locator(".proof").count() == 0
    home.shown = replace(home.shown, tested_at=at(9) - timedelta(days=32), test_due_at=at(9) - timedelta(days=1))
    home.trials.runs = [TRIED]
    await home.tell()
    await page.wait_for_selector(".watch .proof.due", timeout=3000)
    due = "告警链路该测试了（上次 10 月 21 日上午 9:00）：请驿站来测一次"
    assert await words(page, ".proof") == due
    await page.goto(f"{address}/installer")
    told = await words(page, ".tests .rows li")
    assert told == "10 月 21 日上午 9:00 没有全部通过 小王 · 卫生间拉绳 ✓ · 随身按钮 ✕ 没有收到"


CONTRAST = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const lum = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !e.getClientRects().length || e.closest(".unseen, script, style")) continue;
    const style = getComputedStyle(e), front = parse(style.color), back = ground(e), alpha = Number(style.opacity);
    const mixed = front.slice(0, 3).map((v, i) => v * alpha + back[i] * (1 - alpha));
    const [a, b] = [lum(mixed), lum(back)].sort((x, y) => y - x);
    told.push([(a + 0.05) / (b + 0.05), parseFloat(style.fontSize), node.textContent.trim()]);
  }
  return told;
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_type_is_large_contrast_high_and_nothing_runs_off_the_screen(
    browser: Browser, address: str, home: FakeHome, language: str, size: dict[str, int]
) -> None:
    home.known = [pressed(count=2, last_at=at(11, 4))]
    home.shown = replace(home.shown, tested_at=at(9) - timedelta(days=32), test_due_at=at(9) - timedelta(days=1))
    home.trials.runs = [TRIED]
    page = await open_page(browser, address, language=language, viewport=size)
    for path in ("/", "/installer", "/login"):
        await page.goto(address + path)
        if PICTURES:
            name = f"home{path.replace('/', '-')}-{language}-{size['width']}.png"
            await page.screenshot(path=Path(PICTURES) / name, full_page=True)
        texts = await page.evaluate(CONTRAST)
        assert [told for told in texts if told[0] < 4.5] == []  # WCAG 2.2 AA
        assert [told for told in texts if told[1] < 17] == []  # small print; everything else is 18 px and more
        assert await page.evaluate("getComputedStyle(document.body).fontSize") == "20px"
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        small = await page.evaluate(
            "[...document.querySelectorAll('button, a.button, nav a, summary, input:not([type=hidden])')]"
            ".filter(e => e.getBoundingClientRect().height < 48).map(e => e.outerHTML)"
        )
        assert small == []


async def test_nothing_is_fetched_from_elsewhere(browser: Browser, address: str, home: FakeHome) -> None:
    home.known = [pressed()]
    page = await open_page(browser, address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(address)
    await page.goto(f"{address}/installer")
    await asyncio.sleep(0.3)
    assert asked
    assert [url for url in asked if not url.startswith(address)] == []
