from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.emotions import ALIASES, EMOTIONS
from services.recommender import catalogue, mood
from services.recommender.db import SessionDep, WriteSessionDep
from services.recommender.errors import InvalidError
from services.recommender.importers.keys import fold
from services.recommender.importers.rows import MEDIA, Row
from services.recommender.routes.deps import ApiKeyDep
from services.recommender.schemas import MAX_ID
from services.recommender.schemas_catalogue import (
    CatalogueItem,
    EmotionOut,
    ItemIn,
    ItemPage,
    ItemQuery,
    MediumOut,
)

router = APIRouter(tags=["catalogue"])
IdPath = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/emotions")
def list_emotions() -> list[EmotionOut]:
    """The six labels, the other names accepted for them, and where they lie in the affect plane."""
    answer = []
    for name in EMOTIONS:
        valence, arousal = mood.CIRCUMPLEX[name]
        aliases = [alias for alias, label in ALIASES.items() if label == name]
        strategy = mood.choose(mood.Point(valence, arousal))
        answer.append(
            EmotionOut(name=name, aliases=aliases, valence=valence, arousal=arousal, auto_strategy=strategy)
        )
    return answer


@router.get("/media")
def list_media(session: SessionDep) -> list[MediumOut]:
    counts = catalogue.count_by_medium(session)
    return [MediumOut(name=medium, items=counts.get(medium, 0)) for medium in MEDIA]


@router.get("/items")
def list_items(query: Annotated[ItemQuery, Query()], session: SessionDep) -> ItemPage:
    """The catalogue in order of id. `emotion` keeps what a person linked to it."""
    words = fold(query.q)
    if query.q and not words:
        raise InvalidError("query.q: there is no letter or digit to search for")
    found = catalogue.list_items(
        session,
        medium=query.medium,
        emotion=query.emotion,
        words=words,
        after=int(query.cursor),
        limit=query.limit + 1,
    )
    page = found[: query.limit]
    more = len(found) > query.limit
    return ItemPage(
        items=[CatalogueItem.of(item) for item in page], next_cursor=str(page[-1].id) if more else None
    )


@router.get("/items/{item_id}")
def get_item(item_id: IdPath, session: SessionDep) -> CatalogueItem:
    return CatalogueItem.of(catalogue.get_item(session, item_id))


@router.post("/items", status_code=201, dependencies=[ApiKeyDep])
def add_item(body: ItemIn, session: WriteSessionDep, response: Response) -> CatalogueItem:
    """Add an item; 409 if the catalogue has it: the same known id, or medium, title, creator and year."""
    item = catalogue.add_item(session, Row.model_validate(body.model_dump()).values())
    response.headers["Location"] = f"/items/{item.id}"
    return CatalogueItem.of(item)


@router.put("/items/{item_id}", dependencies=[ApiKeyDep])
def replace_item(item_id: IdPath, body: ItemIn, session: WriteSessionDep) -> CatalogueItem:
    """Write the item anew. A later catalogue update leaves it as written."""
    item = catalogue.replace_item(session, item_id, Row.model_validate(body.model_dump()).values())
    return CatalogueItem.of(item)


@router.delete("/items/{item_id}", status_code=204, dependencies=[ApiKeyDep])
def remove_item(item_id: IdPath, session: WriteSessionDep) -> None:
    """Take the item away for good: no catalogue update brings it back."""
    catalogue.remove_item(session, item_id)
