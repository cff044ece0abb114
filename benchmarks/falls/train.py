"""Makes gateway/detection/fall_model.npz from the shared recordings, bit for bit the same each time.

    python -m benchmarks.falls.train            writes the file, and says what was learnt
    python -m benchmarks.falls.train --check    makes it anew and compares; exit 1 if a byte differs

Needs the extra `train` (scikit-learn) and SISFALL and WEDA-FALL in SHOUWANG_DATA or ../shared/data; about 5 minutes of
one core. The last digits of a sum depend on the processor's instructions, so the numerical libraries are held to the
same ones everywhere (AVX2) by starting the script anew with them chosen.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

FIXED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
    "PYTHONHASHSEED": "0",
}
FILE = Path(__file__).parents[2] / "gateway" / "detection" / "fall_model.npz"


def main() -> int:
    """Train, and write or compare."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="compare with the shipped file")
    asked = arguments.parse_args()
    if any(os.environ.get(name) != value for name, value in FIXED.items()):
        command = [sys.executable, "-m", "benchmarks.falls.train", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **FIXED})  # noqa: S606 - ourselves, with other libraries
    from benchmarks.falls.making_of import make  # noqa: PLC0415 - after the libraries were chosen

    content = make()
    if asked.check:
        same = FILE.read_bytes() == content
        print("逐字节相同 / the same, byte for byte" if same else "与发布的文件不同 / not the shipped file")
        return 0 if same else 1
    FILE.write_bytes(content)
    print(f"{FILE.name}: {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
