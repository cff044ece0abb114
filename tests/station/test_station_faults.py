"""What only the station can notice: two boxes of one name, and that its own store was put back."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

from tests.broker.gateway_process import until
from tests.station.two_paths import two_paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def test_two_boxes_of_one_name_are_told_and_do_not_flood(
    tmp_path: Path, mosquitto: Callable[..., Any], start_station: Callable[..., Any]
):
    async with two_paths(tmp_path, mosquitto, start_station) as home:
        await home.proven("main", "spare")
        with home.twin(mosquitto().port) as twin:
            await twin.connected()
            before, began = home.broker.log().count("New client connected"), asyncio.get_running_loop().time()
            await until(lambda: ("gateway_twins", "", "open") in home.live(), lambda: home.home.said() + twin.said())
            await asyncio.sleep(3)
            dialled = home.broker.log().count("New client connected") - before
            lasted_s = asyncio.get_running_loop().time() - began
        print(f"two boxes, each with two paths, connected {dialled} times in {lasted_s:.1f} s")
        assert dialled <= 2 * (12 + 2 * lasted_s)
        assert home.one("gateway_twins")["count"] == 1


async def test_a_station_put_back_to_an_old_backup_learns_again_what_it_forgot(
    tmp_path: Path, mosquitto: Callable[..., Any], start_station: Callable[..., Any]
):
    async with two_paths(tmp_path, mosquitto, start_station) as home:
        await home.proven("main", "spare")
        store, backup = tmp_path / "station.db", tmp_path / "backup.db"
        home.station.stop()
        shutil.copy(store, backup)
        home.station.start()
        home.station.log_in()
        home.sensors.presses()
        await home.shows(("emergency", "", "open"))
        alert = home.one("emergency")
        home.station.call(f"/api/alerts/{alert['id']}/decision", {"action": "acknowledged", "revision": 1})
        await until(lambda: home.one("emergency")["on_the_way"] == 0, home.home.said)
        answered = home.home.said()
        await asyncio.sleep(3)  # one more heartbeat is answered, by which the home knows what the station knew
        home.station.stop()
        shutil.copy(backup, store)
        home.station.start()
        home.station.log_in()
        await home.shows(("emergency", "", "acknowledged"), ("station_restored", "", "open"), within_s=40.0)
        assert home.one("emergency")["acknowledged_by"] == "李护士", answered
