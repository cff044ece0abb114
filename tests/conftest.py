"""What every test shares."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long one example takes says nothing on a busy machine: speed is shown by benchmarks, never by a timed test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _timeouts_as_debian_12_has_them() -> Iterator[None]:
    """Refuse `asyncio.timeout` in a task that is being cancelled, on newer Pythons too.

    In Python 3.11.2, which a box with Debian 12 has, such a timeout raises no TimeoutError when it expires: it ends
    the task, in the middle of what was to be tidied up. Source: github.com/python/cpython/issues/102780.
    """
    enter = asyncio.Timeout.__aenter__

    async def checked(self: asyncio.Timeout) -> asyncio.Timeout:
        task = asyncio.current_task()
        assert task is None or not task.cancelling(), "a task that is being cancelled needs asyncio.wait_for"
        return await enter(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asyncio.Timeout, "__aenter__", checked)
        yield
