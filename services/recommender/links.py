"""Makes further links of items from an operator's templates: where to watch, listen or borrow."""

import json
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from services.recommender.ranking.item import Medium
from services.recommender.schemas.fields import AnyCaseMedium, NoControls, PlainSpaces, WebUrl
from services.recommender.schemas.identity import SITES, site_id
from services.recommender.schemas.recommendation import ItemOut, Link

IDS: Final = tuple(name for name, _ in SITES.values())
"""Sites whose ids are known from an item's URL: imdb, goodreads, deezer, spotify, steam."""
PLACEHOLDERS: Final = ("title", "creator", "year", *IDS)
MOST: Final = 5
"""Links of one item."""


def _parse(value: object) -> object:
    """Read JSON, as the environment has it; empty is none."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else {}
    except ValueError as error:
        raise ValueError('should be JSON such as {"movie": {"Where to watch": "https://…"}}') from error


def _check_template(template: str) -> str:
    """Raise ValueError for unknown placeholders, and for one in the host, where a title could lead astray."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError("a placeholder's brackets do not match") from error
    for _, name, form, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise ValueError(f"a placeholder is not known; known are: {known}")
    host = urlsplit(template).netloc
    if "{" in host or "}" in host or "@" in host:
        raise ValueError("the host must be written out, without placeholders and users")
    return template


Template = Annotated[WebUrl, AfterValidator(_check_template)]
Label = Annotated[str, Field(min_length=1, max_length=40), PlainSpaces, NoControls]
Templates = Annotated[
    dict[AnyCaseMedium, Annotated[dict[Label, Template], Field(max_length=MOST)]],
    NoDecode,
    BeforeValidator(_parse),
]
"""Templates by medium and label."""


class Links:
    """Fills an operator's templates."""

    def __init__(self, templates: Mapping[Medium, Mapping[str, str]]) -> None:
        self.templates = templates

    def add(self, items: Iterable[ItemOut]) -> None:
        """Set the links of items that are answered."""
        if self.templates:
            for item in items:
                item.links = self.of(item)

    def of(self, item: ItemOut) -> list[Link]:
        """The links of an item, values URL-encoded; one that needs an id which the item lacks is left out."""
        templates = self.templates.get(item.medium)
        if not templates:
            return []
        site, _, known = (site_id(item.url) or "").partition(":")
        given = {
            "title": item.title,
            "creator": item.creator or "",
            "year": str(item.year or ""),
            site: known,
        }
        values = {name: quote(value, safe="") for name, value in given.items()}
        filled = ((label, _fill(template, values)) for label, template in templates.items())
        return [Link(label=label, url=url) for label, url in filled if url]


def _fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders replaced; empty if a value is missing."""
    try:
        return template.format_map(values)
    except KeyError:
        return ""
