"""A wiki as a source: a MediaWiki on loopback, through the guard."""

import asyncio
import struct
import zlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web

from core.errors import QuestionError, SettingsError
from core.fetching.guard import Fetcher
from core.sources.connector import Connector, SourceSpec
from core.sources.mirror import Mirror
from core.sources.schedule import Unwatched
from core.sources.wiki.connector import WikiConnector, wikipedia
from tests.contract.connector import ConnectorContract
from tests.mediawiki import MediaWiki, mediawiki

INFOBOX = """
<table class="infobox"><tbody><tr><th colspan="2">Gateway</th></tr>
<tr><th>Owner</th><td><a href="/wiki/Ann">Ann Lee</a><sup class="reference">[1]</sup></td></tr>
<tr><th colspan="2">Ports</th></tr><tr><th>&nbsp;• Public</th><td>8080<br>8443</td></tr></tbody></table>
<p>The gateway<span class="mw-editsection">[edit]</span> carries
<span class="mwe-math-element"><math><annotation>{\\displaystyle x^{2}}</annotation></math></span> requests.</p>
<div class="navbox">All gateways of the world</div>
<div class="mw-heading mw-heading2"><h2 id="History">History</h2></div><p>Built in 2019.</p>
<div class="reflist"><ol class="references"><li>A footnote.</li></ol></div>
"""


class WikiWorld:
    """A company's wiki, read whole."""

    fetches = True

    def __init__(self, wiki: MediaWiki, **options: str) -> None:
        self.wiki = wiki
        self.options = options
        self.problems: dict[str, str] = {}

    def open(self) -> Connector:
        spec = SourceSpec(name="source", kind="wikipedia", location=self.wiki.api, options=self.options)
        return WikiConnector(
            wikipedia.check(spec), Fetcher(allow=["127.0.0.1"], tries=1), token=self.options.get("token", "")
        )

    async def write(self, name: str, words: str) -> None:
        self.wiki.write(name[:1].upper() + name[1:], words)

    async def remove(self, name: str) -> None:
        del self.wiki.pages[name[:1].upper() + name[1:]]

    async def go_away(self) -> None:
        self.wiki.away = True

    async def come_back(self) -> None:
        self.wiki.away = False

    async def fetch(self, place: Path) -> tuple[Mirror, list[str]]:
        """A mirror of it, and which pages were fetched."""
        fetched: list[str] = []
        problems = self.problems = {}

        class Watch(Unwatched):
            def fetched(self, item: str, *, total: int | None = None) -> None:
                fetched.append(item)

            def problem(self, item: str, reason: str) -> None:
                problems[item] = reason

        mirror, connector = Mirror(place / "mirror"), self.open()
        try:
            [part] = [part async for part in connector.parts()]
            await connector.fetch(part, mirror, Watch())
        finally:
            await connector.close()
        return mirror, fetched


@pytest.fixture
async def wiki() -> AsyncGenerator[MediaWiki]:
    async with mediawiki() as made:
        yield made


class TestWiki(ConnectorContract):
    @pytest.fixture
    def world(self, wiki: MediaWiki) -> WikiWorld:
        return WikiWorld(wiki)


def text_of(mirror: Mirror) -> str:
    return "\n".join((mirror.read(path) or b"").decode() for path in sorted(mirror.paths()) if path.endswith(".html"))


async def test_only_pages_that_were_edited_are_fetched_again(wiki: MediaWiki, tmp_path: Path) -> None:
    world = WikiWorld(wiki)
    for at in range(120):
        wiki.write(f"Page {at}", f"Number {at}.")
    await world.fetch(tmp_path)
    wiki.queries.clear()
    wiki.write("Page 7", "Number seven.")

    mirror, fetched = await world.fetch(tmp_path)

    assert fetched == ["Page 7"] and len(wiki.asked("parse")) == 1
    assert sum("titles" in one for one in wiki.queries) == 3  # fifty titles at a time
    assert "Number seven." in text_of(mirror) and len(list(mirror.paths())) == 120


async def test_a_page_is_read_without_what_serves_editing(wiki: MediaWiki, tmp_path: Path) -> None:
    wiki.write("Gateway", "", INFOBOX)

    mirror, _ = await WikiWorld(wiki).fetch(tmp_path)
    said = text_of(mirror)

    assert "<li>Owner: Ann Lee</li>" in said and "<li>Ports, Public: 8080, 8443</li>" in said
    assert "carries\n$x^{2}$ requests" in said and "Built in 2019." in said
    assert not any(left_out in said for left_out in ("[edit]", "[1]", "of the world", "footnote"))
    assert "From Team Wiki, licence: CC BY-SA 4.0 (https://licence.example/by-sa)" in said
    [path] = mirror.paths()
    facts = mirror.facts(path)
    assert facts and facts.title == "Gateway" and facts.url == f"{wiki.site.url}/wiki/Gateway" and facts.modified > 0


async def test_chosen_titles_are_read_once_through_redirects_and_missing_ones_are_told(
    wiki: MediaWiki, tmp_path: Path
) -> None:
    wiki.write("New York City", "It never sleeps.")
    wiki.write("Boston", "Nobody asked.")
    wiki.redirects["NYC"] = "New York City"
    world = WikiWorld(wiki, titles="NYC|new_York City|Nowhere")

    mirror, fetched = await world.fetch(tmp_path)

    assert fetched == ["New York City"] and "Nobody asked" not in text_of(mirror)
    assert set(world.problems) == {"Nowhere"}


async def test_a_category_is_read_as_deep_as_is_said(wiki: MediaWiki, tmp_path: Path) -> None:
    wiki.write("Category:Below", "", categories=("Top", "Below"))  # in itself, too
    for at in range(5):
        wiki.write(f"Top {at}", "Above.", categories=("Top",))
    wiki.write("Deep", "Below.", categories=("Below",))
    wiki.write("Elsewhere", "Other.")

    _, shallow = await WikiWorld(wiki, category="Top").fetch(tmp_path)
    _, deep = await WikiWorld(wiki, category="Top", depth="2").fetch(tmp_path)

    assert shallow == [f"Top {at}" for at in range(5)]
    assert deep == ["Deep"]  # the others are there already


async def test_a_search_or_a_prefix_chooses_up_to_a_limit_that_is_told(wiki: MediaWiki, tmp_path: Path) -> None:
    for at in range(5):
        wiki.write(f"Howto {at}", "Deploy it.")
    wiki.write("Lunch", "Eat it.")
    world = WikiWorld(wiki, search="deploy", most="2")

    _, found = await world.fetch(tmp_path / "search")
    _, below = await WikiWorld(wiki, prefix="Howto").fetch(tmp_path / "prefix")

    assert len(found) == 2 and "2" in world.problems["source"]
    assert len(below) == 5


async def test_a_teams_own_namespaces_are_read_where_they_are_named(wiki: MediaWiki, tmp_path: Path) -> None:
    wiki.write("Guide", "An article.", categories=("Top",))
    wiki.write("Project:Guide to us", "Of the team.", categories=("Top",))
    for options in ({}, {"category": "Top"}, {"search": "the"}, {"prefix": "Guide"}):
        place = tmp_path / "-".join(options)
        _, articles = await WikiWorld(wiki, **options).fetch(place)
        _, more = await WikiWorld(wiki, namespaces="0,4", **options).fetch(place)
        assert "Project:Guide to us" not in articles and more == ["Project:Guide to us"]


async def test_a_page_that_was_moved_has_its_new_title_and_is_there_once(wiki: MediaWiki, tmp_path: Path) -> None:
    wiki.write("Old name", "The same words.")
    world = WikiWorld(wiki)
    await world.fetch(tmp_path)
    wiki.move("Old name", "New name")

    mirror, _ = await world.fetch(tmp_path)

    [path] = mirror.paths()
    assert path.startswith("New-name") and text_of(mirror).count("The same words.") == 1


async def test_wikitext_is_read_fifty_pages_at_a_time_and_escaped(wiki: MediaWiki, tmp_path: Path) -> None:
    for at in range(60):
        wiki.write(f"Page {at}", f"'''Number''' [[x|{at}]] <script>alert({at})</script> &lt;img src=x&gt;")
    world = WikiWorld(wiki, read="wikitext")

    mirror, fetched = await world.fetch(tmp_path)

    assert len(fetched) == 60 and not wiki.asked("parse")
    assert sum("pageids" in one for one in wiki.queries) == 2
    assert "Number 59" in text_of(mirror) and "<script" not in text_of(mirror) and "<img" not in text_of(mirror)
    world.options = {}
    _, again = await world.fetch(tmp_path)  # read otherwise now: each page anew
    assert len(again) == 60


async def test_pictures_come_from_the_wiki_itself_and_from_nowhere_else(wiki: MediaWiki, tmp_path: Path) -> None:
    picture = _png()
    asked: list[str] = []

    async def show(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(body=picture, content_type="image/png")

    wiki.site.pages |= {"/images/large.png": show, "/images/icon.png": show}
    wiki.write(
        "Plan",
        "",
        '<p>The plan.</p><img src="/images/small.png" srcset="/images/large.png 2x" width="250" alt="Plan of it">'
        '<img src="/images/icon.png" width="20"><img src="http://127.0.0.2/inner.png" width="250">'
        '<img src="/images/gone.png" width="250">',
    )
    world = WikiWorld(wiki, pictures="yes")

    mirror, _ = await world.fetch(tmp_path)

    [shown] = [path for path in mirror.paths() if path.startswith("pictures/")]
    assert mirror.read(shown) == picture and asked == ["/images/large.png"]
    assert f'src="{shown}"' in text_of(mirror) and "inner.png" not in text_of(mirror)
    assert list(world.problems) == [f"{wiki.site.url}/images/gone.png"]
    wiki.write("Plan", "No picture any more.")
    mirror, _ = await world.fetch(tmp_path)
    assert not [path for path in mirror.paths() if path.startswith("pictures/")]


async def test_a_wiki_that_asks_for_patience_is_asked_again(wiki: MediaWiki, tmp_path: Path) -> None:
    wiki.write("Guide", "Words.")
    wiki.fault = "maxlag"
    _, fetched = await WikiWorld(wiki).fetch(tmp_path)
    assert fetched == ["Guide"]


async def test_a_closed_wiki_says_what_to_do_and_opens_with_a_token(wiki: MediaWiki, tmp_path: Path) -> None:
    wiki.write("Guide", "Words.")
    wiki.token = "-".join(("of", "the", "team"))
    with pytest.raises(SettingsError) as told:
        await WikiWorld(wiki).fetch(tmp_path)
    assert "token_env" in told.value.hint

    world = WikiWorld(wiki)
    spec = SourceSpec(name="source", kind="wikipedia", location=wiki.api)
    connector = WikiConnector(spec, Fetcher(allow=["127.0.0.1"], tries=1), token=wiki.token)
    mirror = Mirror(tmp_path / "opened")
    [part] = [part async for part in connector.parts()]
    await connector.fetch(part, mirror, Unwatched())
    await connector.close()
    assert "Words." in text_of(mirror) and not world.problems


async def test_what_is_no_wiki_is_said(wiki: MediaWiki, tmp_path: Path) -> None:
    wiki.site.pages["/w/api.php"] = "<p>Welcome to our site</p>"
    with pytest.raises(SettingsError) as told:
        await WikiWorld(wiki).fetch(tmp_path)
    assert "api.php" in told.value.hint


async def test_what_was_fetched_before_a_call_off_is_not_fetched_again(wiki: MediaWiki, tmp_path: Path) -> None:
    for at in range(6):
        wiki.write(f"Page {at}", "Words.")
    world = WikiWorld(wiki)
    reached = asyncio.Event()

    class Watch(Unwatched):
        def fetched(self, item: str, *, total: int | None = None) -> None:
            if item == "Page 2":
                reached.set()

    connector = world.open()
    [part] = [part async for part in connector.parts()]
    work = asyncio.create_task(connector.fetch(part, Mirror(tmp_path / "mirror"), Watch()))
    async with asyncio.timeout(5):
        await reached.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await connector.close()

    _, fetched = await world.fetch(tmp_path)
    assert not {"Page 0", "Page 1", "Page 2"} & set(fetched) and "Page 5" in fetched


@pytest.mark.parametrize(
    ("location", "options", "word"),
    [
        ("", {}, "Which wiki"),
        ("en", {}, "Which pages"),
        ("https://example.org/wiki/Main_Page", {}, "not the API"),
        ("https://ann:secret@example.org/w/api.php", {}, "no wiki"),
        ("en", {"titles": "Moon", "depht": "1"}, "depht"),
        ("en", {"titles": "Moon", "depth": "1"}, "depth"),
        ("en", {"search": "moon", "most": "lots"}, "most"),
        ("en", {"search": "moon", "read": "pdf"}, "read"),
        ("en", {"search": "moon", "namespaces": "Help"}, "namespaces"),
        ("en", {"search": "moon", "read": "wikitext", "pictures": "yes"}, "pictures"),
        ("en", {"search": "moon", "allow": "not a host"}, "not a host"),
    ],
)
def test_a_source_that_is_set_up_wrongly_is_told(location: str, options: dict[str, str], word: str) -> None:
    with pytest.raises(QuestionError, match=word):
        wikipedia.check(SourceSpec(name="w", kind="wikipedia", location=location, options=options))


@pytest.mark.parametrize("location", ["zh", "zh.wikipedia.org", "https://zh.m.wikipedia.org/wiki/%E6%9C%88%E7%90%83"])
def test_wikipedia_is_known_by_its_language_or_any_of_its_addresses(location: str) -> None:
    spec = wikipedia.check(SourceSpec(name="", kind="wikipedia", location=location, options={"titles": "月球"}))
    assert (spec.name, spec.location) == ("zh.wikipedia.org", "https://zh.wikipedia.org/w/api.php")


def test_a_token_comes_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WIKI_TOKEN", raising=False)
    spec = SourceSpec(
        name="w", kind="wikipedia", location="https://wiki.example.org/api.php", options={"token_env": "WIKI_TOKEN"}
    )
    with pytest.raises(SettingsError, match="WIKI_TOKEN"):
        wikipedia.open(wikipedia.check(spec), None)


def _png() -> bytes:
    """A white picture of 120 by 120 pixels."""
    rows = zlib.compress((b"\x00" + b"\xff" * 120) * 120)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 120, 120, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
