"""The check that keeps face data, registry hosts, machine paths and large files out of the repository."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.helpers.scripts import load_script
from tests.helpers.stages import cannot_run

ROOT = Path(__file__).parent.parent.parent
PIXELS = " ".join(["127"] * 48 * 48)


@pytest.fixture(scope="module")
def guard() -> ModuleType:
    return load_script(ROOT / ".ci" / "guard.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[..., Path]:
    """Commits the given files to a new repository and returns its folder."""

    def commit(files: dict[str, bytes]) -> Path:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        git = ["git", "-C", str(tmp_path), "-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run([*git, "add", "--force", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", "test"], check=True)
        return tmp_path

    return commit


@pytest.mark.parametrize(
    ("name", "data", "finding"),
    [
        ("faces.csv", f"emotion,pixels,Usage\n0,{PIXELS},Training\n".encode(), "48 x 48"),
        ("faces.bin", gzip.compress(f"0,{PIXELS},Training\n".encode()), "48 x 48"),
        ("fer2013.csv.gz", b"", "face datasets"),
        ("arrays/train.npz", b"PK", "face datasets"),
        ("docs/someone.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "no LICENSES.md"),
        ("notes.md", b"from https://files.python" + b"hosted.org/packages/x", "registry's host"),
        ("package-lock.json", b'"resolved": "https://registry.npm' + b'js.org/x.tgz"', "registry's host"),
        ("requirements/dev.txt", b"--extra-index-url https://mirror.example/simple\n", "index option"),
        ("script.sh", b"cd /ro" + b"ot/project\n", "machine's path"),
        ("test.py", b'DATA = "/wo' + b'rk/data"\n', "machine's path"),
        ("key.pem", b"-----BEGIN RSA PRIVATE " + b"KEY-----\n", "private key"),
        ("model.tflite", b"\0" * (12 * 1024 * 1024 + 1), "12.6 is the limit"),
    ],
)
def test_forbidden_file(
    guard: ModuleType, checkout: Callable[..., Path], name: str, data: bytes, finding: str
) -> None:
    """A file that must not be committed is named with the reason."""
    found = guard.check(checkout({name: data}))
    assert [line for line in found if line.startswith(name) and finding in line]


def test_ordinary_files(guard: ModuleType, checkout: Callable[..., Path]) -> None:
    """Ordinary files pass."""
    files = {
        "Dockerfile": b"WORKDIR /app\nRUN mkdir /data\n",
        "app.py": b'URL = "https://example.org/work/1"\nPATTERN = "network/work"\n',
        "photos/LICENSES.md": b"| `face.jpg` | a public-domain portrait |",
        "photos/face.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
        "table.csv": b"a,b\n1,2\n",
    }
    assert guard.check(checkout(files)) == []


def test_large_file_in_history(guard: ModuleType, checkout: Callable[..., Path]) -> None:
    """A large file is found in the history after its removal."""
    root = checkout({"weights.bin": b"\0" * (13 * 1024 * 1024)})
    git = ["git", "-C", str(root), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run([*git, "rm", "--quiet", "weights.bin"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "remove"], check=True)
    found = guard.check(root)
    assert len(found) == 1
    assert "in the history" in found[0]


def test_repository(guard: ModuleType) -> None:
    """The repository itself passes."""
    if not (ROOT / ".git").exists():
        cannot_run("not a git checkout")
    assert guard.check(ROOT) == []
