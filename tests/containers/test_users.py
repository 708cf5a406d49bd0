"""Any user id of group 0, as OpenShift gives them, and data that belongs to another."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.containers.stack import Stack, run, running

FIRST, NEXT = "1000660000:0", "1000710000:0"
SEEN = """
import os
made = os.stat("/data/recommender.db")
print(os.getuid(), oct(made.st_mode & 0o777), made.st_gid)
"""


def seen(stack: Stack) -> str:
    """User, mode and group of the database, in the recommender's container."""
    return stack.python(stack.container("recommender"), SEEN).stdout.strip()


def test_next_user() -> None:
    """Both services run as a random user, and the next one goes on with the data of the first."""
    stack = Stack("users", "tests/containers/any-user.yml", ANY_USER=FIRST)
    with running(stack):
        assert stack.send_photo().json()["prediction"]["emotion"] == "happy"
        item = stack.http.get("/items", params={"limit": 1}).json()["items"][0]["id"]
        liked = {"user_id": "someone", "item_id": item, "action": "like"}
        assert stack.http.post("/feedback", json=liked).status_code == 201
        assert seen(stack) == "1000660000 0o660 0"

        stack.environment["ANY_USER"] = NEXT
        stack.up()
        assert seen(stack) == "1000710000 0o660 0"
        history = stack.http.get("/users/someone/history").json()["feedback"]
        assert [entry["item_id"] for entry in history] == [item]
        assert stack.http.post("/feedback", json={**liked, "action": "save"}).status_code == 201
        assert stack.send_photo().json()["prediction"]["emotion"] == "happy"


@contextmanager
def volume(image: str, owner: str) -> Iterator[str]:
    """A volume whose folder and database belong to `owner` alone."""
    name = run("docker", "volume", "create").stdout.strip()
    try:
        made = f"touch /data/recommender.db; chmod 700 /data; chmod 600 /data/*; chown -R {owner} /data"
        run("docker", "run", "--rm", "--user=0", f"--volume={name}:/data", image, "sh", "-c", made)
        yield name
    finally:
        run("docker", "volume", "rm", name)


def refusal(image: str, *options: str) -> str:
    """The one line with which the recommender ends, with status 2."""
    done = run("docker", "run", "--rm", *options, image, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = (done.stdout + done.stderr).splitlines()
    return line


def test_foreign_volume(images: dict[str, str]) -> None:
    """A volume of an older version is refused in one line with its owner, this user and the cure."""
    image = images["recommender"]
    with volume(image, "10001:10001") as name:
        line = refusal(image, "--user=54321:0", f"--volume={name}:/data")
        assert re.search(
            r"/data belongs to 10001:10001, and this runs as 54321:0.*`chown -R 54321:0 /data`", line
        )


def test_own_volume(images: dict[str, str]) -> None:
    """The user that made an old volume goes on with it, whatever its group."""
    image = images["recommender"]
    with volume(image, "10001:10001") as name:
        command = [
            "docker",
            "run",
            "--rm",
            f"--volume={name}:/data",
            image,
            "python",
            "-m",
            "services.recommender",
        ]
        assert run(*command, "prepare").returncode == 0


def test_root_folder(images: dict[str, str], tmp_path: Path) -> None:
    """A folder of the host that belongs to root is refused in one line with the cure."""
    tmp_path.chmod(0o755)
    line = refusal(images["recommender"], f"--volume={tmp_path}:/data")
    assert re.search(r"/data belongs to 0:0, and this runs as 10001:0.*`chown -R 10001:0 /data`", line)
    assert not list(tmp_path.iterdir())
