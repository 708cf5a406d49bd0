"""Links that an operator's templates add."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.recommender.links import Links
from services.recommender.schemas.recommendation import ItemOut
from services.recommender.settings import Settings

WATCH = "https://watch.example/search?q={title}&y={year}&by={creator}"


def item(**changes: Any) -> ItemOut:
    made = dict.fromkeys(ItemOut.model_fields, None) | {
        "id": 1,
        "medium": "movie",
        "title": "Up & Away/#1?",
        "creator": "Zoë Ünal",
        "year": 2009,
        "url": "https://www.imdb.com/title/tt1049413/",
        "kind": "work",
        "genres": [],
        "tags": [],
        "links": [],
        "emotions": [],
        "valence": 0.0,
        "arousal": 0.0,
    }
    return ItemOut.model_validate(made | changes)


def links_of(templates: Any, **changes: Any) -> list[tuple[str, str]]:
    links = Links(Settings(links=templates).links)
    return [(link.label, link.url) for link in links.of(item(**changes))]


def test_values_are_encoded() -> None:
    """Values are URL-encoded, so that none can change the link's host, path or other parameters."""
    url = "https://watch.example/search?q=Up%20%26%20Away%2F%231%3F&y=2009&by=Zo%C3%AB%20%C3%9Cnal"
    assert links_of({"movie": {"Where to watch": WATCH}}) == [("Where to watch", url)]


def test_missing_values() -> None:
    """A creator or year that is not known is empty; a link to an id that is not known is left out."""
    templates = {"movie": {"Watch": WATCH, "Facts": "https://facts.example/{imdb}"}}
    assert links_of(templates)[1] == ("Facts", "https://facts.example/tt1049413")
    bare = links_of(templates, creator=None, year=None, url="https://example.org/up")
    assert bare == [("Watch", "https://watch.example/search?q=Up%20%26%20Away%2F%231%3F&y=&by=")]
    assert links_of(templates, url="https://www.goodreads.com/book/show/1")[1:] == []


def test_media() -> None:
    """A medium has its own links, in the order of the setting; others have none."""
    templates = {"BOOK": {"Borrow": "https://b.example/{goodreads}", "Buy": "http://c.example/{title}"}}
    assert links_of(templates) == []
    book = links_of(templates, medium="book", url="https://www.goodreads.com/book/show/77-x", title="A")
    assert book == [("Borrow", "https://b.example/77"), ("Buy", "http://c.example/A")]


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is JSON; empty is none."""
    monkeypatch.setenv("RECOMMENDER_LINKS", '{"song": {"Listen": "https://l.example/?q={title}"}}')
    assert Settings().links == {"song": {"Listen": "https://l.example/?q={title}"}}
    monkeypatch.setenv("RECOMMENDER_LINKS", "")
    assert Settings().links == {}


@pytest.mark.parametrize(
    ("templates", "reason"),
    [
        ("{", "should be JSON"),
        ('["https://x.example/{title}"]', "dictionary"),
        ({"opera": {"Go": "https://x.example/{title}"}}, "movie"),
        ({"movie": {"": "https://x.example/{title}"}}, "at least 1"),
        ({"movie": {"Go": "javascript:alert({title})"}}, "http"),
        ({"movie": {"Go": "ftp://x.example/{title}"}}, "http"),
        ({"movie": {"Go": "x.example/{title}"}}, "http"),
        ({"movie": {"Go": "https://{title}.example/"}}, "host must be written out"),
        ({"movie": {"Go": "https://{title}@x.example/"}}, "host must be written out"),
        ({"movie": {"Go": "https://x.example/{tilte}"}}, r"known are: \{title\}, \{creator\}, \{year\}"),
        ({"movie": {"Go": "https://x.example/{title.__class__}"}}, "placeholder is not known"),
        ({"movie": {"Go": "https://x.example/{title!r}"}}, "placeholder is not known"),
        ({"movie": {"Go": "https://x.example/{title:>9}"}}, "placeholder is not known"),
        ({"movie": {"Go": "https://x.example/{0}{}"}}, "placeholder is not known"),
        ({"movie": {"Go": "https://x.example/{title"}}, "brackets do not match"),
        ({"movie": {"Go": "https://x.example/a b"}}, "no spaces"),
        ({"movie": {f"Go {i}": "https://x.example/" for i in range(6)}}, "at most 5"),
    ],
)
def test_wrong_templates(templates: Any, reason: str) -> None:
    """What is no list of safe templates is refused."""
    with pytest.raises(ValidationError, match=reason):
        Settings(links=templates)
