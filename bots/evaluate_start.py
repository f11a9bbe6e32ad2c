"""`lorelens evaluate --from-feedback`: a first file of questions, from answers that people found helpful."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bots.running import settings_for
from core.application import Application
from core.errors import QuestionError


async def begin_from_feedback(file: Path, data: Path | None, *, as_json: bool) -> int:
    """Write a first file of questions from feedback.

    Raises:
        QuestionError: the file is there already, or has another ending.
    """
    from core.evaluation.starting import starter
    from core.whole_files import write_whole

    if await asyncio.to_thread(file.exists):
        raise QuestionError(f"{file} is there already.", hint="Name a new file; nothing was written.")
    if file.suffix.lower() != ".jsonl":
        raise QuestionError(f"{file} does not end in .jsonl.", hint="JSON Lines is what is written.")
    async with Application(settings_for(data)) as application:
        begun = await starter(await application.conversations())
    if begun.lines:
        await asyncio.to_thread(write_whole, file, "".join(f"{line}\n" for line in begun.lines).encode())
    if as_json:
        print(json.dumps({"file": str(file), "questions": len(begun.lines), "left_out": begun.left_out}))
        return 0
    _show_start(file, len(begun.lines), list(begun.left_out.items()), Console())
    return 0


def _show_start(file: Path, many: int, left_out: Sequence[tuple[str, int]], console: Console) -> None:
    if many:
        console.print(f"{many} questions are written to {file}.", markup=False, soft_wrap=True)
    else:
        console.print("No helpful answer of a public place or of this terminal is kept; nothing was written.")
    for reason, count in left_out:
        console.print(f"left out {count}: {reason}", markup=False, highlight=False)
    if many:
        console.print("Look them through: an answer that helped once may be wrong by now. Then:")
        console.print(f"  lorelens evaluate {file}", markup=False, soft_wrap=True)
