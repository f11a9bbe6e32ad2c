"""Reading pictures without a vision model: is the answer in the reply to a question that comes with its picture?"""

import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from core.evidence import OcrLine, PictureReading
from core.models.ocr import VERSION, OcrReader, text_of
from core.pictures import normalize
from core.reading.picture_answers import answer_from_picture
from tests.bench.tables import Table

CACHE = Path(__file__).parents[2] / "build" / "bench-cache" / "ocr"
RECEIPT_QUESTIONS = {
    "company": "Which company issued this receipt?",
    "date": "What is the date?",
    "address": "What is the address?",
    "total": "What is the total?",
}


class Tally:
    """How often the answer is in the reply, and how long replies are."""

    def __init__(self) -> None:
        self.asked = self.verbatim = self.bare = self.readable = self.characters = 0

    def add(self, question: str, reading: PictureReading, answers: Sequence[str]) -> None:
        """Ask one question."""
        answer = answer_from_picture(question, reading)
        reply = answer.text if answer else ""
        self.asked += 1
        self.verbatim += any(one in reply for one in answers)
        self.bare += any(bare(one) in bare(reply) for one in answers)
        self.readable += any(bare(one) in bare(text_of(reading.lines)) for one in answers)
        self.characters += len(reply)

    def row(self, name: str) -> list[str | float | int | None]:
        """A row of the table."""
        share = [count / self.asked for count in (self.verbatim, self.bare, self.readable)]
        return [name, self.asked, *share, round(self.characters / self.asked)]


async def measure(data: Path) -> list[Table]:
    """Screenshots and receipts; OCR is kept from one run to the next and timed on the first receipts."""
    ocr = OcrReader()
    tallies: dict[str, Tally] = {}
    for row in map(json.loads, (data / "team_docs/picture_questions.jsonl").read_text(encoding="utf-8").splitlines()):
        reading = read(ocr, data / "team_docs" / row["image"])
        for language in ("en", "zh"):
            tallies.setdefault(f"screenshots {language}", Tally()).add(row[language], reading, row["answers"])
    receipts = sorted((data / "receipts/img").iterdir())
    for picture in receipts:
        reading = read(ocr, picture)
        key = next((data / "receipts/key").glob(f"{picture.stem}.*"))
        for field, value in json.loads(key.read_text(encoding="utf-8")).items():
            for name in ("receipts, all fields", f"receipts, {field}"):
                tallies.setdefault(name, Tally()).add(RECEIPT_QUESTIONS[field], reading, [value])
    return [
        Table(
            "Questions about pictures, answered by OCR",
            ("pictures", "questions", "verbatim", "without punctuation", "OCR reads it at all", "characters a reply"),
            [tally.row(name) for name, tally in tallies.items()],
            note=f"OCR: {seconds_a_picture(ocr, receipts[:5]):.1f} s a receipt in this run.",
        )
    ]


def read(ocr: OcrReader, picture: Path) -> PictureReading:
    """What OCR reads in a file, kept by its content."""
    data = picture.read_bytes()
    kept = CACHE / f"{VERSION.replace('/', '-')}-{hashlib.sha256(data).hexdigest()}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        lines = ocr.read(normalize(data).data)
        kept.write_text(json.dumps([line.model_dump() for line in lines], ensure_ascii=False), encoding="utf-8")
    lines = tuple(OcrLine.model_validate(line) for line in json.loads(kept.read_text(encoding="utf-8")))
    return PictureReading(number=1, width=1, height=1, lines=lines)


def seconds_a_picture(ocr: OcrReader, pictures: Sequence[Path]) -> float:
    """Mean seconds, the models loaded."""
    taken = [normalize(picture.read_bytes()).data for picture in pictures]
    ocr.read(taken[0])
    started = time.perf_counter()
    for data in taken:
        ocr.read(data)
    return (time.perf_counter() - started) / len(taken)


def bare(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())
