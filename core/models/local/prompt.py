"""What a model reads: the text of the chat template, the pictures in order, and both as the model's inputs."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import torch
from langchain_core.messages import BaseMessage

from core.errors import PictureError
from core.models.local.conversation import ChatTurn, SentPicture, read_messages
from core.models.local.template import ChatTemplate, pictures_of
from core.pictures import open_picture

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Prompt:
    """`inputs` are those of the model's forward for a batch of one, on the CPU: `input_ids` (1, tokens), and more.

    `notices` say to the person what was left out, if anything was.
    """

    text: str
    pictures: tuple["Image", ...]
    inputs: dict[str, torch.Tensor]
    notices: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """How many tokens it has, those of pictures included."""
        return int(self.inputs["input_ids"].shape[1])


@dataclass
class PromptBuilder:
    """Makes prompts for one model. Thread-safe: a tokenizer can't be used by two threads at once."""

    processor: Any
    template: ChatTemplate = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Raises SettingsError where there is no chat template."""
        self.template = ChatTemplate(self.processor)

    def build(
        self, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] = (), *, answer: str = ""
    ) -> Prompt:
        """The prompt of a conversation; `answer` is what the model is taken to have said already.

        Raises:
            PictureError: a picture can't be read.
            SettingsError: the chat template refuses the conversation.
        """
        turns = read_messages(messages)
        return self.of_turns(turns, tools, images=[open_sent(one) for one in pictures_of(turns)], answer=answer)

    def of_turns(
        self,
        turns: Sequence[ChatTurn],
        tools: Sequence[dict[str, Any]] = (),
        *,
        images: Sequence["Image"],
        answer: str = "",
        notices: Sequence[str] = (),
    ) -> Prompt:
        """The prompt of turns whose pictures are opened already, in order."""
        with self._lock:
            text = self.template.render(turns, tools) + answer
        return Prompt(text, tuple(images), self.inputs(text, images), tuple(notices))

    def picture_tokens(self, image: "Image") -> int:
        """How many tokens a picture has for this model, when it is the only one."""
        return int(self.inputs(self.template.picture_token, [image])["input_ids"].shape[1])

    def encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The tokens of a text by itself, and where in it each begins and ends."""
        with self._lock:
            encoded: Any = self.processor.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return list(encoded["input_ids"]), [(int(begin), int(end)) for begin, end in encoded["offset_mapping"]]

    def inputs(self, text: str, images: Sequence["Image"]) -> dict[str, torch.Tensor]:
        """Rendered text and pictures as the model's inputs."""
        options: dict[str, Any] = {"return_tensors": "pt"}
        bos = self.processor.tokenizer.bos_token
        if bos is not None and text.startswith(bos):
            options["add_special_tokens"] = False  # the template has written it
        with self._lock:
            try:
                made = self.processor(text=[text], images=[list(images)] if images else None, **options)
            except (ValueError, IndexError, ZeroDivisionError) as error:
                if not images:
                    raise
                raise PictureError(
                    f"The model can't take these pictures: {' '.join(str(error).split())[:200]}.",
                    hint="Very narrow or tiny pictures can't be taken; send a larger cut-out.",
                ) from error
        return {name: value for name, value in cast(dict[str, Any], made).items() if isinstance(value, torch.Tensor)}


def open_sent(picture: SentPicture) -> "Image":
    """A sent picture's pixels, bounded and plain.

    Raises:
        PictureError: it can't be read, or it is too large.
    """
    return open_picture(picture.data)
