"""Checks the processor before anything is imported that would die of it."""

import platform
from pathlib import Path
from typing import Final

CPUINFO: Final = Path("/proc/cpuinfo")
X86_64_V2: Final = ("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3")
"""Linux' names of what x86-64-v2 adds; NumPy is built for it."""


def missing_features(cpuinfo: Path = CPUINFO) -> list[str]:
    """What the processor lacks; empty where that is not known, and on other architectures."""
    if platform.machine() not in {"x86_64", "AMD64"} or not cpuinfo.is_file():
        return []
    flags = next((line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")), "")
    known = set(flags.partition(":")[2].split())
    return [name for name in X86_64_V2 if name not in known] if known else []


def complaint(cpuinfo: Path = CPUINFO) -> str:
    """Why photos cannot be read on this processor; empty if they can."""
    missing = missing_features(cpuinfo)
    if not missing:
        return ""
    return (
        f"This processor lacks {', '.join(missing)}: reading photos needs x86-64-v2, which most processors "
        "since 2009 have. In a virtual machine choose the processor type `host` or `x86-64-v2`."
    )
