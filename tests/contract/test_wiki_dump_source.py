"""A dump of a wiki as a source: XML as MediaWiki exports it, plain or packed in each way that dumps are."""

import bz2
import gzip
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest

from core.errors import QuestionError, SettingsError
from core.sources.connector import Connector, SourceSpec
from core.sources.mirror import Mirror
from core.sources.schedule import Unwatched
from core.sources.wiki.dump import wikipedia_dump
from core.sources.wiki.dump_file import DumpFile
from tests.contract.connector import ConnectorContract, Cut

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">
  <siteinfo><sitename>Wikipedia</sitename><dbname>enwiki</dbname>
    <base>https://en.wikipedia.org/wiki/Main_Page</base><generator>MediaWiki</generator>
    <namespaces><namespace key="0" /><namespace key="6">Datei</namespace><namespace key="14">Kategorie</namespace>
    </namespaces></siteinfo>
"""
TAIL = "</mediawiki>\n"


def page(title: str, page_id: int, revision: int, text: str, *, namespace: int = 0, redirect: str = "") -> str:
    leads = f'<redirect title="{escape(redirect)}" />' if redirect else ""
    return f"""  <page>
    <title>{escape(title)}</title><ns>{namespace}</ns><id>{page_id}</id>{leads}
    <revision><id>{revision}</id><parentid>1</parentid><timestamp>2026-01-02T03:04:05Z</timestamp>
      <contributor><username>Ann</username><id>77</id></contributor><model>wikitext</model>
      <text bytes="{len(text)}" xml:space="preserve">{escape(text)}</text><sha1>abc</sha1></revision>
  </page>
"""


def multistream(pages: list[str], each: int = 2) -> bytes:
    """As Wikimedia packs them: the head, some pages at a time, and the end, each a stream of its own."""
    streams = [HEAD, *("".join(pages[at : at + each]) for at in range(0, len(pages), each)), TAIL]
    return b"".join(bz2.compress(one.encode()) for one in streams)


def plain(pages: list[str]) -> bytes:
    return (HEAD + "".join(pages) + TAIL).encode()


Packed = Callable[[list[str]], bytes]
KINDS: dict[str, Packed] = {
    "plain": plain,
    "bzip2": lambda pages: bz2.compress(plain(pages)),
    "multistream": multistream,
    "gzip": lambda pages: gzip.compress(plain(pages)),
}


class DumpWorld:
    """A dump that is made anew with every change."""

    fetches = True

    def __init__(self, place: Path, packed: Packed = multistream, **options: str) -> None:
        self.file = place / "pages-articles.dump"
        self.packed = packed
        self.options = options
        self.words: dict[str, tuple[int, int, str]] = {}
        self.extra: list[str] = []
        self.revision = 100
        self.problems: dict[str, str] = {}

    def open(self) -> Connector:
        spec = SourceSpec(name="source", kind="wikipedia_dump", location=str(self.file), options=self.options)
        return wikipedia_dump.open(wikipedia_dump.check(spec), None)

    async def write(self, name: str, words: str) -> None:
        self.revision += 1
        page_id = self.words[name][0] if name in self.words else self.revision
        self.words[name] = (page_id, self.revision, words)
        self.make()

    async def remove(self, name: str) -> None:
        del self.words[name]
        self.make()

    async def go_away(self) -> None:
        self.file.rename(self.file.with_name("away"))

    async def come_back(self) -> None:
        self.file.with_name("away").rename(self.file)

    def make(self) -> None:
        pages = [page(title, *said) for title, said in self.words.items()]
        self.file.write_bytes(self.packed([*pages, *self.extra]))

    async def fetch(self, place: Path, cut_after: int = 0) -> tuple[Mirror, list[str]]:
        """A mirror of it, and which pages were converted."""
        fetched: list[str] = []
        problems = self.problems = {}

        class Watch(Unwatched):
            def fetched(self, item: str, *, total: int | None = None) -> None:
                fetched.append(item)
                if len(fetched) == cut_after:
                    raise Cut

            def problem(self, item: str, reason: str) -> None:
                problems[item] = reason

        mirror, connector = Mirror(place / "mirror"), self.open()
        try:
            [part] = [part async for part in connector.parts()]
            await connector.fetch(part, mirror, Watch())
        except Cut:
            pass
        finally:
            await connector.close()
        return mirror, fetched


class TestDump(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> DumpWorld:
        return DumpWorld(tmp_path)


def text_of(mirror: Mirror) -> str:
    return "\n".join((mirror.read(path) or b"").decode() for path in sorted(mirror.paths()))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_dump_is_read_however_it_is_packed(kind: str, tmp_path: Path) -> None:
    world = DumpWorld(tmp_path, KINDS[kind])
    for at in range(50):
        world.words[f"Page & {at}"] = (
            at + 1,
            at + 1000,
            f"Number '''{at}''' of <ref>x</ref> [[Datei:a.png|thumb]]all.",
        )
    world.extra = [page("NYC", 900, 1, "#REDIRECT [[x]]", redirect="x"), page("Talk:x", 901, 1, "Gossip.", namespace=1)]
    world.make()

    mirror, fetched = await world.fetch(tmp_path)

    assert len(fetched) == 50 and "Number 49 of all." in text_of(mirror) and "Gossip" not in text_of(mirror)
    facts = mirror.facts("00000/Page-7-8.html")
    assert facts and facts.title == "Page & 7" and facts.url == "https://en.wikipedia.org/wiki/Page_%26_7"
    assert facts.modified == 1767323045.0
    assert "licence: Creative Commons Attribution-ShareAlike 4.0" in text_of(mirror)


@pytest.mark.parametrize("kind", KINDS)
async def test_reading_goes_on_where_it_was_cut_and_converts_nothing_twice(kind: str, tmp_path: Path) -> None:
    world = DumpWorld(tmp_path, KINDS[kind])
    world.words = {f"Page {at}": (at + 1, at + 1000, f"Number {at}.") for at in range(90)}
    world.make()

    _, first = await world.fetch(tmp_path, cut_after=47)
    mirror, second = await world.fetch(tmp_path)

    assert len(first) == 47 and len(set(first) & set(second)) <= 1 and len({*first, *second}) == 90
    assert len(list(mirror.paths())) == 90


@pytest.mark.parametrize("kind", ["plain", "multistream"])
def test_what_was_read_of_the_file_is_not_read_again(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "dump"
    file.write_bytes(KINDS[kind]([page(f"Page {at}", at + 1, 1, f"Number {at}. 数字") for at in range(9)]))
    whole = DumpFile(file)
    pages = whole.some(100)
    whole.close()

    resumed = DumpFile(file, pages[6].position, whole.site)
    rest = resumed.some(100)
    resumed.close()

    assert rest == pages[6:] and pages[6].position > 0
    assert resumed.site == whole.site and whole.site.language == "en"


async def test_a_newer_dump_converts_what_was_edited_and_forgets_what_is_gone(tmp_path: Path) -> None:
    world = DumpWorld(tmp_path)
    world.words = {f"Page {at}": (at + 1, at + 1000, f"Number {at}.") for at in range(30)}
    world.make()
    await world.fetch(tmp_path)

    world.words["Page 3"] = (4, 5000, "Number three.")
    world.words["Page nine"] = (10, 5001, world.words.pop("Page 9")[2])  # moved
    del world.words["Page 29"]
    world.make()
    mirror, fetched = await world.fetch(tmp_path)

    assert sorted(fetched) == ["Page 3", "Page nine"]
    assert len(list(mirror.paths())) == 29 and "Number 29." not in text_of(mirror)


async def test_as_many_pages_are_read_as_is_said(tmp_path: Path) -> None:
    world = DumpWorld(tmp_path, most="7")
    world.words = {f"Page {at}": (at + 1, at + 1000, f"Number {at}.") for at in range(30)}
    world.make()

    _, fetched = await world.fetch(tmp_path)
    assert len(fetched) == 7 and "option most" in world.problems[world.file.name]
    _, again = await world.fetch(tmp_path)
    assert not again
    world.options = {"most": "10", "namespaces": "0, 1"}
    mirror, more = await world.fetch(tmp_path)

    assert len(more) == 3 and len(list(mirror.paths())) == 10


@pytest.mark.parametrize("harm", ["cut", "garbled", "doctype", "other"])
async def test_a_file_that_is_no_whole_dump_is_told_and_what_was_read_stays(harm: str, tmp_path: Path) -> None:
    world = DumpWorld(tmp_path)
    world.words = {f"Page {at}": (at + 1, at + 1000, f"Number {at}.") for at in range(9)}
    world.make()
    mirror, _ = await world.fetch(tmp_path)
    good = world.file.read_bytes()
    bomb = '<!DOCTYPE mediawiki [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    world.file.write_bytes(
        {
            "cut": good[:-40],
            "garbled": good[:400] + bytes(100) + good[500:],
            "doctype": (bomb + HEAD + TAIL).encode(),
            "other": b"<html><body><p>Not found</p></body></html>",
        }[harm]
    )

    with pytest.raises(SettingsError) as told:
        await world.fetch(tmp_path)

    assert world.file.name in told.value.message and "pages-articles" in told.value.hint
    assert len(list(mirror.paths())) == 9


@pytest.mark.parametrize(
    ("location", "options", "word"),
    [
        ("", {}, "Which dump"),
        ("/", {}, "folder"),
        ("dump.xml", {"most": "0"}, "most"),
        ("dump.xml", {"most": "9" * 6000}, "most"),
        ("dump.xml", {"namespaces": "all"}, "namespaces"),
        ("dump.xml", {"language": "en"}, "language"),
    ],
)
def test_a_dump_that_is_set_up_wrongly_is_told(location: str, options: dict[str, str], word: str) -> None:
    with pytest.raises(QuestionError, match=word):
        wikipedia_dump.check(SourceSpec(name="w", kind="wikipedia_dump", location=location, options=options))
