"""Document loading: how much of what a person reads in a file is in the document's text, and nothing else.

Ground truth is Markdown. Words are compared as multisets, and as pairs of neighbours, which tells whether the order was
kept; what stands in pictures is left to OCR, and so are scans.
"""

import html
import re
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from core.errors import DocumentError
from core.knowledge.documents import Document
from core.knowledge.loaders import load
from tests.bench.tables import Cell, Table

KINDS = ("md", "html", "docx", "pptx", "xlsx", "csv", "pdf")
_NOISE = re.compile(r"<!--.*?-->|\]\([^)]*\)|https?://\S+", re.S)
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


async def measure(data: Path) -> list[Table]:
    """Recall and precision of words, and recall of pairs, by kind of file."""
    rows = [_row(data / "documents", kind) for kind in KINDS]
    columns = ("kind", "files", "refused", "word recall", "word precision", "pair recall", "pictures", "ms a file")
    refused = [sentence for _, messages in rows for sentence in messages]
    return [Table("Document loading", columns, [row for row, _ in rows], note=" ".join(refused))]


def _row(folder: Path, kind: str) -> tuple[list[Cell], list[str]]:
    recalls: list[float] = []
    precisions: list[float] = []
    pairs: list[float] = []
    messages: list[str] = []
    pictures = 0
    started = time.perf_counter()
    files = sorted((folder / kind / "sources").iterdir())
    for path in files:
        try:
            document = load(path, folder)
        except DocumentError as error:
            messages.append(str(error))
            continue
        pictures += len(document.pictures)
        truth = _truth(path)
        if truth:
            recall, precision, pair_recall = compare(truth, document)
            recalls.append(recall)
            precisions.append(precision)
            pairs.append(pair_recall)
    spent = (time.perf_counter() - started) * 1000 / max(1, len(files))
    means = [sum(values) / len(values) if values else None for values in (recalls, precisions, pairs)]
    return [kind, len(files), len(messages), *means, pictures, round(spent)], messages


def compare(truth: list[str], document: Document) -> tuple[float, float, float]:
    """Word recall, word precision and recall of pairs of neighbours, each 0 to 1."""
    words = words_of(document.text)
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
