"""The disks of a world: one in the home, one at the station, which forget on a power cut what was never fsynced."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.forgetful import forgetful

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.forgetful import Forgetful


JOURNAL_S = 5.0
"""How often a file system makes names safe by itself. Source: ext4(5), commit=5. mosquitto 2.0 syncs its file before it
gives it its name, but never the folder (seen with strace); SQLite syncs both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disks:
    """Where a home and a station keep what they remember.

    Args:
        home, station: the folders: a gateway's store and its broker's sessions share a card, as in a real box.
        forgetful: makes them forget and refuse; None where they are plain folders.
    """

    home: Path
    station: Path
    forgetful: Forgetful | None = None

    def sync_names(self) -> None:
        """Makes the names safe in the brokers' folders."""
        for disk in (self.home, self.station):
            for folder in (disk, disk / "broker"):
                with suppress(OSError):  # it refuses just now: later
                    number = os.open(folder, os.O_RDONLY)
                    os.fsync(number)
                    os.close(number)

    def keep(self, folder: Path) -> None:
        """Copies what is on them, for whoever looks at a world that did not survive."""
        for disk in (self.home, self.station):
            shutil.copytree(disk, folder / f"disk-{disk.name}", dirs_exist_ok=True)

    async def journal(self) -> None:
        """Does what a file system does by itself, until cancelled."""
        while True:
            self.sync_names()
            await asyncio.sleep(JOURNAL_S)


@contextmanager
def forgetful_disks() -> Iterator[Disks]:
    """Two disks on FUSE; gone afterwards."""
    with forgetful("home", "station") as folders:
        yield Disks(home=folders.path("home"), station=folders.path("station"), forgetful=folders)


def plain_folders(folder: Path) -> Disks:
    """Two folders, where there is no FUSE."""
    disks = Disks(home=folder / "home", station=folder / "station")
    for disk in (disks.home, disks.station):
        disk.mkdir()
    return disks
