"""Writes to the recommender as a user and an editor, and checks after a crash what was acknowledged."""

import itertools
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx

KEY: Final = "only-for-this-test"
EDITOR: Final = {"X-API-Key": KEY}
ITEMS: Final = 150
"""Items of the catalogue that get feedback."""


@dataclass
class Writer:
    """The only writer of its user and its items, so it knows what they must be."""

    name: str
    feedback: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Idempotency-Key to the acknowledged answer."""
    items: dict[int, str | None] = field(default_factory=dict)
    """Item id to the title acknowledged last; None after its removal."""
    open_feedback: tuple[str, dict[str, Any]] | None = None
    """Key and body without an answer."""
    open_item: tuple[int | None, str | None] | None = None
    """Id and title of an edit without an answer; no id for an addition, no title for a removal."""
    acknowledged: int = 0
    cut_off: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    def add(self, other: "Writer") -> None:
        """Adds the figures of another writer to these."""
        self.acknowledged += other.acknowledged
        self.cut_off += other.cut_off
        self.lost += other.lost
        self.doubled += other.doubled
        self.refused |= other.refused

    def write(self, address: str, ending: threading.Event) -> None:
        """Gives feedback, adds, changes and removes items in turn, until an answer is missing."""
        like = self._like
        steps = itertools.cycle((like, self._add_item, like, self._change_item, like, self._remove_item))
        try:
            with httpx.Client(base_url=address, timeout=30) as client:
                for number, step in enumerate(steps):
                    if ending.is_set() or not step(client, number):
                        return
        except httpx.TransportError:
            self.cut_off += 1

    def _acknowledged(self, answer: httpx.Response, wanted: HTTPStatus) -> bool:
        """Any other status ends the round; whether the write took place is then unknown."""
        if answer.status_code == wanted:
            self.acknowledged += 1
            return True
        self.refused.add(answer.status_code)
        return False

    def _like(self, client: httpx.Client, number: int) -> bool:
        key = f"{self.name}-{number}"
        body = {"user_id": self.name, "item_id": number % ITEMS + 1, "action": "like"}
        self.open_feedback = (key, body)
        answer = client.post("/feedback", json=body, headers={"Idempotency-Key": key})
        if not self._acknowledged(answer, HTTPStatus.CREATED):
            return False
        self.feedback[key], self.open_feedback = answer.json(), None
        return True

    def _add_item(self, client: httpx.Client, number: int) -> bool:
        title = f"{self.name} {number}"
        self.open_item = (None, title)
        answer = client.post("/items", json=_item(title), headers=EDITOR)
        if not self._acknowledged(answer, HTTPStatus.CREATED):
            return False
        self.items[answer.json()["id"]], self.open_item = title, None
        return True

    def _change_item(self, client: httpx.Client, number: int) -> bool:
        item, title = max(self.items), f"{self.name} {number} changed"
        self.open_item = (item, title)
        answer = client.put(f"/items/{item}", json=_item(title), headers=EDITOR)
        if not self._acknowledged(answer, HTTPStatus.OK):
            return False
        self.items[item], self.open_item = title, None
        return True

    def _remove_item(self, client: httpx.Client, number: int) -> bool:
        item = max(self.items)
        if number % 4 == 1:
            return True  # some stay as they were changed
        self.open_item = (item, None)
        if not self._acknowledged(client.delete(f"/items/{item}", headers=EDITOR), HTTPStatus.NO_CONTENT):
            return False
        self.items[item], self.open_item = None, None
        return True

    def check(self, address: str) -> None:
        """Looks for every acknowledged write, and that a repeated one counts once."""
        with httpx.Client(base_url=address, timeout=30) as client:
            self._check_feedback(client)
            self._check_items(client)

    def _check_feedback(self, client: httpx.Client) -> None:
        expected = len(self.feedback)
        if self.open_feedback:
            key, body = self.open_feedback
            again = client.post("/feedback", json=body, headers={"Idempotency-Key": key})
            if again.status_code != HTTPStatus.CREATED:
                self.lost.append(f"{key} sent again: {again.status_code}")
            expected += 1
        kept: dict[int, Any] = {}
        query: dict[str, Any] | None = {"limit": 200}
        while query:
            page = client.get(f"/users/{self.name}/history", params=query).json()
            kept |= {entry["id"]: entry for entry in page["feedback"]}
            query = {**query, "cursor": page["next_cursor"]} if page["next_cursor"] else None
        for key, entry in self.feedback.items():
            if entry["id"] not in kept or kept[entry["id"]]["item_id"] != entry["item_id"]:
                self.lost.append(key)
        if len(kept) > expected:
            self.doubled.append(f"{self.name}: {len(kept)} kept, {expected} sent")

    def _check_items(self, client: httpx.Client) -> None:
        open_id, open_title = self.open_item or (None, None)
        for item, title in self.items.items():
            answer = client.get(f"/items/{item}")
            now = answer.json()["title"] if answer.status_code == HTTPStatus.OK else None
            if now != title and not (item == open_id and now == open_title):
                self.lost.append(f"item {item}: {now}, not {title}")
        if self.open_item and open_id is None:
            again = client.post("/items", json=_item(str(open_title)), headers=EDITOR)
            if again.status_code not in {HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
                self.lost.append(f"{open_title} sent again: {again.status_code}")


def _item(title: str) -> dict[str, Any]:
    return {"medium": "movie", "title": title, "url": "https://example.org/ledger"}
