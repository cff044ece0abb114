"""What a fault is: a name in both languages, what it needs of the machine, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.faults.scene import Scene


class Need(StrEnum):
    """What a fault needs of the machine; without it the fault is skipped by name."""

    NAMESPACES = "namespaces"  # hosts of their own, and the wire between them
    FAKETIME = "faketime"  # libfaketime
    CGROUP = "cgroup"  # a limit of memory
    FUSE = "fuse"  # a folder that forgets


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break the world.

    Args:
        name: fixed, for `ONLY=` and for the report.
        zh: the same in Chinese.
        strike: breaks the world and mends it again, noting when (`Scene.disturbed`).
        weight: how often it is drawn, beside the others.
        needs: what the machine must allow.
        numbered: only the pendant is pressed, whose presses can be told apart: the home's broker may say them twice.
        patient: it takes a minute or more.
        by_telephone: it strikes in a call: whoever is on duty leaves calls for help to the hotline's telephone.
    """

    name: str
    zh: str
    strike: Callable[[Scene], Awaitable[None]]
    weight: int = 1
    needs: frozenset[Need] = frozenset()
    numbered: bool = False
    patient: bool = False
    by_telephone: bool = False
