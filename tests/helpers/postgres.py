"""Starts a throwaway PostgreSQL for tests, which can be killed and started again."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.helpers.serving import free_port
from tests.helpers.stages import cannot_run


def server_programs() -> Path | None:
    """The folder with PostgreSQL's initdb and pg_ctl; None if they are not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


def server_user() -> str | None:
    """The user to start the server as, because PostgreSQL refuses to run as root; None: this one."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Cluster:
    """A server with its data in one folder. `url` has no database name."""

    def __init__(self, programs: Path, folder: Path, *, durable: bool) -> None:
        self.programs, self.folder, self.data = programs, folder, folder / "data"
        self.port = free_port()
        self.url = f"postgresql://tester@127.0.0.1:{self.port}"
        self.options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -k {folder}"
        if not durable:
            self.options += " -c fsync=off"
        self.run("initdb", "-D", self.data, "-U", "tester", "--auth=trust", "--no-sync", "-E", "UTF8")

    def run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [self.programs / program, *map(str, arguments)],
            check=True, cwd=self.folder, capture_output=True, timeout=60, user=server_user(),
        )  # fmt: skip

    def start(self) -> None:
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", self.options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def backends(self) -> list[int]:
        """The processes of this server except its first."""
        first = self.postmaster()
        return [int(child) for child in Path(f"/proc/{first}/task/{first}/children").read_text().split()]

    def kill(self) -> None:
        """Kills every process of this server, and no other."""
        everyone = [self.postmaster(), *self.backends()]
        for process in everyone:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        end = time.monotonic() + 20
        while any(Path(f"/proc/{process}/exe").exists() for process in everyone):
            assert time.monotonic() < end, "PostgreSQL outlived SIGKILL"
            time.sleep(0.02)
        # The next start must not take a killed process, which may still be a zombie, for a running server.
        (self.data / "postmaster.pid").unlink()
        (self.folder / f".s.PGSQL.{self.port}.lock").unlink()


@contextmanager
def running_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A started server; skips if its programs are missing. `durable`: it syncs writes to the disk."""
    programs = server_programs()
    if programs is None:
        cannot_run("PostgreSQL's server programs are not installed (Debian package postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="recommender-postgres-"))
    if user := server_user():
        shutil.chown(folder, user)
    try:
        cluster = Cluster(programs, folder, durable=durable)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres_cluster() -> Iterator[str]:
    """The URL, without a database name, of a started server."""
    with running_cluster() as cluster:
        yield cluster.url


def new_database(cluster: str, name: str) -> str:
    """The URL of an empty database of that name."""
    import psycopg  # noqa: PLC0415 # only where PostgreSQL is

    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{cluster}/{name}"
