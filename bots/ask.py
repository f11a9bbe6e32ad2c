"""`lorelens ask`: a question, with pictures if there are any, to a cited answer."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from bots.batch import run_batch
from bots.running import BatchOption, DataOption, JsonOption, run, settings_for
from core.application import Application
from core.errors import LorelensError, PictureError, SettingsError
from core.messages import Author, Message, Place
from core.reply import Reply, ReplyPart, gather

if TYPE_CHECKING:
    from core.assistant import Assistant
    from core.explaining.explainer import Drawing
    from core.explaining.explanation import Explanation
    from core.explaining.record import AnswerRecord
    from core.pictures import NormalizedPicture

HERE = Place(platform="terminal", workspace="local", channel="ask")
ME = Author(id="me", name="me")


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know, in any language.")] = "",
    picture: Annotated[
        list[Path] | None, typer.Option("--picture", "-p", help="A picture the question is about; may be repeated.")
    ] = None,
    as_json: JsonOption = False,
    batch: BatchOption = False,
    why: Annotated[
        bool, typer.Option("--why", help="Explain the answer too; `lorelens why` does so afterwards.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Ask about the team's documents and pictures; the answer names its sources."""
    run(_ask(question, picture or [], data, as_json=as_json, batch=batch, why=why), as_json=as_json)


async def _ask(
    question: str, pictures: Sequence[Path], data: Path | None, *, as_json: bool, batch: bool, why: bool
) -> int:
    async with Application(settings_for(data)) as application:
        asker = Asker(application)
        if batch:
            await asker.require_knowledge()

            async def answer(question: str, picture: str | None) -> dict[str, Any]:
                reply = await asker.reply(question, [Path(picture)] if picture else [])
                return reply_fields(question, reply, application)

            return await run_batch(answer)
        if not pictures:
            await asker.require_knowledge()
        if as_json:
            reply = await asker.reply(question, pictures)
            fields = reply_fields(question, reply, application) | {"id": asker.asked}
            if why and (explained := await asker.explain()) is not None:
                fields["why"] = explained[0].model_dump(mode="json")
            print(json.dumps(fields, ensure_ascii=False))
            return exit_code(reply)
        from adapters.terminal.render import render

        reply = await render(asker.parts(question, pictures), picture_path=application.pictures.path)
        if why and (explained := await asker.explain()) is not None:
            from bots.why import show_in_terminal

            print()
            show_in_terminal(*explained, {})
        return exit_code(reply)


class Asker:
    """Asks one question after the other, without a conversation between them."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._assistant: Assistant | None = None
        self._pictures: dict[str, bytes] = {}
        self._record: AnswerRecord | None = None
        self.asked = ""
        """The id of the last question."""

    async def require_knowledge(self) -> None:
        """Refuse to answer from nothing."""
        index = await self._application.index()
        if not await index.check():
            raise SettingsError(
                f"There is no knowledge in {self._application.data} yet.",
                hint="Read some in with `lorelens ingest FOLDER`, or name another folder with --data.",
            )

    async def parts(self, question: str, pictures: Sequence[Path]) -> AsyncIterator[ReplyPart]:
        """The parts of the reply as they come."""
        message = self.message(question, pictures)
        self.asked = message.id
        if self._assistant is None:
            self._assistant = await self._application.assistant(self._find)
        async for part in self._assistant.answer(message, keep=self._keep):
            yield part

    async def _keep(self, record: "AnswerRecord") -> None:
        """Keep what the answer stood on, for `lorelens why`."""
        from core.explaining.keeping import LastAnswer, LastAnswerFile

        self._record = record
        LastAnswerFile(self._application.data).keep(LastAnswer(record=record, pictures=self._pictures))

    async def explain(self) -> "tuple[Explanation, list[Drawing]] | None":
        """Why the last answer is what it is; None where there is none."""
        if self._record is None:
            return None
        explainer = self._application.explainer(self._find)
        explanation = await explainer.explain(self._record)
        return explanation, await explainer.draw(explanation)

    async def _find(self, sha256: str) -> bytes | None:
        return self._pictures.get(sha256)

    async def reply(self, question: str, pictures: Sequence[Path]) -> Reply:
        """The whole reply."""
        return gather([part async for part in self.parts(question, pictures)])

    def message(self, question: str, pictures: Sequence[Path]) -> Message:
        """The question as a message; its pictures are checked and normalized."""
        taken = [read_picture(path) for path in pictures]
        self._pictures = {one.picture.sha256: one.data for one in taken}
        return Message(
            id=uuid4().hex,
            place=HERE,
            author=ME,
            text=question,
            pictures=tuple(one.picture for one in taken),
            sent_at=datetime.now(UTC),
        )


def read_picture(path: Path) -> "NormalizedPicture":
    """A picture file, normalized.

    Raises:
        PictureError: it can't be read, or is not a picture.
    """
    from core.pictures import normalize

    try:
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(
            f"The picture {path} can't be read: {error.strerror}.", hint="Check the path and its permissions."
        ) from error
    return normalize(data, name=path.name)


def reply_fields(question: str, reply: Reply, application: Application) -> dict[str, Any]:
    """A reply for a script."""
    fields: dict[str, Any] = {
        "question": question,
        "answer": reply.text,
        "declined": reply.declined,
        "support": reply.support,
        "model": reply.model,
        "citations": [
            one.model_dump(include={"number", "source", "heading", "page", "quote"}) for one in reply.citations
        ],
        "pictures": [
            {
                "source": one.source,
                "caption": one.caption,
                "sha256": one.picture.sha256,
                "path": str(application.pictures.path(one.picture.sha256)),
            }
            for one in reply.pictures
        ],
    }
    if reply.failure is not None:
        fields["error"] = reply.failure.model_dump(include={"code", "message", "hint"})
    return fields


def exit_code(reply: Reply) -> int:
    """The exit code of a reply: that of its failure, if it has one."""
    if reply.failure is None:
        return 0
    if reply.failure.message:
        sys.stderr.write(f"Error: {reply.failure.message}\n{reply.failure.hint}\n")
    return _exit_codes(LorelensError).get(reply.failure.code, 1)


def _exit_codes(kind: type[LorelensError]) -> dict[str, int]:
    codes = {kind.code: kind.exit_code}
    for narrower in kind.__subclasses__():
        codes |= _exit_codes(narrower)
    return codes
