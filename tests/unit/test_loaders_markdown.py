"""Markdown as people write it: what they read is the text, and every picture keeps its place."""

import time
from pathlib import Path

import pytest

from core.knowledge.documents import Document
from core.knowledge.loaders import load
from tests.unit.documents_of_tests import loaded, png, write

GUIDE = """---
title: "Deployment guide"
description: How we ship.
---
# Deploying

Read the [runbook](https://wiki/runbook "why") **first**, then run `make ship`.
It takes *ten* minutes.

## Database

| engine | version |
| --- | --- |
| **PostgreSQL** | 16 |

```bash
pg_dump --all  > dump.sql   # two spaces
```

1. Stop writers
   - all of them
2. Dump

### Restore

Wait for <host>:5432 &amp; restore.
"""


def _under(document: Document, text: str) -> tuple[str, ...]:
    place = document.text.index(text)
    return next(part.heading_path for part in document.sections if part.start <= place < part.end)


def test_text_reads_as_a_person_reads_the_page(tmp_path: Path) -> None:
    document = loaded(tmp_path, "guide.md", GUIDE)

    assert document.title == "Deployment guide"
    assert document.text == (
        "How we ship.\n\nDeploying\n\nRead the runbook first, then run make ship. It takes ten minutes.\n\nDatabase\n\n"
        "engine | version\nPostgreSQL | 16\n\npg_dump --all  > dump.sql   # two spaces\n\n"
        "1. Stop writers\n  - all of them\n2. Dump\n\nRestore\n\nWait for <host>:5432 & restore."
    )


def test_sections_follow_headings_and_keep_tables_and_code_whole(tmp_path: Path) -> None:
    document = loaded(tmp_path, "guide.md", GUIDE)

    assert _under(document, "runbook") == ("Deploying",)
    assert _under(document, "Restore") == ("Deploying", "Database", "Restore")
    kinds = {part.kind: document.text[part.start : part.end].strip() for part in document.sections}
    assert kinds["table"] == "engine | version\nPostgreSQL | 16"
    assert kinds["code"] == "pg_dump --all  > dump.sql   # two spaces"


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# Only\n\ntext", "Only"),
        ("intro\n\n# Only\n\ntext", "Only"),
        ("# First\n\na\n\n# Second\n\nb", "First"),
        ("intro\n\n# First\n\na\n\n# Second\n\nb", "on call hand over"),
        ("no heading", "on call hand over"),
    ],
)
def test_title_is_a_heading_that_covers_the_page_or_the_name(tmp_path: Path, source: str, title: str) -> None:
    assert loaded(tmp_path, "on-call_hand-over.md", source).title == title


def test_chinese_lines_are_joined_without_spaces_and_bold_leaves_no_marks(tmp_path: Path) -> None:
    document = loaded(tmp_path, "zh.md", "# 部署\n\n配置中心的客户端\n会**自动拉取。**配置变更 **Apollo** 服务。")

    assert document.text == "部署\n\n配置中心的客户端会自动拉取。配置变更 Apollo 服务。"


@pytest.mark.parametrize(
    "link",
    [
        "![Login screen](../images/log%20in.png)",
        "![Login screen](/images/log%20in.png)",
        "![Login screen](<../images/log in.png>)",
        '![Login screen](<../images/log in.png> "the title")',
        '<img src="../images/log in.png" alt="Login screen" width=300>',
        "![Login screen][shot]\n\n[shot]: ../images/log%20in.png",
        "[![Login screen](../images/log%20in.png)](https://example.org)",
        "![Login screen](images/log%20in.png)",
        "![Login screen](https://cdn.example.org/gh/team/docs@main/images/log%20in.png)",
    ],
    ids=["relative", "absolute", "angle", "title", "html", "reference", "linked", "site", "published"],
)
def test_linked_picture_is_found_with_its_words(tmp_path: Path, link: str) -> None:
    write(tmp_path, "images/log in.png", png())
    document = loaded(
        tmp_path, "docs/guide.md", f"# Guide\n\n## Signing in\n\nOpen the page and **sign in**:\n\n{link}\n\nDone."
    )

    (picture,) = document.pictures
    assert (picture.name, picture.alt, picture.data) == ("images/log in.png", "Login screen", png())
    assert picture.heading_path == ("Guide", "Signing in")
    assert picture.context.endswith("Open the page and sign in:")
    assert document.text[: picture.position].rstrip().endswith("sign in:")
    assert document.warnings == ()


def test_picture_inside_of_a_sentence_stands_where_the_words_are(tmp_path: Path) -> None:
    write(tmp_path, "gear.png", png())
    document = loaded(tmp_path, "a.md", "- one\n- press ![gear](gear.png) to open\n")

    assert document.text == "- one\n- press to open"
    assert document.text[: document.pictures[0].position] == "- one\n- press"


def test_picture_in_a_table_is_found(tmp_path: Path) -> None:
    write(tmp_path, "a.png", png())
    document = loaded(tmp_path, "a.md", "| step | screen |\n| --- | --- |\n| one | ![first](a.png) |\n")

    assert [picture.alt for picture in document.pictures] == ["first"]


def test_context_is_some_three_hundred_characters_from_the_start_of_a_word(tmp_path: Path) -> None:
    write(tmp_path, "a.png", png())
    document = loaded(tmp_path, "a.md", f"{'words and more ' * 100}\n\n![a](a.png)")

    context = document.pictures[0].context
    assert 280 < len(context) <= 300
    assert context.split()[0] in ("words", "and", "more")


@pytest.mark.parametrize(
    ("link", "warning"),
    [
        ("![x](gone.png)", "The linked picture gone.png is missing."),
        ("![x](../secret.png)", "The linked picture secret.png was refused: it lies outside of the ingested folder."),
        ("![x](way-out.png)", "The linked picture way-out.png was refused: it lies outside of the ingested folder."),
        ("![x](page.md)", "The linked file page.md is not a picture."),
        ("![x](https://example.org/x.png)", "Pictures on the web are not fetched."),
        ("![x](//example.org/x.png)", "Pictures on the web are not fetched."),
        (
            "![x](ftp://example.org/x.png)",
            "The picture ftp://example.org/x.png was left out: ftp links are not followed.",
        ),
        ('<img src="http://[broken">', "The picture link http://[broken is not a valid address."),
    ],
)
def test_picture_that_can_not_be_taken_is_a_warning(tmp_path: Path, link: str, warning: str) -> None:
    write(tmp_path, "secret.png", png())
    root = tmp_path / "docs"
    root.mkdir()
    (root / "way-out.png").symlink_to(tmp_path / "secret.png")
    document = load(write(root, "page.md", f"Text. {link}"), root)

    assert document.pictures == ()
    assert document.warnings == (warning,)


def test_embedded_picture_is_named_by_its_document(tmp_path: Path) -> None:
    import base64

    uri = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    document = loaded(tmp_path, "docs/a.md", f"![one]({uri})\n\n![two](data:image/png;base64,%%%)")

    assert [(picture.name, picture.data) for picture in document.pictures] == [("docs/a.md#picture-1", png())]
    assert len(document.warnings) == 1


@pytest.mark.parametrize(
    "unit", ["[", "*a ", "`", "<a ", "![", "> ", "| ", "- ", "a", "配置。", "&amp;", "\\", "<div>"]
)
def test_enormous_line_takes_no_time(tmp_path: Path, unit: str) -> None:
    started = time.perf_counter()
    document = loaded(tmp_path, "long.md", "# Title\n\n" + unit * (1_000_000 // len(unit)))

    assert document.text.strip()
    assert time.perf_counter() - started < 20


def test_deep_nesting_is_read(tmp_path: Path) -> None:
    document = loaded(tmp_path, "deep.md", "<div>" * 5000 + "still here" + "</div>" * 5000)

    assert "still here" in document.text


@pytest.mark.parametrize(
    ("front", "seconds"),
    [
        ("date: 2024-03-01", 1709251200),
        ('date: 2020-01-01\nlastmod: "2024-03-01T12:00:00+02:00"', 1709287200),
        ("date: Fri, 01 Mar 2024 00:00:00 GMT", 1709251200),
        ("date: soon", 0),
        ("date: 9999-12-31", 0),
        ("title: A", 0),
    ],
)
def test_front_matter_says_when_a_page_was_changed(tmp_path: Path, front: str, seconds: float) -> None:
    assert loaded(tmp_path, "a.md", f"---\n{front}\n---\n\nWords.\n").modified == seconds
