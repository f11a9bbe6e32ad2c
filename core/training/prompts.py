"""Prompts to learn from: what the assistant would ask the model, by the code that asks it, and then the answer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.evidence import Evidence, EvidencePassage
from core.knowledge.documents import Passage
from core.models.local.conversation import ChatTurn, SentPicture
from core.models.local.prompt import Prompt, PromptBuilder
from core.models.local.template import ChatTemplate
from core.models.notes import PromptStyle
from core.pictures import open_picture
from core.prompting import brief_question, render_question, system_prompt
from core.training.examples import Example

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

_PICTURE = SentPicture(b"")
"""Stands for a picture where only its place matters; its pixels are given beside."""
_SENTINEL = "sentinel"


def turns_of(example: Example, style: PromptStyle) -> list[ChatTurn]:
    """The conversation that ends with an example's question, as the assistant would put it to the model."""
    shown = (_PICTURE,) * len(example.pictures)
    if style == "brief":
        best = example.passages[0] if example.passages else ""
        return [ChatTurn("user", (brief_question(best, example.question), *shown))]
    turns = [ChatTurn("system", (system_prompt(),))]
    for earlier in example.turns:
        turns += [ChatTurn("user", (earlier.question,)), ChatTurn("assistant", (earlier.answer,))]
    return [*turns, ChatTurn("user", (_full_question(example), *shown))]


def _full_question(example: Example) -> str:
    passages = tuple(
        EvidencePassage(number=number, passage=Passage(id=str(number), source="training", path=f"{number}", text=text))
        for number, text in enumerate(example.passages, start=1)
    )
    evidence = Evidence(question=example.question, standalone=example.question, passages=passages)
    # Drawn from the example, so that a run that goes on reads the same as one that was never broken off.
    seal = hashlib.sha256(f"{example.where} {example.question}".encode()).hexdigest()[:8]
    return render_question(evidence, seal=seal)


@dataclass(frozen=True)
class AnswerForm:
    """What a chat template writes around an answer: before it (a space, perhaps), and after it, where it ends."""

    before: str
    after: str

    @classmethod
    def of(cls, template: ChatTemplate, tokenizer: Any) -> "AnswerForm":
        """Found out by rendering a conversation that goes on after an answer."""
        asked = [ChatTurn("user", ("one",))]
        prompt = template.render(asked)
        on = template.render([*asked, ChatTurn("assistant", (_SENTINEL,)), ChatTurn("user", ("two",))])
        end = str(tokenizer.eos_token)
        if not on.startswith(prompt) or _SENTINEL not in on:
            return cls("", end)
        before, _, after = on.removeprefix(prompt).partition(_SENTINEL)
        special = [str(token) for token in tokenizer.all_special_tokens]
        written = min((token for token in special if token in after), key=after.index, default=end)
        return cls(before, written if after.lstrip().startswith(written) else end)

    def __call__(self, answer: str) -> str:
        """An answer as the model should write it."""
        return f"{self.before}{answer.strip()}{self.after}"


@dataclass(frozen=True)
class LearnedPrompt:
    """`inputs` as the model takes them, the answer included; the last `answer` tokens are the answer."""

    inputs: "dict[str, torch.Tensor]"
    answer: int


class PromptMaker:
    """Makes prompts from examples for one model."""

    def __init__(self, processor: Any, style: PromptStyle) -> None:
        self.builder = PromptBuilder(processor)
        self._style: PromptStyle = style
        self.tokenizer: Any = processor.tokenizer
        self._form = AnswerForm.of(self.builder.template, self.tokenizer)

    def asked(self, example: Example, images: "Sequence[Image] | None" = None) -> "dict[str, torch.Tensor]":
        """The inputs that ask an example's question; its pictures are read where none are given."""
        return self._prompt(example, images, "").inputs

    def answered(self, example: Example, images: "Sequence[Image] | None" = None) -> LearnedPrompt:
        """The inputs that hold the answer too."""
        answer = self._form(example.answer)
        return LearnedPrompt(self._prompt(example, images, answer).inputs, len(self.tokens(answer)))

    def _prompt(self, example: Example, images: "Sequence[Image] | None", answer: str) -> Prompt:
        images = images_of(example) if images is None else images
        return self.builder.of_turns(turns_of(example, self._style), images=images, answer=answer)

    def texts(self, passage: str, question: str, answer: str, *, shown: bool) -> tuple[str, str]:
        """The text that briefly asks a question, about a picture if one is `shown`, and that of the answer."""
        said = (brief_question(passage, question), *[_PICTURE] * shown)
        return self.builder.template.render([ChatTurn("user", said)]), self._form(answer)

    def tokens(self, text: str) -> list[int]:
        """Rendered text as tokens."""
        numbers: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return numbers


def images_of(example: Example) -> "list[Image]":
    """An example's pictures, read anew: they are not all kept in memory."""
    return [open_picture(path.read_bytes(), name=path.name) for path in example.pictures]
