"""`lorelens models`: which models fit this machine, what they can, and which is recommended for what."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from bots.running import DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import SettingsError


def models(
    name: Annotated[str, typer.Argument(help="One model, to be shown wholly.", show_default=False)] = "",
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure how fast the configured model answers here, and keep the figure.")
    ] = False,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Choose a model: what fits this machine, with licence, languages and published figures."""
    run(_models(name, data, measure=measure, as_json=as_json), as_json=as_json)


async def _models(name: str, data: Path | None, *, measure: bool, as_json: bool) -> int:
    from bots import models_view
    from core.models.catalogue import speed
    from core.models.catalogue.advice import advise
    from core.models.catalogue.entries import catalogue
    from core.models.machine import this_machine

    settings = settings_for(data)
    machine = this_machine()
    known = catalogue()
    if measure:
        async with Application(settings) as application:
            speed.keep(application.data, await speed.measure(await application.chat(), machine))
    speeds = speed.kept(settings.data_folder)
    if name:
        entry = known.find(name)
        if entry is None:
            titles = ", ".join(one.title for one in (*known.chat, *known.encoder))
            raise SettingsError(f'The catalogue has no model "{name}".', hint=f"It has: {titles}.")
        if as_json:
            print(json.dumps(_fields(entry, machine, speeds), ensure_ascii=False))
        else:
            models_view.show_one(entry, machine, speeds)
        return 0
    if as_json:
        fields: dict[str, Any] = {
            "machine": asdict(machine),
            "configured": settings.model,
            "models": [_fields(entry, machine, speeds) for entry in (*known.chat, *known.encoder)],
            "advice": [
                {"task": one.task, "model": one.entry and one.entry.name, "reason": one.reason, "lines": one.lines}
                for one in advise(known, machine)
            ],
            "measured": [one.model_dump() for one in speeds.values()],
        }
        print(json.dumps(fields, ensure_ascii=False))
        return 0
    models_view.show_all(known, machine, speeds, advise(known, machine))
    return 0


def _fields(entry: Any, machine: Any, speeds: Any) -> dict[str, Any]:
    """An entry for a script."""
    from core.models.catalogue.downloaded import cache_folder, is_downloaded
    from core.models.catalogue.memory import fit

    measured = speeds.get(f"local:{entry.name}") or speeds.get(f"openai:{entry.name}")
    return {
        **entry.model_dump(mode="json"),
        "licence_note": entry.licence_note,
        "page": entry.page,
        "disk_bytes": round(entry.disk),
        "fit": asdict(fit(entry, machine)),
        "downloaded": is_downloaded(entry.name, cache_folder()),
        "tokens_per_second": measured.tokens_per_second if measured else None,
        "setting_lines": entry.setting_lines(),
    }
