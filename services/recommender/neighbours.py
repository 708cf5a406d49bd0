"""Finds items that the same users liked, offline: `python -m services.recommender neighbours`.

Needs the extra `neighbours`: requirements/neighbours.txt.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from services.common.starting import StartError
from services.recommender.store.neighbours import ENOUGH_USERS

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NEAREST: Final = 50
"""The most neighbours of an item."""


def find_neighbours(likes: Iterable[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Each item's nearest by cosine of the sets of users who like them; none where too few users agree.

    `likes` holds each user and item once. Raises StartError where the libraries are missing.
    """
    try:
        import numpy as np  # noqa: PLC0415 # of the extra, which serving does without
        from implicit.nearest_neighbours import ItemItemRecommender  # noqa: PLC0415 # as above
        from scipy.sparse import csr_matrix, diags  # noqa: PLC0415 # as above
    except ImportError as error:
        raise StartError("This needs the extra: pip install -r requirements/neighbours.txt") from error
    users: dict[str, int] = {}
    pairs = [(users.setdefault(user, len(users)), item) for user, item in likes]
    if len(users) < ENOUGH_USERS:
        return
    rows, columns = np.array(pairs).T
    items, columns = np.unique(columns, return_inverse=True)
    liked = csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(users), len(items)))
    each = diags(1 / np.sqrt(liked.sum(axis=0).A1))
    model = ItemItemRecommender(K=min(NEAREST + 1, len(items)))  # each item is its own nearest
    model.fit(csr_matrix(liked @ each), show_progress=False)
    yield from _rows(model.similarity.tocsr(), liked, items.tolist())


def _rows(similarity: "csr_matrix", liked: "csr_matrix", items: list[int]) -> Iterator[dict[str, Any]]:
    """The rows of the table: pairs of which enough users like both."""
    together = (liked.T @ liked).tocsr()
    for i, item in enumerate(items):
        counts = together[i].toarray()[0]
        row = similarity[i]
        for j, nearness in zip(row.indices.tolist(), row.data.tolist(), strict=True):
            if j != i and counts[j] >= ENOUGH_USERS:
                yield {
                    "item_id": item,
                    "neighbour_id": items[j],
                    "nearness": min(1.0, nearness),
                    "users": int(counts[j]),
                }
