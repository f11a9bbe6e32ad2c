"""Document loading: how much of what a person reads in a file is in the document's text, and nothing else.

Ground truth is Markdown. Words are compared as multisets, and as pairs of neighbours, which tells whether the order was
kept; what stands in pictures is left to OCR, and so are scans. The same is asked of markitdown alone.
"""

import html
import importlib
import re
import time
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from core.errors import DocumentError
from core.knowledge.loaders import load
from tests.bench.tables import Cell, Table

KINDS = ("md", "html", "docx", "pptx", "xlsx", "csv", "pdf")
_NOISE = re.compile(r"<!--.*?-->|\]\([^)]*\)|https?://\S+", re.S)
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


class RefusedError(Exception):
    """A file that can't be read, and why."""


async def measure(data: Path) -> list[Table]:
    """Recall and precision of words, and recall of pairs, by kind of file; then the same of markitdown."""
    ours, theirs = _Ours(data / "documents"), _markitdown()
    measured = [_row(data / "documents", kind, ours.text) for kind in KINDS]
    beside = [_row(data / "documents", kind, theirs) for kind in KINDS]
    figures = ("word recall", "word precision", "pair recall")
    columns = ("kind", "files", "refused", *figures, "ms a file")
    return [
        Table(
            "Document loading",
            (*columns, "pictures"),
            [[*row, ours.pictures[str(row[0])]] for row, _ in measured],
            note=" ".join(sentence for _, messages in measured for sentence in messages),
        ),
        Table(
            "The same files by markitdown alone",
            columns,
            [row for row, _ in beside],
            note=f"Refused: {'; '.join(sentence for _, messages in beside for sentence in messages) or 'none'}.",
        ),
    ]


class _Ours:
    """The project's loaders, and how many pictures they found by kind of file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pictures: Counter[str] = Counter()

    def text(self, path: Path) -> str:
        try:
            document = load(path, self._folder)
        except DocumentError as error:
            raise RefusedError(str(error)) from error
        self.pictures[path.parent.parent.name] += len(document.pictures)
        return document.text


def _markitdown() -> Callable[[Path], str]:
    converter = importlib.import_module("markitdown").MarkItDown()

    def text(path: Path) -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _NOISE.sub(" ", html.unescape(str(converter.convert(str(path)).text_content)))
        except Exception as error:  # whatever it is that this file is too much for
            raise RefusedError(f"{path.name} ({type(error).__name__})") from error

    return text


def _row(folder: Path, kind: str, read: Callable[[Path], str]) -> tuple[list[Cell], list[str]]:
    recalls: list[float] = []
    precisions: list[float] = []
    pairs: list[float] = []
    messages: list[str] = []
    started = time.perf_counter()
    files = sorted((folder / kind / "sources").iterdir())
    for path in files:
        try:
            text = read(path)
        except RefusedError as error:
            messages.append(str(error))
            continue
        truth = _truth(path)
        if truth:
            recall, precision, pair_recall = compare(truth, text)
            recalls.append(recall)
            precisions.append(precision)
            pairs.append(pair_recall)
    spent = (time.perf_counter() - started) * 1000 / max(1, len(files))
    means = [sum(values) / len(values) if values else None for values in (recalls, precisions, pairs)]
    return [kind, len(files), len(messages), *means, round(spent)], messages


def compare(truth: list[str], text: str) -> tuple[float, float, float]:
    """Word recall, word precision and recall of pairs of neighbours, each 0 to 1."""
    words = words_of(text)
    shared = sum((Counter(truth) & Counter(words)).values())
    wanted = Counter(pairwise(truth))
    found = sum((wanted & Counter(pairwise(words))).values())
    return shared / len(truth), shared / max(1, len(words)), found / max(1, sum(wanted.values()))


def words_of(text: str) -> list[str]:
    """Words in lower case, Chinese and Japanese by the character."""
    return _WORD.findall(text.casefold())


def _truth(path: Path) -> list[str]:
    folder = path.parent.parent / "groundtruth"
    for name in (f"{path.name}.md", f"{path.stem}.md"):
        if (folder / name).is_file():
            return words_of(_NOISE.sub(" ", html.unescape((folder / name).read_text(encoding="utf-8"))))
    return []
