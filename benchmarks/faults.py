"""The long proof: a home, its station and the hotline are broken again and again, and nobody's call may be lost.

    make faults                         1,000 rounds
    make faults ROUNDS=20 SEED=7        twenty, of which the first has the seed 7, the next 8, ...
    make faults ROUNDS=1 SEED=12        the round of seed 12 alone
    make faults ONLY=kill-gateway       only this fault

The last line is `N faults, N staged, N lost, N doubled, N untold`; what the words mean is in tests/faults/checker.py
and docs/faults.md. The exit code is 1 unless the last three are 0.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.checker import Kind
from tests.faults.proof import FAULTS, Proof, this_machine, worlds

if TYPE_CHECKING:
    from tests.faults.rounds import Outcome


@dataclass
class Progress:
    """Tells how far it is, a line for each round."""

    rounds: int
    only: str
    began: float = field(default_factory=time.monotonic)
    outcomes: list[Outcome] = field(default_factory=list)

    def told(self, outcome: Outcome, folder: Path) -> None:
        """Print what a round came to."""
        self.outcomes.append(outcome)
        zh = next(fault.zh for fault in FAULTS if fault.name == outcome.fault)
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        verdict = "无恙 survived" if not outcome.findings else "出事 FAILED"
        print(
            f"[{len(self.outcomes)}/{self.rounds}] {minutes:02d}:{seconds:02d}  {verdict}  {zh} {outcome.fault}: "
            f"{outcome.blows} 次打击 faults, {outcome.staged} 次求助 staged, "
            f"{outcome.telephoned} 次电话接警 by telephone, {outcome.lasted_s:.0f} s",
            flush=True,
        )
        for finding in outcome.findings:
            print(f"    {finding.kind}: {finding.sentence}")
        if outcome.findings:
            only = f" ONLY={self.only}" if self.only else ""
            print(f"    重做这一轮 repeat it alone: make faults ROUNDS=1 SEED={outcome.seed}{only}")
            print(f"    现场 what it left: {folder}", flush=True)

    def by_telephone(self) -> str:
        """Give how often the telephone was what brought a person."""
        times = sum(outcome.telephoned for outcome in self.outcomes)
        return f"{times} 次由热线电话接警 / taken by the hotline's telephone: {times} times"

    def last_line(self) -> str:
        """Give the sum of all rounds."""
        found = Counter(finding.kind for outcome in self.outcomes for finding in outcome.findings)
        blows, staged = (sum(getattr(o, name) for o in self.outcomes) for name in ("blows", "staged"))
        wrong = ", ".join(f"{found[kind]} {kind}" for kind in Kind)
        return f"{blows} faults, {staged} staged, {wrong}"


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", choices=["", *(fault.name for fault in FAULTS)])
    parser.add_argument("--worlds", type=int, default=worlds())
    chosen = parser.parse_args()
    faults = [fault for fault in FAULTS if chosen.only in {"", fault.name}]
    progress = Progress(chosen.rounds, chosen.only)
    folder = Path(tempfile.mkdtemp(prefix="shouwang-faults-"))
    print(
        f"{chosen.rounds} 轮，同时 {chosen.worlds} 个世界 / {chosen.rounds} rounds in {chosen.worlds} worlds",
        flush=True,
    )
    machine = this_machine()
    for name, why in machine.skipped(faults).items():
        print(f"跳过 skipped: {name}: {why}")
    seeds = range(chosen.seed, chosen.seed + chosen.rounds)
    asyncio.run(Proof(folder, machine, faults, progress.told).run(seeds, chosen.worlds))
    print(progress.by_telephone())
    print(progress.last_line())
    return int(any(outcome.findings for outcome in progress.outcomes))


if __name__ == "__main__":
    sys.exit(main())
