"""Where a SQLite file lies: who may open it, and on which kind of file system it is."""

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

LEFTOVERS: Final = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database; it makes them with the database's own mode."""
PRIVATE, SHARED = 0o600, 0o660
SHARED_FOLDER: Final = 0o2770
MOUNTS: Final = Path("/proc/self/mountinfo")
OVER_NETWORK: Final = {
    "afs", "beegfs", "ceph", "cifs", "fuse.ceph-fuse", "fuse.glusterfs", "fuse.sshfs", "lustre", "ncpfs",
    "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip
"""SQLite's write-ahead log needs memory that all its processes share, and locks that hold."""


def protect(file: Path, *, shared: bool) -> None:
    """Make the file where it is missing, readable by its owner alone, or by the group too.

    An existing one gets the same rights where it is this user's; others' files are left as they are.
    """
    mode = SHARED if shared else PRIVATE
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode))
    if shared:
        _give(file.parent, SHARED_FOLDER, stat.S_IFDIR)
    for end in ("", *LEFTOVERS):
        _give(Path(f"{file}{end}"), mode, stat.S_IFREG)


def _give(path: Path, mode: int, kind: int) -> None:
    """Set the mode, and for a shared one this process's group, of what is of this kind and this user's.

    Folders that many users share, as /tmp, stay as they are.
    """
    with contextlib.suppress(OSError):  # missing, or not ours
        now = path.stat()
        if now.st_uid != os.geteuid() or stat.S_IFMT(now.st_mode) != kind or now.st_mode & stat.S_ISVTX:
            return
        if mode != PRIVATE and now.st_gid != os.getegid():
            os.chown(path, -1, os.getegid())
        if now.st_mode & 0o7777 != mode:
            path.chmod(mode)


def network_file_system(file: Path, mounts: Path = MOUNTS) -> str | None:
    """The kind of network file system that holds the file; None if it is on this machine, or unknown."""
    if not mounts.is_file():
        return None
    folder, kinds = str(file.resolve().parent), {}
    for line in mounts.read_text().splitlines():
        before, _, after = line.partition(" - ")
        kinds[before.split()[4]] = after.split()[0]
    above = [point for point in kinds if folder == point or folder.startswith(point.rstrip("/") + "/")]
    kind = kinds[max(above, key=len)] if above else ""
    return kind if kind in OVER_NETWORK else None
