"""A conversation made to fit what the model can read: the oldest pictures go first, then the oldest turns.

The system text, the last question and its own pictures are never left out. What stays out is said twice: to the model,
as a short text in the place of the picture, and to the person, as a notice with the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import QuestionError
from core.models.local.conversation import ChatTurn, Part, SentPicture
from core.models.local.prompt import Prompt, PromptBuilder, open_sent
from core.models.local.template import pictures_of

if TYPE_CHECKING:
    from PIL.Image import Image

LEFT_OUT = "[picture left out]"
FEW = 4
"""So many pictures are simply tried; of more, what each costs is measured first, the newest first."""
LEAST_ANSWER = 64
"""Tokens that must be left for an answer."""
_NOTICES = {
    "en": {
        "pictures": "The model can't read this much at once: {count} earlier picture(s) were left out.",
        "turns": "The model can't read this much at once: the {count} oldest message(s) were left out.",
    },
    "zh": {
        "pictures": "模型一次读不了这么多内容：略去了较早的 {count} 张图片。",
        "turns": "模型一次读不了这么多内容：略去了最早的 {count} 条消息。",
    },
}


@dataclass(frozen=True)
class Budget:
    """`context` is how many tokens prompt and answer may have together; `language` that of the notices."""

    context: int
    language: str = "en"

    def prompt(self, builder: PromptBuilder, turns: Sequence[ChatTurn], tools: Sequence[dict[str, Any]] = ()) -> Prompt:
        """The prompt of as much of the conversation as fits.

        Raises:
            QuestionError: not even the last question fits.
            PictureError: a picture can't be read.
        """
        return _Fitting(self, builder, list(turns), tools).prompt()


class _Fitting:
    """One conversation while it is made to fit."""

    def __init__(
        self, budget: Budget, builder: PromptBuilder, turns: list[ChatTurn], tools: Sequence[dict[str, Any]]
    ) -> None:
        self._budget = budget
        self._builder = builder
        self._turns = turns
        self._tools = tools
        self._room = budget.context - LEAST_ANSWER
        self._images: dict[SentPicture, Image] = {}
        self._pictures_out = 0
        self._turns_out = 0

    def prompt(self) -> Prompt:
        """The prompt, made again with less until it fits; many pictures are measured one by one before."""
        if len(pictures_of(self._turns)) > FEW:
            self._leave_out()
        while True:
            images = [self._image(picture) for picture in pictures_of(self._turns)]
            made = self._builder.of_turns(self._turns, self._tools, images=images, notices=self._notices())
            if made.tokens <= self._room:
                return made
            if not (self._drop_picture() or self._drop_turn()):
                raise _does_not_fit(made.tokens, self._room)

    def _leave_out(self) -> None:
        """Leave pictures out until the sum of the parts fits, or only few are left."""
        room = self._room - self._text_tokens()
        fitting = 0
        for one in reversed(pictures_of(self._turns)):  # from the newest: of a flood most are never opened
            room -= self._picture_tokens(one)
            if room < 0:
                break
            fitting += 1
        while len(pictures_of(self._turns)) > max(FEW, fitting) and self._drop_picture():
            pass

    def _drop_picture(self) -> bool:
        """Leave the oldest picture out, if it is not the last question's."""
        last = self._last_question()
        for at, turn in enumerate(self._turns[:last]):
            for number, part in enumerate(turn.parts):
                if isinstance(part, SentPicture):
                    parts: list[Part] = list(turn.parts)
                    parts[number] = LEFT_OUT
                    self._turns[at] = turn.with_parts(parts)
                    self._pictures_out += 1
                    return True
        return False

    def _drop_turn(self) -> bool:
        """Leave the oldest turn out, with the results that belong to its calls; never a system text."""
        last = self._last_question()
        for at, turn in enumerate(self._turns[:last]):
            if turn.role == "system":
                continue
            end = at + 1
            while end < last and self._turns[end].role == "tool":
                end += 1
            self._turns_out += end - at
            del self._turns[at:end]
            return True
        return False

    def _last_question(self) -> int:
        """Where the last question begins; what follows it (calls of tools, their results) belongs to it."""
        users = [at for at, turn in enumerate(self._turns) if turn.role == "user"]
        return users[-1] if users else max(0, len(self._turns) - 1)

    def _text_tokens(self) -> int:
        bare = [turn.with_parts([part for part in turn.parts if isinstance(part, str)]) for turn in self._turns]
        return self._builder.of_turns(bare, self._tools, images=[]).tokens

    def _picture_tokens(self, picture: SentPicture) -> int:
        return self._builder.picture_tokens(self._image(picture))

    def _image(self, picture: SentPicture) -> "Image":
        if picture not in self._images:
            self._images[picture] = open_sent(picture)
        return self._images[picture]

    def _notices(self) -> list[str]:
        words = _NOTICES[self._budget.language]
        counts = {"pictures": self._pictures_out, "turns": self._turns_out}
        return [words[what].format(count=count) for what, count in counts.items() if count]


def _does_not_fit(tokens: int, room: int) -> QuestionError:
    return QuestionError(
        f"The question is too long for the model: {tokens:,} tokens with its pictures; {room:,} can be read.",
        hint="Shorten it, or send fewer or smaller pictures; whoever runs Lorelens can raise LORELENS_LOCAL_CONTEXT.",
    )
