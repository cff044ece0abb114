"""Chance that can be repeated: every roll belongs to a seed and to what it is rolled for.

Each use has its own dice, named by its parts, so that skipping one (she fell, and never cooked) leaves all
others as they were.
"""

from __future__ import annotations

import random


def dice(*parts: object) -> random.Random:
    """Return the dice of these parts; equal parts roll equal numbers, in any process on any machine.

    Args:
        parts: the seed and what is rolled for, such as `(7, "plan", date(2026, 1, 1))`.
    """
    return random.Random("/".join(map(str, parts)))  # noqa: S311 (a simulated life, not a secret)
