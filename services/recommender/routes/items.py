from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.orm import Session

from services.common.problems import InvalidError
from services.emotions import ALIASES, EMOTIONS
from services.recommender.dependencies import ApiKeyDep
from services.recommender.imports.row import Row
from services.recommender.ranking import mood
from services.recommender.ranking.item import MEDIA
from services.recommender.schemas.catalogue import (
    CatalogueItem,
    EmotionOut,
    ItemIn,
    ItemPage,
    ItemQuery,
    MediumOut,
)
from services.recommender.schemas.fields import fold
from services.recommender.schemas.recommendation import MAX_ID
from services.recommender.store import catalogue
from services.recommender.store.db import SessionsDep
from services.recommender.store.models import Item

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
async def list_media(sessions: SessionsDep) -> list[MediumOut]:
    counts = await sessions.reading(catalogue.count_by_medium)
    return [MediumOut(name=medium, items=counts.get(medium, 0)) for medium in MEDIA]


@router.get("/items")
async def list_items(query: Annotated[ItemQuery, Query()], sessions: SessionsDep) -> ItemPage:
    """The catalogue in order of id. `emotion` keeps what a person linked to it."""
    words = fold(query.q)
    if query.q and not words:
        raise InvalidError("query.q: there is no letter or digit to search for")

    def find(session: Session) -> Sequence[Item]:
        return catalogue.list_items(
            session,
            medium=query.medium,
            emotion=query.emotion,
            words=words,
            after=int(query.cursor),
            limit=query.limit + 1,
        )

    found = await sessions.reading(find)
    page = found[: query.limit]
    more = len(found) > query.limit
    return ItemPage(
        items=[CatalogueItem.of(item) for item in page], next_cursor=str(page[-1].id) if more else None
    )


@router.get("/items/{item_id}")
async def get_item(item_id: IdPath, sessions: SessionsDep) -> CatalogueItem:
    return CatalogueItem.of(await sessions.reading(lambda session: catalogue.get_item(session, item_id)))


@router.post("/items", status_code=201, dependencies=[ApiKeyDep])
async def add_item(body: ItemIn, sessions: SessionsDep, response: Response) -> CatalogueItem:
    """Add an item; 409 if the catalogue has it: the same known id, or medium, title, creator and year."""
    values = Row.model_validate(body.model_dump()).values()
    item = await sessions.writing(lambda session: catalogue.add_item(session, values))
    response.headers["Location"] = f"/items/{item.id}"
    return CatalogueItem.of(item)


@router.put("/items/{item_id}", dependencies=[ApiKeyDep])
async def replace_item(item_id: IdPath, body: ItemIn, sessions: SessionsDep) -> CatalogueItem:
    """Write the item anew. A later catalogue update leaves it as written."""
    values = Row.model_validate(body.model_dump()).values()
    item = await sessions.writing(lambda session: catalogue.replace_item(session, item_id, values))
    return CatalogueItem.of(item)


@router.delete("/items/{item_id}", status_code=204, dependencies=[ApiKeyDep])
async def remove_item(item_id: IdPath, sessions: SessionsDep) -> None:
    """Take the item away for good: no catalogue update brings it back."""
    await sessions.writing(lambda session: catalogue.remove_item(session, item_id))
