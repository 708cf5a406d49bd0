"""What the kernel says of a process."""

from pathlib import Path

from tests.helpers.stages import cannot_run


def memory_mb(process: int | str = "self", field: str = "VmRSS") -> float:
    """A size out of /proc/PROCESS/status: VmRSS now in memory, VmHWM its peak, VmSize address space."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {process} has no {field}")


def forget_peak() -> None:
    """Let this process's VmHWM start anew."""
    switch = Path("/proc/self/clear_refs")
    if not switch.exists():
        cannot_run("only Linux tells a process's peak of memory")
    switch.write_text("5")
