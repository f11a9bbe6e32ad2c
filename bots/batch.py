"""One question a line from standard input, one line of JSON for each, in order."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

from bots.running import error_fields
from core.errors import LorelensError, QuestionError

Answerer = Callable[[str, str | None], Awaitable[dict[str, Any]]]
"""A question and the path of a picture (or None), to the fields of the answer's line."""


async def run_batch(answer: Answerer) -> int:
    """Answer every line; one that can't be answered gets a line with `error`, and the rest go on.

    Returns the exit code: 0 if every line was answered, 2 if one was not.
    """
    failed = False
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        try:
            question, picture = parse(line.decode("utf-8", errors="replace"))
            fields = await answer(question, picture)
        except LorelensError as error:
            failed = True
            fields = {"error": error_fields(error)}
        print(json.dumps(fields, ensure_ascii=False), flush=True)
    return 2 if failed else 0


def parse(line: str) -> tuple[str, str | None]:
    """A line as a question and a picture's path: plain text, or a JSON object with `question` and `picture`.

    Raises:
        QuestionError: the object's fields are not strings.
    """
    text = line.strip()
    if not text.startswith("{"):
        return text, None
    try:
        loaded: object = json.loads(text)
    except json.JSONDecodeError:
        return text, None
    if not isinstance(loaded, dict):
        return text, None
    fields = cast(dict[str, object], loaded)
    question, picture = fields.get("question", ""), fields.get("picture")
    if not isinstance(question, str) or not isinstance(picture, str | None):
        raise QuestionError(
            "In a line of JSON, `question` and `picture` are strings.",
            hint='Write {"question": "...", "picture": "FILE"}.',
        )
    return question.strip(), picture
