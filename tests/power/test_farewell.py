"""Who is waited for before the battery ends, and what becomes of the command that switches the machine off."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.model import Delivery, DeliveryState, Severity
from gateway.power import farewell
from gateway.power.farewell import is_awaited, shut_down

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def row(state: DeliveryState = DeliveryState.DUE, *, due_s: float = 0, attempt: int = 0) -> Delivery:
    return Delivery(
        id="d", alert_key="k", contact="c", channel="webhook", severity=Severity.WARNING, revision=1, state=state,
        due_at=NOW + timedelta(seconds=due_s), attempt=attempt,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "awaited"),
    [
        ([], False),
        ([row()], True),
        ([row(due_s=60)], False),  # a later rung
        ([row(due_s=5, attempt=2)], True),  # tried again
        ([row(DeliveryState.SENT, due_s=10, attempt=1)], True),
        ([row(due_s=60), row(DeliveryState.SENT, due_s=10, attempt=1)], True),
    ],
)
def test_who_is_waited_for(rows: list[Delivery], *, awaited: bool):
    assert is_awaited(rows, NOW) is awaited


async def test_the_command_runs_with_its_arguments(tmp_path: Path):
    await shut_down(["touch", str(tmp_path / "off now")])
    assert (tmp_path / "off now").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/nowhere/poweroff"], "cannot be run: No such file or directory"),
        (["sleep", "3"], "ended with code -9"),
        (["false"], "ended with code 1"),
    ],
)
async def test_what_is_wrong_with_it_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: list[str], said: str
):
    monkeypatch.setattr(farewell, "SHUTDOWN_S", 0.3)
    with caplog.at_level(logging.WARNING, "shouwang"):
        await shut_down(command)
    assert [record.message for record in caplog.records if said in record.message]
