"""Says what users think of items, over HTTP, and reads what comes of it."""

from typing import Any

import httpx


def say(
    api: httpx.Client, user: str, item: Any, action: str = "like", key: str | None = None, **more: Any
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"user_id": user, "item_id": item, "action": action, **more}
    return api.post("/feedback", json=body, headers=headers)


def take_back(api: httpx.Client, user: str, item: int, *actions: str) -> None:
    """Takes the actions back, or all without any."""
    answer = api.delete(f"/users/{user}/opinions/{item}", params={"action": list(actions)})
    assert answer.status_code == 204, answer.text


def shelf(api: httpx.Client, user: str, medium: str = "movie", limit: int = 10, emotion: str = "sad") -> Any:
    params: dict[str, str | int] = {"emotion": emotion, "medium": medium, "limit": limit, "user_id": user}
    return api.get("/recommend", params=params).json()["items"]


def history(api: httpx.Client, user: str, **params: Any) -> Any:
    return api.get(f"/users/{user}/history", params=params).json()


def saved(api: httpx.Client, user: str, **params: Any) -> Any:
    return api.get(f"/users/{user}/saved", params=params).json()


def learnt(api: httpx.Client, user: str) -> dict[str, tuple[float, float]]:
    """Likes and dislikes by feature."""
    return {p["feature"]: (p["likes"], p["dislikes"]) for p in history(api, user)["preferences"]}
