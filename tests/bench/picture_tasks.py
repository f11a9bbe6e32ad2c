"""Pictures found by an altered copy of themselves, and captions of photographs against those that people wrote.

Captions are measured with the chat model of the settings (LORELENS_MODEL), pictures by their looks with
LORELENS_PICTURE_ENCODER; what is not configured is left out, and that is said.
"""

import importlib
import io
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from config.settings import Settings
from core.application import Application
from core.captioning import Captioner
from core.knowledge.encoding import encode_passages
from core.knowledge.picture_search import SearchedPicture, find_pictures
from core.models.encoders import load_encoder
from core.models.ocr import OcrReader
from core.models.picture_encoders import load_picture_encoder
from core.picture_words import words_of
from core.pictures import NormalizedPicture, normalize
from tests.bench.picture_retrieval import ALL_PARTS, Shown, indexed, passage_of, pictures_of_pages, read_once
from tests.bench.tables import Table

SAMPLE = 30
PHOTOS = 40


async def measure(data: Path) -> list[Table]:
    """Recall of the original by each kind of copy; BLEU and ROUGE-L of captions, where a model sees."""
    tables = [await _by_picture(data / "team_docs")]
    async with Application(Settings()) as application:
        captioner = await application.captioner()
        if captioner is None:
            sys.stderr.write("No model that sees is configured (LORELENS_MODEL): captions are not measured.\n")
        else:
            tables.append(await _captions(data / "photos", captioner))
    return tables


async def _by_picture(folder: Path) -> Table:
    shown, _ = pictures_of_pages(folder)
    chosen = random.Random(1).sample(shown, SAMPLE)
    passages = [passage_of(one, ALL_PARTS) for one in shown]
    encoder = load_encoder("minilm")
    eyes = load_picture_encoder(Settings().picture_encoder)
    reader = OcrReader()
    rows: list[list[Any]] = []
    async with indexed(passages, encoder) as index:
        if eyes is not None:
            await index.hold_images(eyes.name, eyes.dimension)
            looks = eyes.encode_pictures([one.picture.data for one in shown])
            await index.upsert(passages, await encode_passages(encoder, passages), looks)
        for name, alter in (("the same", _same), ("half the size, as JPEG", _smaller), ("a cut-out of 70 %", _cut)):
            ranks: list[int] = []
            for one in chosen:
                copy = alter(one)
                words = await words_of(copy.data, read_once(reader, copy))
                like = SearchedPicture(copy.picture.sha256, copy.data, words)
                hits = await find_pictures("", index, encoder, picture_encoder=eyes, like=like, limit=5)
                paths = [hit.passage.path for hit in hits]
                ranks.append(paths.index(one.picture.picture.sha256) + 1 if one.picture.picture.sha256 in paths else 99)
            rows.append([name, sum(rank <= 1 for rank in ranks) / SAMPLE, sum(rank <= 5 for rank in ranks) / SAMPLE])
    note = (
        f"{SAMPLE} of {len(shown)} screenshots and diagrams; looks are those of {eyes.name if eyes else 'no encoder'}."
    )
    return Table("Pictures by another picture (team_docs)", ("searched by", "recall@1", "recall@5"), rows, note)


def _same(shown: Shown) -> NormalizedPicture:
    return shown.picture


def _smaller(shown: Shown) -> NormalizedPicture:
    with Image.open(io.BytesIO(shown.picture.data)) as image:
        small = image.resize((max(1, image.width // 2), max(1, image.height // 2)))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=70)
    return normalize(data.getvalue())


def _cut(shown: Shown) -> NormalizedPicture:
    with Image.open(io.BytesIO(shown.picture.data)) as image:
        left, top = round(image.width * 0.15), round(image.height * 0.15)
        cut = image.crop((left, top, image.width - left, image.height - top))
    data = io.BytesIO()
    cut.save(data, "PNG")
    return normalize(data.getvalue())


async def _captions(folder: Path, captioner: Captioner) -> Table:
    """The first photographs, each against its five captions."""
    lines = (folder / "captions.jsonl").read_text("utf-8").splitlines()[:PHOTOS]
    photos: list[dict[str, Any]] = [json.loads(line) for line in lines]
    started = time.perf_counter()
    said = [await captioner.caption(normalize((folder / one["image"]).read_bytes()).data) for one in photos]
    seconds = time.perf_counter() - started
    references: list[Sequence[str]] = [one["captions"] for one in photos]
    bleu: Any = importlib.import_module("sacrebleu")
    rouge: Any = importlib.import_module("rouge_score.rouge_scorer").RougeScorer(["rougeL"], use_stemmer=True)
    per_reference = [[of_photo[at] for of_photo in references] for at in range(5)]
    pairs = zip(references, said, strict=True)
    best = [rouge.score_multi(list(of_photo), one)["rougeL"].fmeasure for of_photo, one in pairs]
    figures = [bleu.corpus_bleu(said, per_reference).score, sum(best) / len(best), seconds / len(photos)]
    columns = ("model", "BLEU", "ROUGE-L (best of five)", "seconds a picture")
    rows = [[captioner.model, *figures]]
    return Table("Captions of photographs (photos)", columns, rows, f"{len(photos)} photographs.")
