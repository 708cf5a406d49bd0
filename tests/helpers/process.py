"""Reads memory, processor time and listening ports of processes from /proc; starts some that heed signals."""

import os
import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.helpers.stages import cannot_run


@contextmanager
def heeding_signals() -> Iterator[None]:
    """Processes that are started in here heed SIGHUP and Ctrl-C, also where this one was told to ignore them.

    nohup and a shell's `&` do so, and it is inherited; a handler is not.
    """
    ignored = [one for one in (signal.SIGHUP, signal.SIGINT) if signal.getsignal(one) is signal.SIG_IGN]
    for one in ignored:
        signal.signal(one, lambda *_: None)
    try:
        yield
    finally:
        for one in ignored:
            signal.signal(one, signal.SIG_IGN)


def memory_mb(process: int | str = "self", field: str = "VmRSS") -> float:
    """Reads a size from /proc/PROCESS/status: VmRSS is memory now, VmHWM its peak, VmSize address space."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {process} has no {field}")


def forget_peak() -> None:
    """Resets the peak memory, VmHWM, of this process."""
    switch = Path("/proc/self/clear_refs")
    if not switch.exists():
        cannot_run("only Linux shows the peak of a process's memory")
    switch.write_text("5")


def cpu_seconds(processes: Iterable[int]) -> float:
    """Sum of the processor time that the processes have used so far."""
    stats = (Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split() for number in processes)
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def process_at(address: str) -> int:
    """Id of the process that listens at an http:// address of this machine."""
    port = f"{int(address.rpartition(':')[2]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(line[9] for line in lines if line[1].endswith(f":{port}") and line[3] == "0A")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if link.readlink().name == f"socket:[{inode}]":
                return int(link.parts[2])
    raise ValueError(f"no process of this user listens at {address}")


def server_processes(log: Path) -> list[int]:
    """Ids of a service's processes, from its log."""
    return [int(number) for number in re.findall(r'"ready", "process": (\d+)', log.read_text())]
