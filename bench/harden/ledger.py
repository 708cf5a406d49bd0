"""A user and editor who writes down what was acknowledged, and looks for it after a crash."""

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

KEY = "only-for-this-test"
EDITOR = {"X-API-Key": KEY}
CREATED, OK, GONE, NOT_FOUND, CONFLICT = 201, 200, 204, 404, 409
ITEMS = 150
"""Of the catalogue, that feedback is given on."""


@dataclass
class Writer:
    """Each writes alone to its own user and its own items, so that it knows what they must be."""

    name: str
    feedback: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Idempotency-Key to what was acknowledged under it."""
    items: dict[int, str | None] = field(default_factory=dict)
    """Item id to the title that was acknowledged last; None once its removal was."""
    open_feedback: tuple[str, dict[str, Any]] | None = None
    """Sent, and never answered."""
    open_item: tuple[int | None, str | None] | None = None
    """Id and title of an edit that was never answered; no id for an addition, no title for a removal."""
    acknowledged: int = 0
    cut_off: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    @classmethod
    def nobody(cls) -> Self:
        """A sum to add others to."""
        return cls("")

    def add(self, other: "Writer") -> None:
        self.acknowledged += other.acknowledged
        self.cut_off += other.cut_off
        self.lost += other.lost
        self.doubled += other.doubled
        self.refused |= other.refused

    def write(self, address: str, ending: threading.Event) -> None:
        """Feedback, additions, changes and removals in turn, until an answer fails to come."""
        steps = (self.say, self.add_item, self.say, self.change_item, self.say, self.remove_item)
        try:
            with httpx.Client(base_url=address, timeout=30) as client:
                for number in itertools.count():
                    if ending.is_set() or not steps[number % len(steps)](client, number):
                        return
        except httpx.TransportError:
            self.cut_off += 1

    def settled(self, answer: httpx.Response, wanted: int) -> bool:
        """Whether the write was acknowledged; a refusal ends the round, its outcome unknown."""
        if answer.status_code == wanted:
            self.acknowledged += 1
            return True
        self.refused.add(answer.status_code)
        return False

    def say(self, client: httpx.Client, number: int) -> bool:
        key = f"{self.name}-{number}"
        body = {"user_id": self.name, "item_id": number % ITEMS + 1, "action": "like"}
        self.open_feedback = (key, body)
        answer = client.post("/feedback", json=body, headers={"Idempotency-Key": key})
        if not self.settled(answer, CREATED):
            return False
        self.feedback[key], self.open_feedback = answer.json(), None
        return True

    def add_item(self, client: httpx.Client, number: int) -> bool:
        title = f"{self.name} {number}"
        self.open_item = (None, title)
        answer = client.post("/items", json=made(title), headers=EDITOR)
        if not self.settled(answer, CREATED):
            return False
        self.items[answer.json()["id"]], self.open_item = title, None
        return True

    def change_item(self, client: httpx.Client, number: int) -> bool:
        item, title = max(self.items), f"{self.name} {number} changed"
        self.open_item = (item, title)
        answer = client.put(f"/items/{item}", json=made(title), headers=EDITOR)
        if not self.settled(answer, OK):
            return False
        self.items[item], self.open_item = title, None
        return True

    def remove_item(self, client: httpx.Client, number: int) -> bool:
        item = max(self.items)
        if number % 4 == 1:
            return True  # some stay as they were changed
        self.open_item = (item, None)
        if not self.settled(client.delete(f"/items/{item}", headers=EDITOR), GONE):
            return False
        self.items[item], self.open_item = None, None
        return True

    def look(self, address: str) -> None:
        """Every acknowledged write, and that what is sent again counts once."""
        with httpx.Client(base_url=address, timeout=30) as client:
            self.look_for_feedback(client)
            self.look_for_items(client)

    def look_for_feedback(self, client: httpx.Client) -> None:
        expected = len(self.feedback)
        if self.open_feedback:
            key, body = self.open_feedback
            again = client.post("/feedback", json=body, headers={"Idempotency-Key": key})
            if again.status_code != CREATED:
                self.lost.append(f"{key} sent again: {again.status_code}")
            expected += 1
        kept: dict[int, Any] = {}
        cursor = None
        while True:
            page = client.get(
                f"/users/{self.name}/history", params={"limit": 200, **({"cursor": cursor} if cursor else {})}
            ).json()
            kept |= {entry["id"]: entry for entry in page["feedback"]}
            cursor = page["next_cursor"]
            if cursor is None:
                break
        for key, said in self.feedback.items():
            if said["id"] not in kept or kept[said["id"]]["item_id"] != said["item_id"]:
                self.lost.append(key)
        if len(kept) > expected:
            self.doubled.append(f"{self.name}: {len(kept)} kept, {expected} said")

    def look_for_items(self, client: httpx.Client) -> None:
        for item, title in self.items.items():
            answer = client.get(f"/items/{item}")
            now = answer.json()["title"] if answer.status_code == OK else None
            may_be = {title}
            if self.open_item and self.open_item[0] == item:
                may_be.add(self.open_item[1])
            if now not in may_be:
                self.lost.append(f"item {item}: {now}, not {title}")
        if self.open_item and self.open_item[0] is None:
            again = client.post("/items", json=made(str(self.open_item[1])), headers=EDITOR)
            if again.status_code not in {CREATED, CONFLICT}:
                self.lost.append(f"{self.open_item[1]} sent again: {again.status_code}")


def made(title: str) -> dict[str, Any]:
    return {"medium": "movie", "title": title, "url": "https://example.org/ledger"}
