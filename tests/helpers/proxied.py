"""What must work through a proxy, at the root and below a path."""

import re

import httpx


def check_pages(proxy: str, below: str) -> None:
    """Follows every link of the page and of /docs, and asks the API, at `proxy` + `below`."""
    page = httpx.URL(f"{proxy}{below}/")
    with httpx.Client(timeout=60) as http:
        for link in re.findall(r'(?:src|href)="([^"#:]+)"', http.get(page).text):
            assert http.get(page.join(link)).status_code == 200, link
        docs = page.join("docs")
        for link in re.findall(r"(?:src|href|url)['\"]?[=:] ?['\"]([^'\"]+)['\"]", http.get(docs).text):
            assert http.get(docs.join(link)).status_code == 200, link
        document = http.get(page.join("openapi.json")).json()
        assert document.get("servers", [{"url": ""}])[0]["url"] == below
        assert http.get(page.join("recommend"), params={"emotion": "sad"}).status_code == 200


def check_redirects(proxy: str, below: str) -> None:
    """No redirect leaves scheme, host or path prefix; a trailing slash leads nowhere else."""
    with httpx.Client(timeout=60) as http:
        bare = http.get(f"{proxy}/mood")
        assert (bare.status_code, bare.headers["location"]) == (308, "/mood/")
        for path in ("items/", "docs/", "recommend/", "js/"):
            assert http.get(f"{proxy}{below}/{path}").status_code == 404, path
