"""A reply's Markdown on the page: what it looks like, and that nothing in it can do harm."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.rendering import TAGS, Cites, to_html

CITES = Cites(frozenset({1, 2, 12}), href="#reply-source-{number}")
CITE = '<a class="cite" href="#reply-source-1" data-cite="1" aria-label="Source 1">1</a>'


class Seen(HTMLParser):
    """What a browser would make of it: tags, their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"br", "hr"}
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def harmless(html: str) -> Seen:
    seen = Seen(html)
    assert not seen.open
    for tag, attributes in seen.tags:
        assert set(attributes) <= TAGS[tag]
        href = attributes.get("href")
        if href is None or attributes.get("class") == "cite":
            continue
        assert urlsplit(href).scheme in {"http", "https"}
        assert attributes["rel"] == "noopener noreferrer nofollow" and attributes["target"] == "_blank"
    return seen


PIECES = [
    *("<", ">", "&", '"', "'", "`", "```", "~~~", "*", "**", "_", "~~", "[", "]", "(", ")", "!", "![", "](", "\\", " "),
    *("[1]", "[2]:", "[12]", "# ", "> ", "- ", "1. ", "7) ", "|", "|-|\n", "|:-:|\n", "\n", "\n\n", "    ", "\t"),
    *("<br>", "<script>", "<img/src=x/onerror=alert(1)>", "<!--", "-->", "<!doctype>", "<?x?>", "<![CDATA["),
    *("javascript:alert(1)", "vbscript:", "data:text/html,x", "//e.f", "&lt;", "&#106;avascript:", "\x00", "\u202e"),
    *("http://a.b/", 'https://c.d?e=f&g="h"', "https:", "**注意：**", "\x0b", "\ud800"),
]
MARKDOWN = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(PIECES)), max_size=40).map("".join)


@settings(deadline=None, max_examples=400)
@given(MARKDOWN, st.booleans())
def test_whatever_is_said_only_known_tags_and_links_come_out(text: str, growing: bool) -> None:
    harmless(to_html(text, CITES, growing=growing))


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "[go](javascript:alert(1))",
        "[go](JaVaScRiPt&colon;alert(1))",
        "[go](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "[go](//evil.example)",
        '[go](https://a.example "x\\" onmouseover=alert(1) x=\\"")',
        '```x" onclick="alert(1)\n<b>\n```',
        "[1]: https://evil.example\n\n[1]",
        "|a|\n|:-:|\n|<script>alert(1)</script>|",
    ],
)
def test_an_attack_is_shown_as_text(text: str) -> None:
    seen = harmless(to_html(text, CITES))
    for _, attributes in seen.tags:
        assert "evil" not in str(attributes)


def test_a_picture_is_its_words_and_its_address_and_never_fetched() -> None:
    seen = harmless(to_html("Look: ![a *red* pump](https://evil.example/p.png?said=secret)"))
    assert seen.text.strip() == "Look: a red pump (https://evil.example/p.png?said=secret)"
    assert [tag for tag, _ in seen.tags] == ["p", "span"]


def test_citations_lead_to_their_sources_and_others_stay_text() -> None:
    html = to_html("Pump **P-101** [1], [3], `[1]`, \\[2\\], [[1]](https://a.example).\n\n    [1]\n", CITES)
    assert html.count(CITE) == 1
    assert Seen(html).text.split() == ["Pump", "P-101", "1,", "[3],", "[1],", "[2],", "[1].", "[1]"]


def test_citations_side_by_side_and_in_tables_are_two() -> None:
    html = to_html("| a |\n|---|\n| x [1][2] |", CITES)
    assert html.count('class="cite"') == 2


def test_columns_are_aligned_without_a_style() -> None:
    html = to_html("|a|b|c|\n|:-|:-:|-:|\n|1|2<br>3|4|")
    assert "style" not in html
    assert [one.get("class") for tag, one in Seen(html).tags if tag == "td"] == [
        "align-left",
        "align-center",
        "align-right",
    ]
    assert "2<br />\n3" in html or "2<br>" in html


def test_headings_stand_below_those_of_the_page() -> None:
    html = to_html("# One\n\n## Two\n\n###### Six")
    assert [tag for tag, _ in Seen(html).tags] == ["h3", "h4", "h6"]


def test_a_link_says_nothing_of_the_page_that_it_leads_away_from() -> None:
    ((_, _), (tag, attributes)) = harmless(to_html('[Manual](https://docs.example/a?b=1&c=2 "The manual")')).tags
    assert tag == "a" and attributes["href"] == "https://docs.example/a?b=1&c=2"
    assert attributes["title"] == "The manual"


def test_emphasis_as_chinese_texts_write_it_is_emphasis() -> None:
    assert "<strong>注意</strong>：请先停止" in to_html("**注意：**请先停止")


def test_a_growing_text_never_shows_half_of_something() -> None:
    text = "The **pump** is `P-101` ([manual](https://docs.example/m)).\n\n```py\nprint(1)\n```\n"
    for end in range(len(text)):
        seen = harmless(to_html(text[:end], CITES, growing=True))
        assert "*" not in seen.text and "`" not in seen.text and "](" not in seen.text
