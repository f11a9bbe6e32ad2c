"""`lorelens chat`: a conversation in the terminal, remembered from one start to the next."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer
from rich.console import Console

from adapters.terminal.render import render
from bots.ask import ME, Asker, read_picture
from bots.running import DataOption, run, settings_for
from core.application import Application
from core.conversations import Conversations
from core.errors import LorelensError
from core.intent import asks_why
from core.messages import Author, Message, Picture, Place
from core.reply import Reply, ReplyPart, gather

if TYPE_CHECKING:  # these bring LangChain along
    from core.explaining.explainer import Drawing
    from core.explaining.explanation import Explanation
    from core.explaining.record import AnswerRecord

HELP = """Write a question and press Enter. `/picture FILE` adds a picture to the next question, `/why` (or "why this
answer?") explains the last answer, `/why WORD` also where a local model looked when it said that word, `/forget`
forgets this conversation, `/quit` (or Ctrl-D) leaves; what was said stays for the next time."""
LORELENS = Author(id="lorelens", name="Lorelens", is_bot=True)


def chat(
    session: Annotated[str, typer.Option("--session", help="Which conversation to go on with.")] = "main",
    data: DataOption = None,
) -> None:
    """Talk with Lorelens; follow-up questions are understood, and the conversation is remembered."""
    run(_chat(session, data))


async def _chat(session: str, data: Path | None) -> int:
    console = Console()
    async with Application(settings_for(data)) as application:
        await Asker(application).require_knowledge()
        conversation = Conversation(application, await application.conversations(), session)
        console.print(f"[bold]Lorelens[/] [dim]({(await application.chat()).name})[/]\n[dim]{HELP}[/]\n")
        while True:
            try:
                line = (await asyncio.to_thread(console.input, "[bold cyan]you ›[/] ")).strip()
            except EOFError:
                console.print()
                return 0
            if line == "/quit":
                return 0
            try:
                await _take(line, conversation, application, console)
            except LorelensError as error:
                console.print(f"[red]{error.message}[/] {error.hint}")


async def _take(line: str, conversation: "Conversation", application: Application, console: Console) -> None:
    command, _, rest = line.partition(" ")
    if not line:
        return
    if command == "/help":
        console.print(HELP)
    elif command == "/picture":
        picture = await conversation.add_picture(Path(rest.strip()))
        console.print(f"[dim]{picture.name}, {picture.width} x {picture.height}: now ask about it.[/]")
    elif command == "/why" or asks_why(line):
        await _explain(conversation, rest.strip() if command == "/why" else "", line, console)
    elif command == "/forget":
        await conversation.forget()
        console.print("[dim]Forgotten.[/]")
    elif command.startswith("/"):
        console.print(f"There is no command {command}. {HELP}")
    else:
        await render(conversation.say(line), picture_path=application.pictures.path, console=console)


async def _explain(conversation: "Conversation", word: str, line: str, console: Console) -> None:
    from bots.why import show_in_terminal

    explained = await conversation.explain(word)
    if explained is None:
        from core.explaining.words import words_for

        console.print(words_for(line)["nothing"])
    else:
        show_in_terminal(*explained, {})


def place_of(session: str) -> Place:
    """Where a conversation of the terminal stands."""
    return Place(platform="terminal", workspace="local", channel="chat", thread=session)


class Conversation:
    """One conversation with its history in the store."""

    def __init__(self, application: Application, store: Conversations, session: str) -> None:
        self._application = application
        self._store = store
        self._place = place_of(session)
        self._pictures: list[Picture] = []

    async def add_picture(self, path: Path) -> Picture:
        """Add a picture to the next message."""
        taken = read_picture(path)
        await self._store.keep_picture(taken)
        self._pictures.append(taken.picture)
        return taken.picture

    async def forget(self) -> None:
        """Forget what was said here."""
        self._pictures.clear()
        await self._store.forget_conversation(self._place.conversation)

    async def say(self, text: str) -> AsyncIterator[ReplyPart]:
        """Say something; the parts of the reply come as they are made, and both sides are remembered."""
        history = await self._store.history(self._place.conversation, self._application.settings.history_tokens)
        message = self._message(text, ME)
        await self._store.remember(message)
        self._pictures.clear()
        assistant = await self._application.assistant(self._store.picture)
        parts: list[ReplyPart] = []
        async for part in assistant.answer(message, history, keep=self._keep):
            parts.append(part)
            yield part
        await self._store.remember(self._answer(gather(parts)))

    async def _keep(self, record: "AnswerRecord") -> None:
        """Keep what the answer stood on beside the conversation; the file only says where."""
        from core.explaining.keeping import KeptAnswers, LastAnswer, LastAnswerFile

        if await KeptAnswers(self._store).keep(record):
            last = LastAnswer(conversation=self._place.conversation, message_id=record.id)
            LastAnswerFile(self._application.data).keep(last)

    async def explain(self, word: str = "") -> "tuple[Explanation, list[Drawing]] | None":
        """Why the last answer here is what it is; None where there is none."""
        from core.explaining.keeping import KeptAnswers

        record = await KeptAnswers(self._store).last(self._place.conversation)
        if record is None:
            return None
        explainer = self._application.explainer(self._store.picture)
        explanation = await explainer.explain(record, word=word)
        return explanation, await explainer.draw(explanation)

    def _message(self, text: str, author: Author) -> Message:
        return Message(
            id=uuid4().hex,
            place=self._place,
            author=author,
            text=text,
            pictures=tuple(self._pictures),
            sent_at=datetime.now(UTC),
        )

    def _answer(self, reply: Reply) -> Message:
        return self._message(reply.text, LORELENS).model_copy(
            update={"role": "assistant", "pictures": tuple(shown.picture for shown in reply.pictures)}
        )
