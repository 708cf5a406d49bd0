from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.common.problems import InvalidError
from services.common.queries import StrictRoute
from services.emotions import ALIASES
from services.recommender.dependencies import ApiKeyDep, LanguageDep, LinksDep, SessionsDep
from services.recommender.imports.row import Row, values_after
from services.recommender.languages import VARY
from services.recommender.links import Links
from services.recommender.ranking import mood
from services.recommender.ranking.item import MEDIA
from services.recommender.schemas.catalogue import (
    CatalogueItem,
    EmotionOut,
    ItemChange,
    ItemIn,
    ItemPage,
    ItemQuery,
    MediumOut,
)
from services.recommender.schemas.recommendation import MAX_ID, SimilarItems, SimilarQuery
from services.recommender.schemas.words import query_words
from services.recommender.similar import similar_to
from services.recommender.store import catalogue
from services.recommender.store.models import Item

router = APIRouter(tags=["catalogue"], route_class=StrictRoute)
IdPath = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/emotions")
def list_emotions() -> list[EmotionOut]:
    """The six labels, the other names accepted for them, and their places in the affect plane."""
    return [
        EmotionOut(
            name=name,
            aliases=[alias for alias, label in ALIASES.items() if label == name],
            valence=valence,
            arousal=arousal,
            auto_strategy=mood.OWN[name],
        )
        for name, (valence, arousal) in mood.CIRCUMPLEX.items()
    ]


@router.get("/media")
async def list_media(sessions: SessionsDep) -> list[MediumOut]:
    counts = await sessions.reading(catalogue.count_by_medium)
    return [MediumOut(name=medium, items=counts.get(medium, 0)) for medium in MEDIA]


@router.get("/items")
async def list_items(
    query: Annotated[ItemQuery, Query()], sessions: SessionsDep, links: LinksDep
) -> ItemPage:
    """The catalogue in order of id. `emotion` selects items that a person linked to it."""
    words = query_words(query.q)
    if query.q and not words:
        raise InvalidError("query.q: there is nothing to search for")

    found = await sessions.reading(
        lambda session: catalogue.list_items(
            session,
            medium=query.medium,
            emotion=query.emotion,
            kept_by=query,
            words=words,
            after=int(query.cursor),
            limit=query.limit + 1,
        )
    )
    more = len(found) > query.limit
    return ItemPage(
        items=[_answer(item, links) for item in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if more else None,
    )


def _answer(item: Item, links: Links) -> CatalogueItem:
    answer = CatalogueItem.model_validate(item)
    links.add([answer])
    return answer


@router.get("/items/{item_id}")
async def get_item(item_id: IdPath, sessions: SessionsDep, links: LinksDep) -> CatalogueItem:
    return _answer(await sessions.reading(lambda session: catalogue.get_item(session, item_id)), links)


@router.get("/items/{item_id}/similar")
async def list_similar(
    item_id: IdPath,
    query: Annotated[SimilarQuery, Query()],
    sessions: SessionsDep,
    language: LanguageDep,
    links: LinksDep,
    response: Response,
) -> SimilarItems:
    """What is like the item: in themes, genres, maker and mood, and by what the same users like."""
    items = await sessions.reading(lambda session: similar_to(session, item_id, query, language))
    links.add(items)
    response.headers.update(VARY)
    return SimilarItems(items=items)


@router.post("/items", status_code=201, dependencies=[ApiKeyDep])
async def add_item(
    body: ItemIn, sessions: SessionsDep, links: LinksDep, request: Request, response: Response
) -> CatalogueItem:
    """Add an item; 409 if the catalogue has it: the same known id, or medium, title, creator and year."""
    values = Row.model_validate(body.model_dump()).values()
    item = await sessions.writing(lambda session: catalogue.add_item(session, values))
    response.headers["Location"] = f"{request.scope['root_path']}/items/{item.id}"
    return _answer(item, links)


@router.put("/items/{item_id}", dependencies=[ApiKeyDep])
async def change_item(
    item_id: IdPath, body: ItemChange, sessions: SessionsDep, links: LinksDep
) -> CatalogueItem:
    """Change what is sent; a field that is left out keeps its value, and null clears it.

    Takes what GET gives, whose `id` and `affect_*` are ignored. Later catalogue updates leave the item alone.
    """
    given = body.given()
    item = await sessions.writing(
        lambda session: catalogue.change_item(session, item_id, lambda item: values_after(item, given))
    )
    return _answer(item, links)


@router.delete("/items/{item_id}", status_code=204, dependencies=[ApiKeyDep])
async def remove_item(item_id: IdPath, sessions: SessionsDep) -> None:
    """Remove the item for good: no catalogue update brings it back."""
    await sessions.writing(lambda session: catalogue.remove_item(session, item_id))
