"""Pages of a site taken apart: their addresses and files, their furniture, their pictures, sitemaps and rules."""

import gzip
import json
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from core.errors import DocumentError, QuestionError, SettingsError
from core.fetching.answers import Fetched
from core.knowledge.loaders import load
from core.sources.connector import SourceSpec
from core.sources.mirror import Mirror
from core.sources.web.addresses import Scope, page_path, tidy
from core.sources.web.connector import web
from core.sources.web.page import read_page
from core.sources.web.pictures import best_of
from core.sources.web.rules import rules_of_headers
from core.sources.web.sitemap import is_over, is_sitemap, read_sitemap
from core.sources.web.state import Crawl, PageRecord, Step
from tests.website import html, sitemap

HERE = URL("https://docs.example.org/guide/")


def test_one_page_has_one_spelling() -> None:
    for written in (
        "https://docs.example.org/guide/a",
        "a#part",
        "../guide/./a",
        "HTTPS://DOCS.example.org:443/guide/a",
        "a?utm_source=x&fbclid=y",
        "a;jsessionid=0A1B",
        "//docs.example.org/guide/a",
    ):
        assert str(tidy(written, HERE)) == "https://docs.example.org/guide/a"
    assert str(tidy("a?b=1&gclid=2&b=3", HERE)) == "https://docs.example.org/guide/a?b=1&b=3"
    for written in (
        "mailto:a@b.c",
        "javascript:void(0)",
        "ftp://a/b",
        "https://ann:secret@a.org/",
        "http://[",
        "x" * 9000,
    ):
        assert tidy(written, HERE) is None


def test_files_are_called_as_their_pages_where_that_is_possible() -> None:
    assert page_path(HERE / "setup.html", ".html") == "docs.example.org/guide/setup.html"
    assert page_path(URL("http://a.org:8080/x/y.md"), ".md") == "a.org~8080/x/y.md"
    assert page_path(HERE / "Annual Report 2024.PDF", ".pdf").endswith("/Annual-Report-2024.pdf")
    assert page_path(HERE / "指南", ".html").endswith("/指南.html")


def address(path: str, query: str) -> URL | None:
    return tidy(URL.build(scheme="https", host="a.org", path=f"/{path}", query_string=query))


ADDRESSES = st.builds(
    address,
    st.text(st.characters(codec="utf-8"), max_size=300)
    | st.sampled_from(["a", "A", "a/", "a.html", "a.html/b", "%2e"]),
    st.text("ab=&", max_size=5),
)


@settings(max_examples=40)
@given(st.lists(ADDRESSES, min_size=2, max_size=6))
def test_no_two_pages_share_a_file_and_every_file_can_be_written(
    tmp_path_factory: pytest.TempPathFactory, found: list[URL | None]
) -> None:
    addresses = {str(one): one for one in found if one is not None}
    mirror = Mirror(tmp_path_factory.mktemp("mirror"))
    paths = {page_path(url, ".html").lower() for url in addresses.values()}
    for address, url in addresses.items():
        mirror.write(page_path(url, ".html"), address.encode())
    assert len(paths) == len(addresses) == len(list(mirror.paths()))


def test_what_belongs_is_below_and_fits_the_patterns() -> None:
    scope = Scope(("https://docs.example.org/guide/",), exclude=("*/drafts/*", "/guide/*.pdf"))
    assert scope.holds(HERE / "a") and scope.holds(HERE) and scope.holds(HERE / "a b")
    for other in (
        "https://docs.example.org/guide/../secret",
        "https://docs.example.org/guide/%2e%2e/secret",
        "https://docs.example.org/guidelines",
        "https://docs.example.org:8443/guide/a",
        "https://docs.example.org.evil.example/guide/a",
        "https://docs.example.org/guide/drafts/a",
        "https://docs.example.org/guide/a.pdf",
    ):
        assert not scope.holds(URL(other)), other


def told(markup: str, place: Path) -> str:
    """What a loader reads of a page as it is kept."""
    file = place / "page.html"
    file.write_bytes(read_page(markup.encode(), "utf-8", HERE).markup({}))
    return load(file, place).text


def test_furniture_is_left_out_and_content_that_is_called_so_stays(tmp_path: Path) -> None:
    markup = html(
        """<nav>Home Products</nav><div class="top-menu"><a href="/a">Alpha</a><a href="/b">Beta</a></div>
        <div id="cookie-banner">We value your privacy <button>Accept all</button></div>
        <div class="onetrust-pc-sdk">Manage preferences</div><!-- a secret --><?php echo 1 ?>
        <div class="has-sidebar cookie-notice"><h1>Cookies of the kitchen</h1><p>Bake them at 180 degrees, for as
        long as it takes, and let nobody see them before noon; the tins are below the sink, and the sugar is where
        it always is.</p>
        <section id="cookies"><p>Cookies are kept in the tin.</p></section>
        <div class="menu"><p>The menu of Monday: soup.</p></div><aside><p>Mind the oven.</p></aside></div>
        <ul class="breadcrumbs"><li><a href="/">Start</a></li></ul><div role="contentinfo">Imprint</div>
        <script>var token="changing"</script>"""
    )
    text = told(markup, tmp_path)
    for kept in ("180 degrees", "in the tin", "Monday: soup", "Mind the oven"):
        assert kept in text
    for gone in ("Products", "Alpha", "privacy", "preferences", "secret", "Start", "Imprint", "changing", "echo"):
        assert gone not in text


def test_a_page_is_the_same_though_its_scripts_and_classes_change() -> None:
    def kept(nonce: str) -> bytes:
        body = f'<p class="css-{nonce}" data-id="{nonce}">Words.</p><script nonce="{nonce}">x</script>'
        return read_page(html(body).encode(), "", HERE).markup({})

    assert kept("1") == kept("2")


def test_links_are_whole_and_from_where_the_page_says() -> None:
    head = '<base href="/other/"><meta http-equiv="refresh" content="0; url=next">'
    page = read_page(
        html('<a href="a">A</a><a href=" /b c ">B</a><a rel="ugc nofollow" href="d">D</a>', head=head).encode(),
        "",
        HERE,
    )
    assert [str(one) for one in page.links] == [
        "https://docs.example.org/other/a",
        "https://docs.example.org/b%20c",
        "https://docs.example.org/other/next",
    ]


@pytest.mark.parametrize(
    ("srcset", "link"),
    [
        ("a.png 400w, b.png 1200w, c.png 4000w", "b.png"),
        ("a.png, b.png 2x, c.png 3x", "b.png"),
        ("c.png 4000w, d.png 9000w", "c.png"),
        ("https://a.org/i,w_200/a.png 200w,https://a.org/i,w_900/a.png 900w", "https://a.org/i,w_900/a.png"),
        ("data:image/gif;base64,R0 1x", ""),
        ("", ""),
        (" , ,, 3x 4", "4"),
    ],
)
def test_of_several_sizes_one_is_taken_that_can_be_seen(srcset: str, link: str) -> None:
    assert best_of(srcset) == link


def test_sitemaps_are_read_and_bombs_are_not() -> None:
    body = sitemap("https://a.org/x?a=1&amp;b=2", lastmod=" 2024-05-06 ")
    space = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    pictured = body.replace(
        "</url>", f"<image:image {space}><image:loc>https://a.org/p.png</image:loc></image:image></url>"
    )
    for data in (pictured.encode(), gzip.compress(pictured.encode())):
        assert is_sitemap(data)
        [entry] = read_sitemap(data).pages
        assert (entry.address, entry.lastmod) == ("https://a.org/x?a=1&b=2", "2024-05-06")
    assert not is_sitemap(html("<p>urlset</p>").encode())
    assert len(read_sitemap(b"https://a.org/1\nhttps://a.org/2\nftp://x\n").pages) == 2
    assert len(read_sitemap(body.encode() + b"<broken").pages) == 1
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><urlset><url><loc>&a;</loc></url></urlset>'
    file = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset/>'
    for data in (
        bomb.encode(),
        file.encode(),
        gzip.compress(b" " * 53_000_000, 1),
        b"\x1f\x8bbroken",
        b"<a>",
    ):
        with pytest.raises(DocumentError):
            read_sitemap(data)


def test_a_day_of_a_sitemap_is_over_when_it_is_everywhere() -> None:
    noon = 1_715_000_400.0  # 2024-05-06, 13:00 UTC
    assert not is_over("2024-05-06", noon) and is_over("2024-05-04", noon)
    assert is_over("2024-05-06T12:00:00Z", noon) and is_over("2024-05-06T12:00:00+00:00", noon)
    assert not is_over("2024-05-06T12:00:00", noon) and not is_over("2024-05-06T14:00:00Z", noon)
    assert not is_over("", noon) and not is_over("yesterday", noon)


def test_headers_say_which_robot_they_are_for() -> None:
    def asked(*headers: str) -> tuple[bool, bool, bool]:
        answer = Fetched("", 200, headers=CIMultiDictProxy(CIMultiDict([("X-Robots-Tag", one) for one in headers])))
        rules = rules_of_headers(answer)
        return rules.noindex, rules.nofollow, rules.noimageindex

    assert asked("noindex") == (True, False, False)
    assert asked("otherbot: noindex, nofollow") == (False, False, False)
    assert asked("otherbot: noindex", "LORELENS: nofollow, noimageindex") == (False, True, True)
    assert asked("unavailable_after: 25 Jun 2010 15:00:00 PST, none") == (True, True, False)


@pytest.mark.parametrize(
    ("location", "options"),
    [
        ("", {}),
        ("ftp://a.org/", {}),
        ("http://10.0.0.1/", {}),
        ("http://wiki/", {}),
        ("https://a.org:8443/", {}),
        ("https://ann:secret@a.org/", {}),
        ("https://a.org/", {"colour": "red"}),
        ("https://a.org/", {"depth": "-1"}),
        ("https://a.org/", {"pages": "0"}),
        ("https://a.org/", {"pages": "99999999"}),
        ("https://a.org/", {"interval": "soon"}),
        ("https://a.org/", {"pictures": "some"}),
        ("https://a.org/", {"within": "http://169.254.169.254/"}),
        ("https://a.org/", {"token_env": "a b"}),
        ("https://a.org/", {"contact": "a\nb"}),
        ("https://a.org/", {"allow": "not a host"}),
    ],
)
def test_what_can_not_be_is_said_when_a_source_is_set_up(location: str, options: dict[str, str]) -> None:
    with pytest.raises(QuestionError) as caught:
        web.check(SourceSpec(name="a", kind="web", location=location, options=options))
    assert caught.value.hint and "secret" not in str(caught.value)


def test_a_site_is_set_up_with_what_people_write() -> None:
    def location(text: str, **options: str) -> str:
        return web.check(SourceSpec(name="a", kind="web", location=text, options=options)).location

    assert location("docs.example.org") == "https://docs.example.org/"
    assert location(" https://docs.example.org/a?utm_source=x#y ") == "https://docs.example.org/a"
    assert location("http://wiki:8080/x", allow="wiki:8080") == "http://wiki:8080/x"
    with pytest.raises(SettingsError, match="WIKI_TOKEN_X"):
        web.open(
            SourceSpec(name="a", kind="web", location="https://a.org/", options={"token_env": "WIKI_TOKEN_X"}), None
        )


def test_what_is_known_of_a_site_is_kept_small_and_read_back() -> None:
    everywhere = tuple(f"https://a.org/a/long/way/below/{at}" for at in range(100))
    state = Crawl(location="https://a.org/", met={"https://a.org/"}, queue=deque([Step(address="https://a.org/x")]))
    state.pages = {
        address: PageRecord(path="x.html", links=everywhere, pictures=everywhere[:3]) for address in everywhere
    }

    kept = json.loads(json.dumps(state.cursor()))

    assert Crawl.of(kept) == state
    assert len(json.dumps(kept)) < 100_000
    for broken in ({"pages": {"a": {"links": [7]}}}, {"pages": 3}, {"of": "another version"}):
        assert Crawl.of(broken) == Crawl()
