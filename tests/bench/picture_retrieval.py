"""Text to picture retrieval: questions written by looking at the pictures, with the names of files hidden.

Documents, OCR, passages, index and search are the real ones. What OCR reads is kept in `build/bench-cache`.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evidence import OcrLine
from core.knowledge.documents import Passage
from core.knowledge.encoding import encode_passages
from core.knowledge.fusion import fuse
from core.knowledge.index import SearchQuery
from core.knowledge.lance import LanceIndex
from core.knowledge.loaders import load
from core.knowledge.picture_passages import PictureMention, picture_passage
from core.knowledge.picture_search import find_pictures
from core.language import detect_language
from core.models.encoder import Encoder
from core.models.encoders import load_encoder
from core.models.ocr import VERSION, OcrReader
from core.pictures import NormalizedPicture, normalize
from core.reading.appearance import look
from core.reading.appearance_words import describe
from tests.bench.tables import Table

CACHE = Path(__file__).parents[2] / "build" / "bench-cache" / "ocr"
SMALLEST_SIDE = 32
PARTS: tuple[str, ...] = ("OCR", "alt text", "headings", "context", "appearance")

ALL_PARTS: set[str] = set(PARTS)

Rankings = dict[str, list[list[str]]]


@dataclass(frozen=True)
class Shown:
    """A picture with where it is shown and what OCR reads in it."""

    picture: NormalizedPicture
    mentions: tuple[PictureMention, ...]
    lines: tuple[OcrLine, ...]
    appearance: str


async def measure(data: Path) -> list[Table]:
    """Recall@1 and @5 per language: of plain parts, of Lorelens, and without or with only one kind of words."""
    folder = data / "team_docs"
    shown, hashes = pictures_of_pages(folder)
    queries = [json.loads(line) for line in (folder / "picture_queries.jsonl").read_text("utf-8").splitlines() if line]
    right = [{hashes[name] for name in (query["image"], *query["also"]) if name in hashes} for query in queries]
    encoder = load_encoder("minilm")
    if encoder is None:
        raise AssertionError
    plain = [passage_of(one, {"OCR", "headings", "context"}) for one in shown]
    rows = [
        [f"plain {name}", *_figures(rankings, right)]
        for name, rankings in (await _plain(plain, queries, encoder)).items()
    ]
    rows.append(["Lorelens", *_figures(await _lorelens(shown, set(PARTS), queries, encoder), right)])
    rows.append(["Lorelens, no encoder", *_figures(await _lorelens(shown, set(PARTS), queries, None), right)])
    parts: list[list[Any]] = []
    for part in PARTS:
        without = _figures(await _lorelens(shown, set(PARTS) - {part}, queries, encoder), right)
        alone = _figures(await _lorelens(shown, {part}, queries, encoder), right)
        parts += [[f"without {part}", *without], [f"{part} alone", *alone]]
    columns = ("", "English recall@1", "English recall@5", "Chinese recall@1", "Chinese recall@5")
    note = f"{len(queries)} questions over {len(shown)} pictures; file names, and alt texts equal to them, are hidden."
    return [
        Table("Pictures by what they show (team_docs/picture_queries.jsonl)", columns, rows, note),
        Table("What each kind of words adds", columns, parts),
    ]


def pictures_of_pages(folder: Path) -> tuple[list[Shown], dict[str, str]]:
    """All pictures that the pages show, and the hash of each by its path."""
    taken: dict[str, NormalizedPicture] = {}
    mentions: dict[str, list[PictureMention]] = {}
    hashes: dict[str, str] = {}
    for page in sorted(folder.rglob("*.md")):
        document = load(page, folder)
        for picture in document.pictures:
            normalized = normalize(picture.data, name=picture.name)
            sha256 = normalized.picture.sha256
            hashes[picture.name] = sha256
            if min(normalized.picture.width, normalized.picture.height) < SMALLEST_SIDE:
                continue
            taken[sha256] = normalized
            words = f"{' '.join(picture.heading_path)} {picture.context} {picture.alt}"
            mention = PictureMention(
                path=page.relative_to(folder).as_posix(),
                title=document.title,
                name=picture.name,
                alt=picture.alt,
                heading_path=picture.heading_path,
                context=picture.context,
                page=picture.page,
                language=detect_language(words),
            )
            mentions.setdefault(sha256, []).append(mention)
    # The same picture may lie in the folder under several names.
    for name in {mention["image"] for mention in json.loads((folder / "image_mentions.json").read_text("utf-8"))}:
        hashes.setdefault(name, normalize((folder / name).read_bytes(), name=name).picture.sha256)
    reader = OcrReader()
    shown: list[Shown] = []
    for sha256, picture in sorted(taken.items()):
        lines = read_once(reader, picture)
        shown.append(Shown(picture, tuple(mentions[sha256]), lines, describe(look(picture.data, lines))))
    return shown, hashes


def read_once(reader: OcrReader, picture: NormalizedPicture) -> tuple[OcrLine, ...]:
    kept = CACHE / VERSION.replace("/", "-") / f"{picture.picture.sha256}.json"
    if kept.exists():
        return tuple(OcrLine.model_validate(line) for line in json.loads(kept.read_text("utf-8")))
    lines = reader.read(picture.data)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps([line.model_dump() for line in lines], ensure_ascii=False), "utf-8")
    return lines


def passage_of(shown: Shown, parts: set[str]) -> Passage:
    """The passage of a picture, made of some kinds of words only."""
    hidden: dict[str, Any] = {}
    if "alt text" not in parts:
        hidden["alt"] = ""
    if "headings" not in parts:
        hidden |= {"title": "", "heading_path": ()}
    if "context" not in parts:
        hidden["context"] = ""
    return picture_passage(
        [mention.model_copy(update=hidden) for mention in shown.mentions],
        shown.lines if "OCR" in parts else (),
        shown.picture.picture,
        source="bench",
        path=shown.picture.picture.sha256,
        appearance=shown.appearance if "appearance" in parts else "",
        use_names=False,
    )


async def _lorelens(
    shown: Sequence[Shown], parts: set[str], queries: Sequence[dict[str, Any]], encoder: Encoder | None
) -> Rankings:
    passages = [passage_of(one, parts) for one in shown]
    async with indexed(passages, encoder) as index:
        return {
            language: [
                [hit.passage.path for hit in await find_pictures(query[language], index, encoder, limit=5)]
                for query in queries
            ]
            for language in ("en", "zh")
        }


async def _plain(
    passages: Sequence[Passage], queries: Sequence[dict[str, Any]], encoder: Encoder
) -> dict[str, Rankings]:
    """BM25, MiniLM and their fusion over the words of a picture joined into one text."""
    vectors = encoder.encode([passage.text for passage in passages])
    paths = [passage.path for passage in passages]
    results: dict[str, Rankings] = {name: {"en": [], "zh": []} for name in ("BM25", "MiniLM", "RRF")}
    async with indexed(passages, None) as index:
        for language in ("en", "zh"):
            for query in queries:
                hits = await index.search(SearchQuery(text=query[language], dense_weight=0, limit=len(passages)))
                lexical = [hit.passage.path for hit in hits]
                order: NDArray[np.intp] = np.argsort(-(vectors @ encoder.encode([query[language]])[0]))
                dense = [paths[int(at)] for at in order.tolist()]
                fused = fuse(lexical, dense, 0.5)
                results["BM25"][language].append(lexical[:5])
                results["MiniLM"][language].append(dense[:5])
                results["RRF"][language].append(sorted(fused, key=lambda path: -fused[path])[:5])
    return results


class indexed:  # noqa: N801 - read as a verb
    """A LanceDB index of passages in a folder that goes away."""

    def __init__(self, passages: Sequence[Passage], encoder: Encoder | None) -> None:
        self._passages = passages
        self._encoder = encoder
        self._folder = tempfile.TemporaryDirectory()

    async def __aenter__(self) -> LanceIndex:
        encoder = self._encoder
        dimension, name = (encoder.dimension, encoder.name) if encoder else (None, "none")
        self._index = await LanceIndex.open(Path(self._folder.name), dimension, name)
        await self._index.upsert(self._passages, await encode_passages(encoder, self._passages))
        await self._index.optimize()
        return self._index

    async def __aexit__(self, *_: object) -> None:
        await self._index.close()
        self._folder.cleanup()


def _figures(rankings: Rankings, right: Sequence[set[str]]) -> list[float]:
    figures: list[float] = []
    for language in ("en", "zh"):
        for depth in (1, 5):
            found = [bool(set(ranked[:depth]) & gold) for ranked, gold in zip(rankings[language], right, strict=True)]
            figures.append(sum(found) / len(found))
    return figures
