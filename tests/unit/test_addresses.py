"""Which addresses of documents are believed, and how the addresses of files are made."""

from pathlib import Path

import pytest

from core.errors import QuestionError
from core.knowledge.addresses import address_below, checked_base, web_address
from core.knowledge.loaders import load
from core.knowledge.picture_passages import PictureMention, picture_passage
from core.messages import Picture

PICTURE = Picture(sha256="a" * 64, media_type="image/png", width=10, height=10)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.org/a",
        "//example.org/a",
        "/docs/a",
        "https://",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org/\nb",
        "https://example.org/<b>",
        'https://example.org/"b',
        "https://[::1/",
        "https://example.org:99999/",
        "https://example.org/" + "a" * 2000,
        "",
    ],
)
def test_what_is_no_address_of_the_web_is_none(text: str) -> None:
    assert web_address(text) == ""


@pytest.mark.parametrize("text", ["https://example.org/a?b=c#d", "HTTP://localhost:8080/文档", " https://example.org "])
def test_address_of_the_web_is_taken_as_it_is(text: str) -> None:
    assert web_address(text) == text.strip()


def test_address_of_a_file_is_its_quoted_path_below_the_base() -> None:
    base = checked_base("https://git.example.org/docs/blob/main")

    assert address_below(base, "team/how to #1?.md") == f"{base}team/how%20to%20%231%3F.md"
    assert address_below(base, "指南.md") == f"{base}%E6%8C%87%E5%8D%97.md"
    assert address_below(base, "slides.pdf#picture-3") == f"{base}slides.pdf"
    assert address_below(checked_base("https://example.org/view?path="), "a.md") == "https://example.org/view?path=a.md"
    assert address_below(checked_base(" "), "a.md") == ""


@pytest.mark.parametrize("base", ["docs", "javascript:x", "https://example.org/#top"])
def test_base_that_is_no_address_is_refused(base: str) -> None:
    with pytest.raises(QuestionError, match="no address"):
        checked_base(base)


@pytest.mark.parametrize(
    ("name", "content", "url"),
    [
        ("a.md", "---\nurl: https://wiki.example.org/a\n---\n# A\n\nText.", "https://wiki.example.org/a"),
        ("a.md", '---\ntitle: "A \\"B\\""\nsource_url: "https://w/a"\n---\nText.', "https://w/a"),
        ("a.md", "---\nurl: /a\ncanonical: 'https://w/a'\n---\nText.", "https://w/a"),
        ("a.md", "---\nurl: javascript:alert(1)\n---\nText.", ""),
        ("a.md", "# A\n\nurl: https://wiki.example.org/a", ""),
        ("a.html", '<head><link rel="canonical" href="https://w/a"></head><p>Text.', "https://w/a"),
        ("a.html", '<head><link rel="canonical" href="/a"></head><p>Text.', ""),
        ("a.html", '<head><link rel="stylesheet" href="https://w/a"></head><p>Text.', ""),
    ],
)
def test_document_says_its_own_address(tmp_path: Path, name: str, content: str, url: str) -> None:
    (tmp_path / name).write_text(content)

    assert load(tmp_path / name, tmp_path).url == url


def test_quoted_title_of_front_matter_is_read_as_it_was_meant(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text('---\ntitle: "The \\"blue\\" plan: \\u00fcber"\n---\nText.')

    assert load(tmp_path / "a.md", tmp_path).title == 'The "blue" plan: über'


@pytest.mark.parametrize(
    ("mentions", "url"),
    [
        ([("a.md", "p.png", "https://w/a"), ("p.png", "p.png", "")], "https://w/a"),
        ([("a.md", "p.png", ""), ("p.png", "p.png", "")], "https://git/p.png"),
        ([("a.md", "p.png", "")], "https://git/a.md"),
        ([("a.pdf", "a.pdf#picture-1", "")], "https://git/a.pdf"),
    ],
)
def test_picture_is_seen_on_the_page_that_knows_its_address_or_as_a_file(
    mentions: list[tuple[str, str, str]], url: str
) -> None:
    shown = [PictureMention(path=path, name=name, url=own) for path, name, own in mentions]

    passage = picture_passage(shown, (), PICTURE, source="docs", path="p.png", base="https://git/")

    assert passage.url == url
