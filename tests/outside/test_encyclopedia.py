"""Wikipedia, looked up through its API: the article that a search finds, cut to what fits the question."""

from aiohttp import web

from core.errors import LorelensError
from core.outside.asking import Asked
from core.outside.encyclopedia import Encyclopedia
from tests.sites import site

ASKED = Asked(query="Moon distance", question="How far is the Moon?", language="en", chinese=False)
ARTICLE = (
    "<div><p>The Moon orbits Earth at an average distance of 384,400 km.</p><h2>Name</h2>"
    "<p>The usual English proper name is simply Moon.</p></div>"
)


async def api(request: web.Request) -> web.StreamResponse:
    """MediaWiki's API, as far as a lookup asks it."""
    asked = dict(request.query)
    if asked.get("meta") == "siteinfo":
        general = {
            "sitename": "Wikipedia",
            "lang": "en",
            "server": "https://en.wikipedia.org",
            "articlepath": "/wiki/$1",
        }
        return web.json_response({"query": {"general": general, "rightsinfo": {}, "namespaces": {}}})
    if asked.get("list") == "search":
        found = [{"title": "Moon", "snippet": "The <b>Moon</b>"}, {"title": "Gone", "snippet": "was here once"}]
        return web.json_response({"query": {"search": found}})
    if asked.get("action") == "parse":
        return web.json_response({"parse": {"title": "Moon", "revid": 7, "text": ARTICLE}})
    page = {
        "title": asked["titles"],
        "pageid": 1,
        "canonicalurl": "https://en.wikipedia.org/wiki/Moon",
        "revisions": [{"revid": 7, "timestamp": "2026-01-01T00:00:00Z"}],
    }
    return web.json_response({"query": {"pages": [page if asked["titles"] == "Moon" else {"missing": True}]}})


async def test_an_article_is_found_and_cited_by_its_address() -> None:
    async with site() as wiki:
        wiki.pages["/api.php"] = api
        wikipedia = Encyclopedia(f"{wiki.url}/api.php", None, allow=["127.0.0.1"])
        found = await wikipedia.look(ASKED)
        await wikipedia.close()
    assert "384,400 km" in found[0].text
    assert found[0].url == "https://en.wikipedia.org/wiki/Moon"
    assert found[0].title == "Moon (Wikipedia)"
    assert found[0].modified > 0
    assert any(one.text == "was here once" for one in found)


async def test_a_wiki_that_is_no_wiki_is_said() -> None:
    async with site() as wiki:
        wikipedia = Encyclopedia(f"{wiki.url}/api.php", None, allow=["127.0.0.1"])
        try:
            await wikipedia.look(ASKED)
        except LorelensError as error:
            assert error.message
        else:
            raise AssertionError("it was asked as if it were one")
        finally:
            await wikipedia.close()
