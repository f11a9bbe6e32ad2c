"""Links in an answer are taken apart, however they are written and wherever the stream is cut."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.links import GAP, LinkFilter, without_links

EVIL = "https://evil.example/?q=secret"
FORMS = [
    f"see [the page]({EVIL}) now",
    f'see [the page](<{EVIL}> "a title") now',
    f"see [the\npage]({EVIL})",
    f"see [the page](\n{EVIL})",
    "[x](//evil.example/a) [x](https:evil.example) [x](https:/evil.example)",
    "[x](javascript:alert(1))",
    f"![a chart]({EVIL})",
    f"[![a chart]({EVIL})]({EVIL})",
    f"<{EVIL}> and <mailto:eve@evil.example>",
    "mailto:eve@evil.example?body=read, or MAILTO:eve@evil.example",
    f"<{EVIL}|the page>",
    f"go to {EVIL}.",
    "go to www.evil.example/a",
    f"[the page][1]\n\n[1]: {EVIL}\n",
    f"` a lone tick {EVIL} `",
    f"``` not a fence ` {EVIL}",
    f"    ```\n{EVIL}",
    f"看[这里]({EVIL})，或{EVIL}",
    f"[a [b]({EVIL})",
    f"![]({EVIL}",
    f"HTTPS://EVIL.example and [x](HTTPS://EVIL.example)\n> {EVIL}\n- {EVIL}",
]
MARKDOWN = MarkdownIt("commonmark", {"html": False})
BARE = re.compile(r"[a-z][a-z0-9+.-]*://[^\s)>]+|www\.\w[^\s)>]*|mailto:\w[^\s)>]*", re.IGNORECASE)


def destinations(text: str) -> list[str]:
    """Where the links and pictures of a text lead, bare addresses included, as a page or a chat would show it."""
    tokens = [child for token in MARKDOWN.parse(text) for child in (token.children or [])]
    linked = [str(token.attrs.get("href", token.attrs.get("src", ""))) for token in tokens if token.attrs]
    return linked + [bare for token in tokens if token.type == "text" for bare in BARE.findall(token.content)]


@pytest.mark.parametrize("text", FORMS)
def test_no_link_is_left(text: str) -> None:
    assert destinations(without_links(text)) == []


@given(st.sampled_from(FORMS), st.lists(st.integers(0, 80), max_size=6))
def test_wherever_the_stream_is_cut_the_same_is_shown(text: str, cuts: list[int]) -> None:
    links = LinkFilter()
    ends = sorted({min(cut, len(text)) for cut in cuts} | {len(text)})
    shown = "".join(links.feed(text[start:end]) for start, end in zip([0, *ends], ends, strict=False)) + links.close()
    assert shown == without_links(text)


@given(st.text(alphabet="[]()<>!`~:/ \nhtpswevil.x|1", max_size=60))
def test_nothing_that_can_be_written_leads_elsewhere(text: str) -> None:
    for destination in destinations(without_links(text)):
        assert not urlsplit(destination).netloc, destination


def test_the_words_and_the_address_can_still_be_read() -> None:
    shown = without_links(f"Read [the guide]({EVIL}), then ![a chart](https://x.example/c.png)!")
    assert shown.replace(GAP, "") == f"Read the guide ({EVIL}), then a chart!"


def test_code_and_citations_stay_as_they_are() -> None:
    text = f"Run this [1]:\n\n```sh\ncurl {EVIL}\n```\n\nFour minutes [1][2]. See deploy.md, a[0] and x < y: z > 0.\n"
    assert without_links(text).replace(GAP, "") == text
    assert f"curl {EVIL}" in without_links(text)


def test_where_it_is_disputed_what_is_code_no_link_is_left() -> None:
    # For Slack code begins at the first backticks and ends at the second; for CommonMark it begins at the second.
    text = f"Write this: ```\nx\n```\n{EVIL} <!date^1^x^{EVIL}|x>\n"
    assert EVIL not in without_links(text)
    for cut in range(len(text)):
        links = LinkFilter()
        assert links.feed(text[:cut]) + links.feed(text[cut:]) + links.close() == without_links(text)


def test_a_relative_link_is_its_words() -> None:
    assert without_links("see [Deploys](../deploy.md#rollback)") == "see Deploys"


def test_links_to_cited_sources_stay() -> None:
    links = LinkFilter(lambda address: urlsplit(address).hostname == "wiki.example")
    text = "[a](https://wiki.example/a) https://wiki.example/b <https://wiki.example/c> [d](https://evil.example/d) "
    shown = links.feed(text) + links.close()
    assert set(destinations(shown)) == {f"https://wiki.example/{page}" for page in "abc"}


def test_a_person_who_waits_sees_words_as_they_come() -> None:
    links = LinkFilter()
    assert links.feed("Deploys run on ") == "Deploys run on "
    assert links.feed("Tuesdays [1]") == "Tuesdays "
    assert links.feed(". 发布在周二") == "[1]. 发布在周二"
