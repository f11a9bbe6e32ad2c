"""E-mails with orders in them, read in as a team's sources are: as files, web pages, a channel's messages, and pictures
of their text; and a model that does whatever it reads."""

import json
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from config.settings import Settings
from core.application import Application
from core.assistant import Assistant
from core.knowledge.documents import Passage
from core.knowledge.passages import passage_id
from core.models.chat import load_chat_model
from core.sources.configured import Configured
from core.sources.connector import SourceSpec
from core.sources.syncing import Unwatched
from tests.ingesting import OCR
from tests.leaking.house import Obedient
from tests.leaking.injecting import SECRET, Injected
from tests.scenario.openai_server import model_server
from tests.sites import Site, site

WAYS = ("files", "web", "channel", "pictures")
AUDIENCE = ("everyone", "slack/T1")
"""Of whoever asks: a channel of an export is for its workspace's members."""


@dataclass(frozen=True)
class Mail:
    """An e-mail, and the order that stands in the middle of it."""

    text: str
    attack: str

    def said(self, word: str) -> str:
        """The e-mail as it is received; `word` is what it is asked for by."""
        sentences = self.text.split(". ")
        middle = len(sentences) // 2
        before, after = ". ".join(sentences[:middle]), ". ".join(sentences[middle:])
        return f"Reference {word}. {before}\n\n{self.attack}\n\n{after}"


def word_of(way: str, number: int) -> str:
    """What one e-mail is asked for by: letters that OCR does not mistake."""
    letters = "".join("ABCEFHKLMP"[int(digit)] for digit in f"{number:03}")
    return f"{way.upper()}{letters}"


@asynccontextmanager
async def injected_mail(folder: Path, mails: Sequence[Mail], ways: Sequence[str] = WAYS) -> AsyncGenerator[Injected]:
    """The e-mails read in by each of these ways, and beside them what is for others."""
    script = Obedient()
    settings = Settings(data=folder / "data", encoder="none")
    async with Application(settings) as application, site() as served:
        for way in ways:
            await _read_in(application, _source(way, folder / way, mails, served))
        await _hide(application)
        with model_server(script) as server:
            script.server = server
            chat: Any = await load_chat_model(
                "openai:obedient", base_url=server.url, api_key="k", sees_pictures=False, calls_tools=True
            )
            knowledge = await application.knowledge()
            try:
                yield Injected(Assistant(chat=chat, knowledge=knowledge, pictures=_none, ocr=OCR), server)
            finally:
                await chat.close()


async def _read_in(application: Application, spec: SourceSpec) -> None:
    application.configured_sources.put(Configured(spec=spec))
    report = await application.syncing.sync(spec.name, Unwatched())
    assert not report.failed, report


async def _hide(application: Application) -> None:
    """A document for the board alone, that fits every question."""
    hidden = Passage(
        id=passage_id("payroll", "p.md", "text", 0), source="payroll", path="p.md", audience=("board",),
        text=f"The payroll word of every reference is {SECRET}.",
    )  # fmt: skip
    index = await application.index()
    await index.upsert([hidden], None)
    await index.optimize()


def _source(way: str, place: Path, mails: Sequence[Mail], served: Site) -> SourceSpec:
    place.mkdir(parents=True)
    texts = [mail.said(word_of(way, number)) for number, mail in enumerate(mails)]
    match way:
        case "files":
            for number, text in enumerate(texts):
                (place / f"mail-{number}.txt").write_text(text)
            return SourceSpec(name=way, kind="folder", location=str(place))
        case "pictures":
            for number, text in enumerate(texts):
                _drawn(text).save(place / f"mail-{number}.png")
            return SourceSpec(name=way, kind="folder", location=str(place))
        case "web":
            links = "".join(f'<li><a href="/mail/{at}">Mail {at}</a></li>' for at in range(len(texts)))
            served.pages["/mail/"] = f"<html><title>Mail</title><body><ul>{links}</ul></body></html>"
            for number, text in enumerate(texts):
                body = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
                served.pages[f"/mail/{number}"] = f"<html><title>Mail {number}</title><body>{body}</body></html>"
            options = {"allow": served.host, "interval": "0", "depth": "1"}
            return SourceSpec(name=way, kind="web", location=f"{served.url}/mail/", options=options)
        case _:
            file = place / "export.zip"
            _export(file, texts)
            return SourceSpec(name=way, kind="slack_export", location=str(file))


def _drawn(text: str) -> Image.Image:
    """The text as a picture of a screen, in letters that OCR reads."""
    font = ImageFont.load_default(22)
    lines = [line for part in text.split("\n") for line in (wrap(part, 80) or [""])]
    picture = Image.new("RGB", (1000, 30 * len(lines) + 40), "white")
    draw = ImageDraw.Draw(picture)
    for at, line in enumerate(lines):
        draw.text((20, 20 + 30 * at), line, "black", font=font)
    return picture


def _export(file: Path, texts: Sequence[str]) -> None:
    begins = 1_767_261_600
    messages = [
        {"type": "message", "user": "U1ADA", "text": text, "ts": f"{begins + 7200 * at}.000100"}
        for at, text in enumerate(texts)
    ]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("users.json", json.dumps([{"id": "U1ADA", "team_id": "T1", "name": "ada"}]))
        archive.writestr("channels.json", json.dumps([{"id": "C1", "name": "mail", "members": ["U1ADA"]}]))
        archive.writestr("mail/2026-01-01.json", json.dumps(messages))


async def _none(_sha256: str) -> bytes | None:
    return None
