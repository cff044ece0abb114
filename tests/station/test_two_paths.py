"""Two real paths between a real gateway and a real station: fail-over, return, and who is told of what."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.broker.gateway_process import until
from tests.station.two_paths import SILENCE_S, two_paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EMERGENCY = ("emergency", "", "open")


async def test_a_half_open_main_path_is_gone_round_told_and_taken_again(
    tmp_path: Path, mosquitto: Callable[..., Any], start_station: Callable[..., Any]
):
    async with two_paths(tmp_path, mosquitto, start_station) as home:
        await home.proven("main", "spare")
        home.main.mute()
        began = time.monotonic()
        home.sensors.presses()
        await home.shows(EMERGENCY)
        print(
            f"an emergency over a half-open main path was stored at the station after {time.monotonic() - began:.2f} s"
        )
        assert time.monotonic() - began < 4.0
        alert = home.one("emergency")
        assert (alert["count"], alert["told"]) == (1, 1), "sent by both paths, stored and rung once"
        home.station.call(f"/api/alerts/{alert['id']}/decision", {"action": "acknowledged", "revision": 1})
        await until(lambda: home.one("emergency")["on_the_way"] == 0, home.home.said)
        told = [("emergency", "", "acknowledged"), ("system", "gateway/uplink", "open")]
        await home.shows(*told)
        assert time.monotonic() - began < SILENCE_S + 6.0
        home.main.mend()
        await home.shows(told[0], ("system", "gateway/uplink", "returned"))
        home.spare.cut()
        home.sensors.pushes()
        await until(lambda: home.one("emergency")["count"] == 2, home.home.said)
        assert [row for row in home.live() if row[0] == "gateway_silent"] == []


async def test_when_both_paths_are_cut_others_are_told_and_everything_arrives_once_in_the_end(
    tmp_path: Path, mosquitto: Callable[..., Any], start_station: Callable[..., Any]
):
    async with two_paths(tmp_path, mosquitto, start_station) as home:
        await home.proven("main", "spare")
        home.main.cut()
        home.spare.cut()
        began = time.monotonic()
        await until(lambda: len(home.hook.told("system")) > 0, home.home.said)
        told = [body["alert"] for body in home.hook.bodies if body["alert"]["kind"] == "system"]
        assert {(alert["key"].split(":")[1], alert["severity"]) for alert in told} == {("gateway/station", "warning")}
        assert time.monotonic() - began < SILENCE_S + 6.0
        await home.shows(("gateway_silent", "", "open"))
        home.sensors.presses()
        await until(lambda: len(home.hook.told("emergency")) > 0, home.home.said)
        home.spare.mend()
        await home.shows(
            ("emergency", "", "open"),
            ("gateway_silent", "", "returned"),
            ("system", "gateway/station", "returned"),
            ("system", "gateway/uplink", "open"),
            within_s=40.0,
        )
        home.main.mend()
        await until(lambda: ("system", "gateway/uplink", "returned") in home.live(), home.home.said)
        assert (home.one("emergency")["count"], home.one("emergency")["revision"]) == (1, 1)
