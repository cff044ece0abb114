"""Debian's Chromium, driven by playwright: one browser for all tests, a fresh context (its own cookies) for each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.mosquitto_broker import mosquitto_factory
from tests.station.conftest import password_hash, start_station

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["mosquitto_factory", "password_hash", "start_station"]

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
"""It must reach for nothing outside; a test page may sound without a touch."""

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed: apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
async def new_page(chromium: Browser) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Returns a function that opens a page with cookies of its own.

    Its arguments: `size` (PHONE or DESK), `dark`, `locale`. A page error, or an
    error on the console that is not the network's, fails the test.
    """
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    async def open_page(*, size: dict[str, int] | None = None, dark: bool = False, locale: str = "zh-CN") -> Page:
        scheme = "dark" if dark else "light"
        context = await chromium.new_context(viewport=size or DESK, color_scheme=scheme, locale=locale)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if said.type == "error" and not _network(said.text) else None,
        )
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert faults == []


def _network(text: str) -> bool:
    """Servers are stopped, and passwords refused, on purpose."""
    return text.startswith("Failed to load resource")
