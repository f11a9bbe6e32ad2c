"""Chunks: all of the text, once, in order, along its headings, and within what the encoder reads."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.knowledge.chunking import Chunk, ChunkLimits, cut
from core.knowledge.documents import Document, Section
from core.knowledge.loaders.building import DocumentBuilder
from core.knowledge.loaders.source import SourceFile

ENGLISH = frozenset({"en"})
LIMITS = ChunkLimits()
SENTENCE = "The release train leaves every second Tuesday at noon, and nobody waits for a late change. "


def count_words(texts: Sequence[str]) -> list[int]:
    """A tokenizer that knows words and punctuation, and takes each Chinese character for one."""
    return [len(re.findall(r"[\u3000-\u9fff]|\w+|[^\w\s]", text)) for text in texts]


def chunks_of(document: Document, budget: int = 60, languages: frozenset[str] | None = ENGLISH) -> list[Chunk]:
    chunks = cut(document, count_tokens=count_words, budget=budget, languages=languages)
    check(document, chunks, budget, languages)
    return chunks


def check(document: Document, chunks: Sequence[Chunk], budget: int, languages: frozenset[str] | None) -> None:
    """What holds of any document: verbatim, in order, without overlap or gap, and within the bounds."""
    end = 0
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text == chunk.text.strip() != ""
        assert chunk.start >= end
        assert not document.text[end : chunk.start].strip()
        assert len(chunk.text) <= LIMITS.most_characters
        if languages is None or (languages and chunk.language in {*languages, "und"}):
            assert count_words([chunk.text])[0] <= budget or len(chunk.text) == 1
        else:
            assert len(chunk.text) <= LIMITS.characters
        end = chunk.end
    assert not document.text[end:].strip()


def plain(text: str) -> Document:
    return Document(title="t", text=text, sections=(Section(start=0, end=len(text)),) if text else ())


def handbook() -> Document:
    builder = DocumentBuilder()
    builder.heading(1, "Releases")
    builder.prose("How we ship.")
    for name in ("Alpha", "Beta", "Gamma"):
        builder.heading(2, name)
        builder.prose(f"{name} goes to five people.")
    builder.heading(1, "Incidents")
    builder.prose(SENTENCE * 6)
    builder.heading(2, "After an incident")
    builder.prose("Write it down.")
    builder.table([["who", "what"], ["lead", "calls"], ["ops", "mends"]])
    return builder.build("handbook")


def test_small_neighbouring_sections_share_a_chunk_under_their_parent() -> None:
    chunks = chunks_of(handbook())

    assert chunks[0].text.startswith("Releases\n\nHow we ship.\n\nAlpha")
    assert chunks[0].text.endswith("Gamma goes to five people.")
    assert chunks[0].heading_path == ("Releases",)
    assert chunks[1].text.startswith("Incidents\n\nThe release train")


def test_heading_is_never_the_last_line_of_a_chunk() -> None:
    builder = DocumentBuilder()
    for number in range(30):
        builder.heading(1 + number % 3, f"Heading {number}")
        builder.prose(SENTENCE * (number % 5))
    document = builder.build("t")

    for chunk in chunks_of(document)[:-1]:
        assert not re.fullmatch(r"Heading \d+", chunk.text.split("\n")[-1])


def test_long_section_is_cut_into_even_parts_at_sentences() -> None:
    chunks = chunks_of(plain(SENTENCE * 9), budget=70)

    assert all(chunk.text.endswith(".") for chunk in chunks)
    lengths = [len(chunk.text) for chunk in chunks]
    assert min(lengths) >= max(lengths) / 2


def test_table_that_fits_is_not_cut() -> None:
    builder = DocumentBuilder()
    builder.heading(1, "Team")
    builder.prose(SENTENCE * 2)
    builder.table([["name", "role"], *([f"person {number}", "engineer"] for number in range(8))])
    chunks = chunks_of(builder.build("t"), budget=50)

    assert sum("person 0" in chunk.text for chunk in chunks) == 1
    assert next(chunk for chunk in chunks if "person 0" in chunk.text).text.count("engineer") == 8


def test_text_that_the_encoder_does_not_read_is_cut_by_characters() -> None:
    chunks = chunks_of(plain("配置中心的客户端会自动拉取最新配置，并在本地保存一份缓存。" * 100), budget=60)

    assert all(chunk.language == "zh" and 600 <= len(chunk.text) <= LIMITS.characters for chunk in chunks)
    assert all(chunk.text.endswith("。") for chunk in chunks)


def test_without_an_encoder_nothing_is_counted() -> None:
    def refuse(texts: Sequence[str]) -> list[int]:
        raise AssertionError(texts)

    chunks = cut(plain(SENTENCE * 100), count_tokens=refuse, budget=1, languages=frozenset())

    assert all(600 <= len(chunk.text) <= LIMITS.characters for chunk in chunks)


def test_encoder_is_asked_few_times() -> None:
    calls: list[int] = []

    def count(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return count_words(texts)

    cut(plain(f"{SENTENCE * 3}\n\n" * 300), count_tokens=count, budget=60, languages=ENGLISH)

    assert len(calls) <= 5


def test_chunk_knows_the_page_it_starts_on() -> None:
    builder = DocumentBuilder()
    for page in (1, 2, 3):
        builder.page(page)
        builder.prose(f"Page {page}. " + SENTENCE * 3)

    assert [chunk.page for chunk in chunks_of(builder.build("t"))] == [1, 2, 3]


def test_costs_that_do_not_add_up_are_noticed() -> None:
    """A tokenizer that needs more tokens for a whole than for its parts, as some do at borders."""

    def count(texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + len(text) // 40 + text.count("\n") * 2 for text in texts]

    document = plain("\n\n".join([SENTENCE] * 50))
    for chunk in cut(document, count_tokens=count, budget=60, languages=ENGLISH):
        assert count([chunk.text])[0] <= 60


FAST = ["a", "word ", "配置。", "👩‍👩‍👧‍👦", "x\n"]
SLOW = ["配", "א", "مرحبا ", "e\u0301", "\u0301", "x\n\n", "| a ", "  ", "1. "]


@pytest.mark.parametrize("unit", [*FAST, *(pytest.param(unit, marks=pytest.mark.slow) for unit in SLOW)])
def test_million_characters_are_cut_in_seconds(unit: str) -> None:
    started = time.perf_counter()
    chunks_of(plain(unit * (1_000_000 // len(unit))), budget=200)

    assert time.perf_counter() - started < 30


def test_emoji_and_accents_are_not_torn_apart() -> None:
    family, accented = "👩‍👩‍👧‍👦", "e\u0301"
    for unit in (family, accented):
        for chunk in chunks_of(plain(unit * 2000), budget=50):
            assert len(chunk.text) % len(unit) == 0


@pytest.mark.parametrize("text", ["", " \n\n ", "\n"])
def test_empty_document_has_no_chunks(text: str) -> None:
    assert chunks_of(plain(text)) == []


WORDS = st.text(max_size=40) | st.sampled_from(
    ["Deploy.", "配置中心", "שלום עולם", "مرحبا", "🙂👍🏽", "a" * 300, "e\u0301"]
)
BLOCKS = st.tuples(
    st.sampled_from(["heading", "prose", "line", "code", "table", "page"]),
    st.lists(WORDS, min_size=1, max_size=12),
    st.integers(1, 4),
)


@settings(max_examples=200, deadline=None)
@given(
    blocks=st.lists(BLOCKS, max_size=25),
    budget=st.integers(3, 120),
    languages=st.sampled_from([ENGLISH, frozenset({"zh", "en"}), frozenset[str](), None]),
)
def test_any_document_is_cut_without_loss(
    blocks: list[tuple[str, list[str], int]], budget: int, languages: frozenset[str] | None
) -> None:
    builder = DocumentBuilder()
    for kind, words, number in blocks:
        if kind == "heading":
            builder.heading(number, words[0])
        elif kind == "prose":
            builder.prose(" ".join(words))
        elif kind == "line":
            builder.line("  ".join(words))
        elif kind == "code":
            builder.code("\n".join(words))
        elif kind == "table":
            builder.table([words] * number)
        else:
            builder.page(number)
    document = builder.build("t")
    assert "".join(document.text[part.start : part.end] for part in document.sections) == document.text

    chunks_of(document, budget, languages)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=600), budget=st.integers(1, 40), languages=st.sampled_from([ENGLISH, None]))
def test_any_text_is_cut_without_loss(text: str, budget: int, languages: frozenset[str] | None) -> None:
    chunks_of(plain(text), budget, languages)


def test_long_page_of_markdown_is_cut_along_its_headings() -> None:
    from core.knowledge.loaders import load_file

    source = "".join(f"## Part {number}\n\n{SENTENCE * 4}\n\n" for number in range(20))
    file = SourceFile(path=Path("a.md"), root=Path(), name="a.md", data=source.encode())
    chunks = chunks_of(load_file(file), budget=90)

    assert [chunk.heading_path for chunk in chunks] == [(f"Part {number}",) for number in range(20)]
    assert all(chunk.text.startswith("Part ") for chunk in chunks)
