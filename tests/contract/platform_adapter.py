"""What every platform's adapter promises of the replies that it posts, whatever happens to workers and to the platform.

A platform subclasses `PlatformAdapterContract` and gives it a `Stage`: the real adapter, before an emulated platform.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

import pytest
from PIL import Image

from core.errors import LeaseLostError
from core.mailbox import Mailbox
from core.messages import Picture
from core.posting import Outlet, Posted
from core.question import Question
from core.reply import Citation, Failure, Finished, ReplyPart, ShownPicture, Status, Text
from tests.postings import Script, answer, answer_and_die, each, posting_of, take

PUMP = "The pump is P-101"
ANSWER: tuple[ReplyPart, ...] = (
    Status(stage="searching"),
    Text(text="The pump is P-101 [1]."),
    Citation(number=1, source="manual.md", title="Manual", quote="Pumps: P-101, P-102."),
    Finished(),
)
LONG = "\n\n".join(f"Paragraph {number} " + "tells more of pumps. " * 40 for number in range(40))


@dataclass(frozen=True)
class Standing:
    """One message of a reply as people see it; `pictures` are the words for who can't see them."""

    text: str
    pictures: tuple[str, ...] = ()


class Stage(Protocol):
    """A platform's adapter before an emulated platform."""

    mailbox: Mailbox
    adapter: Outlet

    async def ask(self, text: str) -> Question:
        """Somebody asks where several people read; the question is in the mailbox."""
        ...

    def standing(self, question: Question) -> Sequence[Standing]:
        """What stands of the replies to it, the oldest first."""
        ...

    def keep(self, sha256: str, data: bytes) -> None:
        """Let the adapter find a picture's bytes."""
        ...

    def does_not_answer(self) -> None:
        """Let the platform take the next post, and break off before it says so."""
        ...

    async def until_stands(self, question: Question, text: str) -> None:
        """Wait until something with this text stands."""
        ...


class PlatformAdapterContract:
    """The contract."""

    @pytest.fixture
    def stage(self) -> Stage:
        raise NotImplementedError

    async def test_a_question_gets_one_answer(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")
        await self.answers(stage, question, ANSWER)
        (reply,) = stage.standing(question)
        assert PUMP in reply.text and "Searching" not in reply.text
        assert "Manual" in reply.text

    async def test_an_answer_that_comes_in_pieces_is_one_in_the_end(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")
        script = Script(Text(text="The pump "))
        answering = asyncio.create_task(answer(stage.mailbox, stage.adapter, question, aiter(script)))
        await stage.until_stands(question, "The pump")
        script.end(Text(text="is P-101."))
        await answering
        (reply,) = stage.standing(question)
        assert PUMP in reply.text

    async def test_an_answer_anew_takes_the_place_of_the_old_one(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")
        first = await self.answers(stage, question, ANSWER)
        assert await stage.mailbox.again(question.message.place.conversation, question.message.id)
        second = await self.answers(stage, question, (Text(text="It is the valve V-7."), Finished()))
        assert first == second
        (reply,) = stage.standing(question)
        assert "V-7" in reply.text and PUMP not in reply.text

    async def test_killed_before_its_post_is_noted_a_worker_leaves_one_answer(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")

        def posted(_now: Posted) -> bool:
            """Right after something stands on the platform."""
            return bool(stage.standing(question))

        await answer_and_die(stage.mailbox, stage.adapter, question, each(ANSWER), posted)
        await self.answers(stage, question, ANSWER)
        (reply,) = stage.standing(question)
        assert reply.text.count(PUMP) == 1

    async def test_a_post_that_the_platform_does_not_confirm_stands_once(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")
        stage.does_not_answer()
        await self.answers(stage, question, ANSWER)
        (reply,) = stage.standing(question)
        assert reply.text.count(PUMP) == 1

    async def test_who_has_lost_the_turn_posts_nothing(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")
        turn = await take(stage.mailbox, question)
        posting = posting_of(stage.mailbox, turn)
        await stage.mailbox.hand_back(turn)
        await self.answers(stage, question, ANSWER)
        with pytest.raises(LeaseLostError):
            await stage.adapter.post(posting, each(ANSWER))
        assert len(stage.standing(question)) == 1

    async def test_with_its_question_an_answer_goes(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")
        await self.answers(stage, question, ANSWER)
        await self.withdrawn(stage, question)
        assert not stage.standing(question)

    async def test_a_long_answer_arrives_whole(self, stage: Stage) -> None:
        question = await stage.ask("Tell me everything")
        await self.answers(stage, question, (Text(text=LONG), Finished()))
        together = "\n".join(message.text for message in stage.standing(question))
        assert [together.count(f"Paragraph {number} ") for number in range(40)] == [1] * 40
        await self.withdrawn(stage, question)
        assert not stage.standing(question)

    async def test_a_failure_is_said_with_what_one_can_do(self, stage: Stage) -> None:
        question = await stage.ask("Which pump is it?")
        failure = Failure(code="model", message="The model is away.", hint="Ask later.")
        await self.answers(stage, question, (failure, Finished()))
        (reply,) = stage.standing(question)
        assert "The model is away." in reply.text and "Ask later." in reply.text

    async def test_a_picture_comes_with_words_for_who_cannot_see_it(self, stage: Stage) -> None:
        question = await stage.ask("Show me the pump")
        data = BytesIO()
        Image.new("RGB", (32, 24), "red").save(data, "PNG")
        sha256 = hashlib.sha256(data.getvalue()).hexdigest()
        stage.keep(sha256, data.getvalue())
        picture = Picture(sha256=sha256, media_type="image/png", width=32, height=24, name="pump.png", alt="a red pump")
        shown = ShownPicture(picture=picture, source="manual.pdf", caption="The red pump")
        await self.answers(stage, question, (Text(text="Here it is."), shown, Finished()))
        (alt,) = [alt for message in stage.standing(question) for alt in message.pictures]
        assert "red pump" in alt

    async def answers(self, stage: Stage, question: Question, parts: Sequence[ReplyPart]) -> str:
        return await answer(stage.mailbox, stage.adapter, question, each(parts))

    async def withdrawn(self, stage: Stage, question: Question) -> None:
        await stage.mailbox.deleted(question.message.place.conversation, question.message.id)
        turn = await take(stage.mailbox, question)
        await stage.adapter.withdraw(posting_of(stage.mailbox, turn))
        await stage.mailbox.finish(turn, None)
