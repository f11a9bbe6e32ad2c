"""What is read of a site over several syncs: real servers on loopback, and what they were asked."""

import gzip
import io
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web as server
from PIL import Image

from core.errors import SettingsError, SiteUnavailableError
from core.knowledge.loaders import load
from tests.sites import redirect
from tests.website import Website, html, page, sitemap, unavailable, website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Website]:
    async with website(tmp_path) as served:
        yield served


def png(width: int = 64, colour: str = "red") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (width, 48), colour).save(drawn, "PNG")
    return drawn.getvalue()


def links(*paths: str) -> str:
    return "".join(f'<p>See <a href="{path}">{path}</a>.</p>' for path in paths)


def words(files: dict[str, str]) -> str:
    return "\n".join(files.values())


async def test_a_site_is_followed_below_where_it_begins_and_nowhere_else(site: Website) -> None:
    site.pages["/docs/"] = page(html(links("guide", "/blog/news", "http://other.example/docs/x", "logo.zip")))
    site.pages["/docs/guide"] = page(html("<h1>Guide</h1><p>Port 8080.</p>" + links("deep/er#part", "mailto:a@b.c")))
    site.pages["/docs/deep/er"] = page(html("<p>Deep words.</p>"))

    files, seen = await site.sync()

    assert "Port 8080" in words(files) and "Deep words" in words(files)
    assert sorted(site.asked()) == ["/docs/", "/docs/deep/er", "/docs/guide"]
    assert len(seen.pages) == 3 and not seen.problems
    facts = [facts.url for path in files if (facts := site.mirror().facts(path))]
    assert f"{site.site.url}/docs/guide" in facts


async def test_the_second_time_unchanged_pages_cost_a_question_each(site: Website) -> None:
    site.pages["/docs/"] = page(html(links("a", "b")))
    site.pages["/docs/a"] = page(html("<p>A.</p>"))
    site.pages["/docs/b"] = page(html("<p>B.</p>"))
    before, _ = await site.sync()
    site.site.asked.clear()

    after, seen = await site.sync()

    assert after == before and not seen.pages
    conditions = [request.headers.get("If-None-Match") for request in site.site.asked if request.path != "/robots.txt"]
    assert len(conditions) == 3 and all(conditions)


async def test_pages_of_a_sitemap_whose_day_is_over_are_not_asked_for_again(site: Website) -> None:
    site.location = "/sitemap.xml"
    site.pages["/old"] = page(html("<p>Old.</p>"))
    site.pages["/sitemap.xml"] = page(sitemap(f"{site.site.url}/old", lastmod="2024-05-06"), "application/xml")
    await site.sync()
    assert site.asked() == ["/sitemap.xml", "/old"]

    await site.sync()
    assert site.asked() == ["/sitemap.xml"]

    site.pages["/sitemap.xml"] = page(sitemap(f"{site.site.url}/old", lastmod="2024-05-07"), "application/xml")
    await site.sync()
    assert site.asked() == ["/sitemap.xml", "/old"]


async def test_a_sitemap_of_packed_sitemaps_is_read_and_what_it_drops_goes(site: Website) -> None:
    site.location = "/sitemaps/index.xml"
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    named = "".join(f"<sitemap><loc>{site.site.url}/{one}.xml.gz</loc></sitemap>" for one in ("one", "two"))
    site.pages["/sitemaps/index.xml"] = page(f"<sitemapindex {space}>{named}</sitemapindex>", "text/xml")
    for name in ("one", "two"):
        packed = gzip.compress(sitemap(f"{site.site.url}/{name}").encode(), mtime=0)
        site.pages[f"/{name}.xml.gz"] = page(packed, "application/gzip")
        site.pages[f"/{name}"] = page(html(f"<p>Of {name}.</p>" + links("/unlisted")))
    files, _ = await site.sync()
    assert "Of one" in words(files) and "Of two" in words(files)
    assert "/unlisted" not in site.asked()

    site.pages["/two.xml.gz"] = unavailable
    files, seen = await site.sync()
    assert "Of two" in words(files) and "/two.xml.gz" in " ".join(seen.problems)

    del site.pages["/two.xml.gz"]
    files, _ = await site.sync()
    assert "Of two" not in words(files) and "Of one" in words(files)


async def test_robots_txt_is_kept_to_and_its_sitemap_is_read(site: Website) -> None:
    site.location = "/"
    site.pages["/robots.txt"] = page(
        f"User-agent: *\nDisallow: /\n\nUser-agent: Lorelens\nDisallow: /private\nSitemap: {site.site.url}/map.xml\n",
        "text/plain",
    )
    site.pages["/map.xml"] = page(sitemap(f"{site.site.url}/island", f"{site.site.url}/private/x"), "application/xml")
    site.pages["/"] = page(html(links("/private/a", "/public")))
    site.pages["/public"] = page(html("<p>Public.</p>"))
    site.pages["/island"] = page(html("<p>Island.</p>"))
    site.pages["/private/a"] = page(html("<p>Private.</p>"))

    files, _ = await site.sync()

    assert "Public." in words(files) and "Island." in words(files)
    assert not [path for path in site.asked() if path.startswith("/private")]
    assert all("Lorelens" in request.headers["User-Agent"] for request in site.site.asked)


async def test_what_robots_txt_closes_later_is_forgotten(site: Website) -> None:
    site.pages["/docs/"] = page(html(links("a", "b")))
    site.pages["/docs/a"] = page(html("<p>Words of A.</p>"))
    site.pages["/docs/b"] = page(html("<p>Words of B.</p>"))
    await site.sync()

    site.pages["/robots.txt"] = page("User-agent: *\nDisallow: /docs/b", "text/plain")
    files, _ = await site.sync()
    assert "Words of A" in words(files) and "Words of B" not in words(files)

    site.pages["/robots.txt"] = page("User-agent: *\nDisallow: /", "text/plain")
    with pytest.raises(SettingsError, match="robots"):
        await site.sync()
    site.pages["/robots.txt"] = unavailable
    with pytest.raises(SiteUnavailableError):
        await site.sync()


async def test_pages_say_themselves_what_is_not_to_be_found_or_followed(site: Website) -> None:
    site.pages["/docs/"] = page(
        html(links("hidden", "dead-end", "header", "other") + '<a rel="nofollow" href="no">x</a>')
    )
    site.pages["/docs/hidden"] = page(html("Hidden." + links("behind"), head='<meta name="ROBOTS" content="NOINDEX">'))
    site.pages["/docs/behind"] = page(html("<p>Behind.</p>"))
    site.pages["/docs/dead-end"] = page(html("End." + links("never"), head='<meta name="lorelens" content="nofollow">'))
    site.pages["/docs/header"] = page(html("Header."), X_Robots_Tag="otherbot: noindex, lorelens: none")
    site.pages["/docs/other"] = page(html("Other."), X_Robots_Tag="otherbot: noindex")

    files, _ = await site.sync()

    said = words(files)
    assert "Behind." in said and "End." in said and "Other." in said
    assert "Hidden." not in said and "Header." not in said
    assert {"/docs/never", "/docs/no"}.isdisjoint(site.asked())


async def test_a_page_at_many_addresses_is_read_once(site: Website) -> None:
    own = f'<link rel="canonical" href="{site.site.url}/docs/guide">'
    site.pages["/docs/"] = page(html(links("guide?utm_source=mail", "guide?print=1", "old-guide", "guide")))
    site.pages["/docs/guide"] = page(html("<p>Port 8080.</p>", head=own))
    site.pages["/docs/old-guide"] = redirect("/docs/guide")

    for _ in range(2):
        files, _ = await site.sync()
        assert words(files).count("Port 8080") == 1
    assert "/docs/guide?utm_source=mail" not in site.asked()


async def test_a_page_that_calls_itself_what_is_not_there_is_read_where_it_is(site: Website) -> None:
    site.pages["/docs/"] = page(html(links("a", "b")))
    site.pages["/docs/a"] = page(html("<p>Words of A.</p>", head='<link rel="canonical" href="/docs/gone">'))
    site.pages["/docs/b"] = page(html("<p>Words of B.</p>", head='<link rel="canonical" href="http://evil.example/">'))

    files, _ = await site.sync()

    assert "Words of A" in words(files) and "Words of B" in words(files)
    assert all("evil.example" not in text for text in files.values())


async def test_a_page_leads_to_where_it_was_fetched_whatever_it_says(site: Website) -> None:
    lie = '<link rel="canonical" href="http://evil.example/">'
    front = "---\ntitle: Notes\nURL: http://evil.example/\ncanonical_url : 'http://evil.example/'\n---\nWords.\n"
    site.pages["/docs/"] = page(html(links("notes.md", "plain.txt") + lie, head=lie))
    site.pages["/docs/notes.md"] = page(front, "text/plain")
    site.pages["/docs/plain.txt"] = page(html("<p>Plain.</p>", head=lie), "text/plain")

    files, _ = await site.sync()
    root = site.mirror().folder

    assert len(files) == 3 and not any(load(root / path, root).url for path in files)
    assert load(root / next(path for path in files if path.endswith(".md")), root).title == "Notes"


async def test_what_is_gone_or_closed_goes_and_what_is_away_stays(site: Website) -> None:
    site.pages["/docs/"] = page(html(links("gone", "closed", "away", "moved")))
    for name in ("gone", "closed", "away", "moved"):
        site.pages[f"/docs/{name}"] = page(html(f"<p>Words of {name}.</p>"))
    await site.sync()

    async def forbidden(request: server.Request) -> server.StreamResponse:
        return server.Response(status=403)

    del site.pages["/docs/gone"]
    site.pages.update({"/docs/closed": forbidden, "/docs/away": unavailable, "/docs/moved": redirect("/login?next=x")})
    files, seen = await site.sync()

    said = words(files)
    assert "Words of away" in said
    assert not any(f"Words of {name}" in said for name in ("gone", "closed", "moved"))
    assert {key.rpartition("/")[2] for key in seen.problems} == {"closed", "away"}


async def test_a_page_that_nothing_leads_to_any_more_stays_while_it_is_there(site: Website) -> None:
    site.pages["/docs/"] = page(html(links("island", "wreck")))
    site.pages["/docs/island"] = page(html("<p>Island.</p>"))
    site.pages["/docs/wreck"] = page(html("<p>Wreck.</p>"))
    await site.sync()

    site.pages["/docs/"] = page(html("<p>We are repairing something.</p>"))
    del site.pages["/docs/wreck"]
    files, _ = await site.sync()

    assert "Island." in words(files) and "Wreck." not in words(files)


async def test_where_a_site_begins_is_gone_and_nothing_is_forgotten(site: Website) -> None:
    site.pages["/docs/"] = page(html("<p>Port 8080.</p>"))
    before, _ = await site.sync()

    site.pages["/login"] = page(html("<p>Who are you?</p>"))
    for broken in (None, redirect(f"http://localhost:{site.site.port}/login"), page(png(), "image/png")):
        if broken is None:
            del site.pages["/docs/"]
        else:
            site.pages["/docs/"] = broken
        with pytest.raises(SettingsError) as told:
            await site.sync()
        assert told.value.hint
    assert {path: (site.mirror().read(path) or b"").decode() for path in site.mirror().paths()} == before


async def test_only_so_many_pages_and_links_are_followed_and_that_is_said(site: Website) -> None:
    async def endless(request: server.Request) -> server.StreamResponse:
        at = int(request.query.get("day", "0"))
        return server.Response(text=html(f"Day {at}." + links(f"?day={at + 1}")), content_type="text/html")

    site.pages["/docs/"] = endless
    site.options = {"pages": "4", "depth": "50"}
    files, seen = await site.sync()
    assert len(files) == 4 and "more than 4 pages" in " ".join(seen.problems.values())

    site.options = {"depth": "1"}
    files, seen = await site.sync()
    assert sorted(text.partition("Day ")[2][:2] for text in files.values()) == ["0.", "1.", "2.", "3."]
    assert not seen.problems  # what was known is asked for as long as it is there

    site.options = {"depth": "0", "exclude": "*day=3*"}
    files, _ = await site.sync()
    assert "Day 3." not in words(files)


async def test_pictures_of_pages_are_had_once_and_shown(site: Website, tmp_path: Path) -> None:
    async with website(tmp_path / "cdn") as content:
        content.pages["/a b.png"] = page(png(), "image/png")
        site.pages["/docs/"] = page(
            html(
                links("two")
                + "<h1>Gateway</h1><p>How it is wired.</p>"
                + f'<img alt="Wiring" src="data:,x" srcset="{content.site.url}/a%20b.png 800w, huge.png 4000w">'
                + '<img src="icon.png" width="16"><img src="missing.png"><img src="not.png"><img src="drawing.svg">'
            )
        )
        site.pages["/docs/two"] = page(html(f'<p>Two.</p><img src="{content.site.url}/a%20b.png">'))
        site.pages["/docs/not.png"] = page(html("No picture."), "image/png")

        files, seen = await site.sync()
        root = site.mirror().folder
        [first] = [load(root / path, root) for path, text in files.items() if "Gateway" in text]

        assert not seen.problems and not first.warnings
        [shown] = first.pictures
        assert (shown.data, shown.alt, shown.heading_path) == (png(), "Wiring", ("Gateway",))
        assert content.asked() == ["/a%20b.png"]

        after, _ = await site.sync()
        assert after == files and content.asked() == []

        site.options = {"pictures": "no"}
        files, _ = await site.sync()
        assert all(path.endswith(".html") and "<img" not in text for path, text in files.items())


async def test_a_token_goes_to_the_site_and_to_nobody_else(
    site: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def members_only(request: server.Request) -> server.StreamResponse:
        if request.headers.get("Authorization") != "Bearer of-the-team":
            return server.Response(status=401)
        picture = f'<p>Members.</p><img src="{content.site.url}/x.png">'
        return server.Response(text=html(picture), content_type="text/html")

    async with website(tmp_path / "cdn") as content:
        content.pages["/x.png"] = page(png(), "image/png")
        site.pages["/docs/"] = members_only
        with pytest.raises(SettingsError):
            await site.sync()
        monkeypatch.setenv("WIKI_TOKEN", "of-the-team")
        site.options = {"token_env": "WIKI_TOKEN"}
        files, _ = await site.sync()

        assert "Members." in words(files)
        assert content.site.asked and not any("Authorization" in one.headers for one in content.site.asked)
        assert "of-the-team" not in words(files) + str(site.mirror().cursor())


async def test_documents_of_other_kinds_and_encodings_are_read(site: Website) -> None:
    site.pages["/docs/"] = page(
        html(links("notes.txt", "table.csv", "chinese", "program.bin", "wrong.pdf", "script.js"))
    )
    site.pages["/docs/notes.txt"] = page("Größe".encode("latin-1"), "text/plain; charset=iso-8859-1")
    site.pages["/docs/table.csv"] = page("a,b\n1,2\n", "application/octet-stream")
    site.pages["/docs/chinese"] = page(html("<p>网关监听端口</p>").encode("gb18030"), "text/html; charset=gb18030")
    site.pages["/docs/program.bin"] = page(b"\x00\x01", "application/octet-stream")
    site.pages["/docs/wrong.pdf"] = page(html("<p>Not found, they say.</p>"), "application/pdf")

    files, _ = await site.sync()

    said = words(files)
    assert "Größe" in said and "1,2" in said and "网关监听端口" in said
    assert not [path for path in files if path.endswith((".pdf", ".bin"))]


async def test_a_page_that_only_scripts_fill_is_told_of(site: Website) -> None:
    site.pages["/docs/"] = page(html('<div id="app"></div><script>start()</script>'))

    files, seen = await site.sync()

    assert not files and "scripts" in " ".join(seen.problems.values())
