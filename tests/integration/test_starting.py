"""Wrong settings: one line that names the variable, status 2, and neither a traceback nor a secret."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bulk.command import main as bulk
from services.common.addresses import ListenError, bind, reachable
from services.common.processor import complaint
from services.inference.model import MODEL_FILE
from services.recommender.command import main as recommender
from services.recommender.settings import read_settings
from services.recommender.store.db import make_engine
from services.recommender.store.place import network_file_system
from services.recommender.store.unusable import UnusableDatabaseError, explaining
from tests.helpers.serving import ROOT
from tests.helpers.stages import cannot_run

NOBODY = 65534


def serve(service: str, *arguments: str, **settings: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", f"services.{service}.serve", *arguments],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_inference_names_every_wrong_variable() -> None:
    done = serve(
        "inference", INFERENCE_WORKERS="many", INFERENCE_MODEL_FILE="nowhere", INFERENCE_LOG_LEVEL="loud"
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("INFERENCE_MODEL_FILE: Path does not point to a file; INFERENCE_WORKERS: Input")
    assert "INFERENCE_LOG_LEVEL: " in line


@pytest.mark.parametrize(
    ("links", "reason"),
    [
        ("{", "should be JSON"),
        ('{"movie": {"Watch": "javascript:secret"}}', "a link must begin with http:// or https://"),
        (
            '{"movie": {"Watch": "https://x.example/{secret}"}}',
            "a placeholder is not known; known are: {title}",
        ),
    ],
)
def test_links_that_cannot_be_used(links: str, reason: str) -> None:
    done = serve("recommender", RECOMMENDER_LINKS=links)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"RECOMMENDER_LINKS: {reason}")
    assert "secret" not in line


def test_the_recommender_names_the_variable_and_keeps_the_secret() -> None:
    done = serve("recommender", RECOMMENDER_DATABASE_URL="mysql://me:secret@host/name")
    assert done.returncode == 2
    assert done.stderr == (
        "RECOMMENDER_DATABASE_URL: should be sqlite:///path or postgresql://user:password@host/name\n"
    )


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("DATABASE_URL", "secret", "should be sqlite:///path or postgresql://"),
        ("API_KEY_FILE", "/nowhere", "/nowhere cannot be read: No such file or directory"),
        ("CATALOGUE_DIR", "/nowhere", "Path does not point to a directory"),
        ("OTLP_ENDPOINT", "collector", "Input should be a valid URL"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, secret", "is not a valid IPv4 network"),
    ],
)
def test_every_kind_of_setting_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: Any,
    value: Any,
    reason: Any,
) -> None:
    monkeypatch.setenv(f"RECOMMENDER_{variable}", value)
    with pytest.raises(SystemExit) as refused:
        read_settings()
    assert refused.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"RECOMMENDER_{variable}: ")
    assert reason in said
    assert said.count("\n") == len(said.splitlines()) == 1
    assert "secret" not in said


def test_commands_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text("a.jpg\n")
    monkeypatch.setenv("INFERENCE_WORKERS", "many")
    monkeypatch.setenv("RECOMMENDER_DATABASE_POOL_SIZE", "0")
    with pytest.raises(SystemExit, match="2"):
        bulk([str(tmp_path / "list.txt"), str(tmp_path / "out")])
    assert capsys.readouterr().err.startswith("INFERENCE_WORKERS: Input should be ")
    with pytest.raises(SystemExit, match="2"):
        recommender(["prepare"])
    assert capsys.readouterr().err.startswith("RECOMMENDER_DATABASE_POOL_SIZE: Input should be ")


def test_a_model_that_is_not_what_its_card_says_is_named_without_a_traceback(tmp_path: Path) -> None:
    model = tmp_path / "emotion.tflite"
    model.write_bytes(b"not the network")
    shutil.copy(MODEL_FILE.with_suffix(".json"), tmp_path)
    done = serve("inference", INFERENCE_MODEL_FILE=str(model))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("INFERENCE_MODEL_FILE: emotion.tflite is not the file that its card describes")


def test_port_out_of_range() -> None:
    """A port that does not exist is named."""
    done = serve("recommender", "--port", "80000")
    assert done.returncode == 2
    assert "argument --port: invalid port (0 to 65535) value: '80000'" in done.stderr


LONG = 300 * "x"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DATABASE_URL", "sqlite:///{folder}", "{folder} is no file: name one"),
        ("DATABASE_URL", "sqlite:///{folder}/file/r.db", "{folder}/file is a file, and should be the folder"),
        (
            "DATABASE_URL",
            f"sqlite:///{{folder}}/{LONG}/r.db",
            f"{{folder}}/{LONG} cannot be made: File name too",
        ),
        ("DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/none", "PostgreSQL at 127.0.0.1 gave no"),
        ("CATALOGUE_DIR", "{folder}/empty", "{folder}/empty holds no CSV files"),
        ("CATALOGUE_DIR", "{folder}/wrong", "a.csv, line 2: medium: Input should be 'movie'"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    reason: str,
) -> None:
    """A value that is well formed and leads nowhere ends in a line with the variable, status 2."""
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "a.csv").write_text("medium,title,url\nopera,A,https://example.org/\n")
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", f"sqlite:///{tmp_path}/r.db")
    monkeypatch.setenv(f"RECOMMENDER_{name}", value.format(folder=tmp_path))
    assert recommender(["prepare"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"RECOMMENDER_{name}: {reason.format(folder=tmp_path)}")
    assert "secret" not in line


def test_folder_of_another_user() -> None:
    """A database folder without rights is named with its owner, the user and the cure."""
    owner, user = os.geteuid(), os.geteuid() or NOBODY  # root may write anywhere
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o500)
    os.seteuid(user)
    try:
        with pytest.raises(UnusableDatabaseError) as refused, explaining(f"sqlite:///{folder}/new/r.db"):
            make_engine(f"sqlite:///{folder}/new/r.db", shared=False)
    finally:
        os.seteuid(owner)
        folder.rmdir()
    assert f"{folder} belongs to {owner}:{os.getegid()}, and this runs as {user}:{os.getegid()}" in str(
        refused.value
    )
    assert f"`chown -R {user}:{os.getegid()} {folder}`" in str(refused.value)


def test_backup_into_missing_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A backup into a folder that does not exist ends in a line, status 2."""
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", f"sqlite:///{tmp_path}/r.db")
    (tmp_path / "r.db").touch()
    assert recommender(["backup", str(tmp_path / "none" / "r.db")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none'} is no folder: make it first\n"


def test_rights_of_the_database_file(tmp_path: Path) -> None:
    """The file is its owner's alone, or the group's too; one that is there is brought in line."""
    url, file = f"sqlite:///{tmp_path}/r.db", tmp_path / "r.db"
    for shared, mode in ((False, 0o600), (True, 0o660), (False, 0o600)):
        engine = make_engine(url, shared=shared)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (x)")
            modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob("r.db*")}
        assert modes == {mode}
        engine.dispose()
    assert file.stat().st_mode & 0o777 == 0o600


def test_rights_of_folders(tmp_path: Path) -> None:
    """A folder given in place of the file keeps its rights, and so does one that all users write to."""
    folder, everybodys = tmp_path / "folder", tmp_path / "everybodys"
    for path, mode in ((folder, 0o755), (everybodys, 0o1777)):
        path.mkdir()
        path.chmod(mode)
    with pytest.raises(OperationalError):
        make_engine(f"sqlite:///{folder}").connect()
    make_engine(f"sqlite:///{everybodys}/r.db", shared=True).connect().close()
    assert folder.stat().st_mode & 0o7777 == 0o755
    assert everybodys.stat().st_mode & 0o7777 == 0o1777


def test_network_file_systems(tmp_path: Path) -> None:
    """A database on NFS or the like is told from one on this machine."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/a rw\n22 21 0:9 / /net rw shared:1 - nfs4 host:/x rw\n"
        "23 22 8:2 / /net/local rw - ext4 /dev/b rw\n"
    )
    assert network_file_system(Path("/net/data/r.db"), mounts) == "nfs4"
    assert network_file_system(Path("/net/local/r.db"), mounts) is None
    assert network_file_system(Path("/network/r.db"), mounts) is None
    assert network_file_system(Path("/r.db"), tmp_path / "none") is None


def test_old_processors(tmp_path: Path) -> None:
    """A processor below x86-64-v2 gets a sentence that names what it lacks."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu sse2 ssse3 cx16 lahf_lm\n")
    if platform.machine() == "x86_64":
        assert complaint(cpuinfo).startswith("This processor lacks popcnt, sse4_1, sse4_2: ")
    assert complaint(tmp_path / "none") == ""


@pytest.mark.parametrize(
    "words",
    [["services.inference.serve"], ["services.inference", "x.jpg"], ["services.run"], ["bulk", "a", "b"]],
)
def test_start_on_an_old_processor(tmp_path: Path, words: list[str]) -> None:
    """The sentence comes before NumPy is imported, which would kill the process."""
    (tmp_path / "cpuinfo").write_text("flags : fpu sse2\n")
    (tmp_path / "numpy.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    mount = "mount --bind {}/cpuinfo /proc/cpuinfo && exec env PYTHONPATH={} {} -m {}"
    command = mount.format(tmp_path, tmp_path, sys.executable, " ".join(words))
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if done.stderr.startswith(("unshare: ", "mount: ")) or platform.machine() != "x86_64":
        cannot_run(f"/proc/cpuinfo cannot be another file here: {done.stderr}")
    (line,) = done.stderr.splitlines()
    assert line.startswith("This processor lacks cx16, lahf_lm, popcnt, sse4_1, sse4_2, ssse3: ")
    assert done.returncode == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::", "0.0.0.0"])  # noqa: S104 # what is tested
def test_addresses_to_listen_on(host: str) -> None:
    """IPv4, IPv6 and both at once; the health check finds the way."""
    if ":" in host and not socket.has_ipv6:
        cannot_run("this machine has no IPv6")
    (bound,) = bind(host, 0)
    with bound:
        bound.listen()
        port = bound.getsockname()[1]
        for address in {reachable(host), *(["127.0.0.1"] if host == "::" else [])}:
            socket.create_connection((address, port), timeout=5).close()
        with pytest.raises(ListenError, match=f"port {port} is in use"):
            bind(host, port)


def test_no_address_of_this_machine() -> None:
    """An address that is another machine's is named."""
    with pytest.raises(ListenError, match=r"192\.0\.2\.1 is no address of this machine"):
        bind("192.0.2.1", 0)
