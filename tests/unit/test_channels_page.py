"""docs/channels.md names every channel there is and every obstacle of a text message, and shows a true one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from alerts.channels.texting import state
from config.values import Channel

PAGE = (Path(__file__).parents[2] / "docs/channels.md").read_text("utf-8")


def test_the_table_has_every_channel_of_the_configuration_and_no_other() -> None:
    table = PAGE[: PAGE.index("\n## ")]
    assert re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE) == list(get_args(Channel))
    assert {row.count("|") for row in table.splitlines() if row.startswith("|")} == {7}


def test_every_obstacle_of_a_text_message_is_told_in_its_own_words() -> None:
    known = [value for value in vars(state).values() if isinstance(value, state.Obstacle)]
    told = PAGE[PAGE.index("| 原因 / reason |") :]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", told, flags=re.MULTILINE)
    assert rows[: len(known)] == [tuple(obstacle) for obstacle in known]


def test_the_polkit_rule_names_what_modem_manager_asks_for() -> None:
    for action in ("Messaging", "Device.Control"):
        assert f'"org.freedesktop.ModemManager1.{action}"' in PAGE
