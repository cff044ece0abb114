"""A station whose store is damaged, gone or refused: it falls back to its backup, says so, and asks the homes."""

from __future__ import annotations

import asyncio
import errno
import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from alerts.durable import backups, exchange
from alerts.durable.damage import Condition
from alerts.station.mend import back_up, make_ready
from alerts.wire import Heard
from tests.faults.forgetful import forgetful, why_not
from tests.station.ends import START, HomeEnd, press
from tests.station.station_process import TalkingHome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alerts.station.settings import StationSettings
    from tests.mosquitto_broker import Mosquitto
    from tests.station.ends import StationEnd
    from tests.station.station_process import StationProcess

LIVE = "SELECT key, state FROM alerts WHERE state NOT IN ('closed', 'cancelled') AND home <> '' ORDER BY key"


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


async def fill(station: StationEnd) -> Path:
    """Thirty alerts of a home; a backup; one alert more. Nobody closed the file: its log holds the latest."""
    home = HomeEnd()
    for number in range(30):
        await station.desk.hear([home.tells(f"d{number}", press(f"key:{number}", subject=f"s{number}"))])
    await station.desk.hear([home.beats_at(START + timedelta(seconds=1), confirmed=1, confirmed_at=START)])
    path = station.settings.store
    await asyncio.to_thread(backups.make, path, START, partial(back_up, path))
    await station.desk.hear([home.tells("d99", press("key:99", subject="s99"))])
    return path


def spoil(path: Path, at: int, length: int) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + length] = bytes(0xA5 ^ byte for byte in content[at : at + length])
    path.write_bytes(content)


async def test_spoilt_pages_and_logs_lose_no_live_alert_of_the_backup(station: StationEnd, tmp_path: Path):
    path = await fill(station)
    kept = tmp_path / "kept"
    kept.mkdir()
    for file in path.parent.glob("station.db*"):
        shutil.copyfile(file, kept / file.name)
    found: Counter[str] = Counter()
    for seed in range(40):
        dice = random.Random(seed)  # noqa: S311 - a repeatable damage
        place = tmp_path / str(seed)
        shutil.copytree(kept, place)
        victim = place / dice.choice(("station.db", "station.db-wal"))
        spoil(victim, dice.randrange(victim.stat().st_size), dice.choice((1, 512, 4096, 20_000)))
        mended = make_ready(place / "station.db")
        found[mended.detail().split()[0] if mended else "good"] += 1
        live = dict(rows(place / "station.db", LIVE))
        assert {f"key:{number}" for number in range(30)} <= live.keys(), seed
        assert rows(place / "station.db", "PRAGMA integrity_check") == [("ok",)]
        shutil.rmtree(place)
    assert found["log_damaged"] > 3
    assert found["damaged"] > 3


async def test_a_station_that_lost_something_asks_the_homes_and_tells_its_people(
    station: StationEnd, settings: StationSettings
):
    path = await fill(station)
    await station.store.close()
    path.write_bytes(b"overwritten " * 1000)
    await station.open()
    assert station.store.mended is not None
    assert station.store.mended.detail() == f"not_a_store backup {START.isoformat()}"
    home = HomeEnd(beats=1)
    (answer,) = await station.desk.hear([home.beats_at(START + timedelta(seconds=9))])
    since = heard(home, answer).forgotten_since
    assert since is not None
    assert abs(since - START) < timedelta(seconds=1)
    home.beats = 2
    told = home.beats_at(START + timedelta(seconds=19), told_again=since)
    (answer,) = await station.desk.hear([told])
    assert heard(home, answer).forgotten_since is None
    await station.desk.tell_of_store(station.store.mended.detail(), START)
    (own,) = [alert for alert in await station.desk.live() if alert["kind"] == "station_restored"]
    assert own["brief"]["zh"]["sentence"] == (  # type: ignore[index]
        "驿站的数据库：文件不是守望的数据库；已用上午 10:00 的备份恢复，那以后的记录丢失。"
    )


async def test_a_power_cut_right_after_the_new_file_counts_does_not_forget_to_ask(
    station: StationEnd, monkeypatch: pytest.MonkeyPatch
):
    path = await fill(station)
    await station.store.close()
    path.write_bytes(b"overwritten " * 1000)

    def cut(_path: Path) -> Path:
        raise OSError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(exchange, "finish", cut)
        with pytest.raises(OSError, match="power cut"):
            make_ready(path)
    assert make_ready(path) is None, "the new file counts already"
    assert all(since is not None for (since,) in rows(path, "SELECT forgotten_since FROM homes"))
    assert len(rows(path, LIVE)) == 30
    for _ in range(2):  # nor to tell the people on duty, however often it goes
        await station.open()
        assert station.store.mended is not None
        assert station.store.mended.detail() == f"not_a_store backup {START.isoformat()}"
        await station.store.close()
    await station.open()
    await station.desk.tell_of_store(station.store.mended.detail(), START)
    await station.store.close()
    await station.open()
    assert station.store.mended is None


def heard(home: HomeEnd, packet: tuple[str, bytes]) -> Heard:
    from alerts.wire import unseal  # noqa: PLC0415 - beside its only use

    return unseal(Heard, *packet, home.secret)


async def test_damage_is_mended_under_the_running_station(station: StationEnd):
    path = await fill(station)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = db.execute("PRAGMA page_count").fetchone()
    spoil(path, 4096, (size - 1) * 4096)
    await station.store.condemn(Condition.DAMAGED)
    receipts = await station.desk.hear([HomeEnd().tells("d100", press("key:100", subject="s100"))])
    assert len(receipts) == 1
    assert station.store.mended is not None
    live = dict(await station.rows(LIVE))
    assert {f"key:{number}" for number in range(30)} | {"key:100"} <= live.keys()


async def test_what_the_console_could_not_show_is_not_read_back(station: StationEnd):
    path = await fill(station)
    await station.store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE alerts SET state = 'opfn' WHERE key = 'key:7'")
        db.commit()
    mended = make_ready(path)
    assert mended is not None
    assert mended.how == "partly"
    assert ("key:7", "open") in rows(path, LIVE)  # from the backup
    await station.open()


async def test_a_station_deleted_while_it_runs_comes_back_from_its_backup_and_the_home_tells_again(
    mosquitto: Callable[..., Mosquitto], start_station: Callable[..., StationProcess]
):
    broker = mosquitto()
    station = start_station(broker.port)
    await asyncio.to_thread(station.log_in)
    folder = station.folder
    async with TalkingHome(HomeEnd(), broker.port).running() as home:
        await home.tell("d1", press("key:1"))
        await home.until(lambda: bool(list(folder.glob("station.db-backup-*"))), 20)
        for file in list(folder.glob("station.db*")):
            if "backup" not in file.name:
                file.unlink()
        await home.until(lambda: any(a["kind"] == "station_restored" for a in station.live()), 20)
        await home.tell("d2", press("key:2", subject="s2"))
    assert ("key:2", "open") in rows(folder / "station.db", LIVE)


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "FUSE")
async def test_a_station_that_starts_on_a_disk_that_refuses_shows_what_it_had(settings: StationSettings):
    from tests.station.ends import SECRET, StationEnd  # noqa: PLC0415 - beside its only use

    with forgetful("station") as disk:
        path = disk.path("station") / "station.db"
        end = StationEnd(settings.model_copy(update={"store": path}), {"home-001": SECRET})
        await end.open()
        await end.desk.hear([HomeEnd().tells("d1", press("key:1"))])
        await end.store.close()
        disk.fail("station", "change", errno.EROFS)
        await end.open()
        assert [alert["alert_key"] for alert in await end.desk.live()] == ["key:1"]
        with pytest.raises(sqlite3.OperationalError, match="read_only"):
            await end.desk.hear([HomeEnd().tells("d2", press("key:2", subject="s2"))])
        disk.heal("station")
        assert len(await end.desk.hear([HomeEnd().tells("d2", press("key:2", subject="s2"))])) == 1
        assert len(await end.desk.live()) == 2
        await end.store.close()
