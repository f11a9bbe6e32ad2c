"""Training a small vision-language model from nothing, on lessons.

In the first part only pictures are learned (patches name their regions) and only texts without pictures are read; then
all questions. A step's lessons follow from its number alone, so a run that was broken off goes on as if it had not
been.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from core.errors import SettingsError
from core.training.building import build_model, build_processor
from core.training.checkpoints import read_checkpoint, write_checkpoint
from core.training.lessons import Exchange, Lesson, LessonSource
from core.training.naming import naming_loss
from core.training.packing import IGNORED, Packed, PromptTokens, pack
from core.training.prompts import PromptMaker
from core.training.scratch_config import ScratchConfig

CHECKPOINT = "checkpoint.pt"
TOGETHER = 12
"""Lessons that go through the language model at once."""


@dataclass(frozen=True)
class StepReport:
    """How training stands after `step` of `steps`; the losses are of this step."""

    step: int
    steps: int
    naming: float
    answers: float
    seconds: float


def train_from_scratch(
    config: ScratchConfig,
    source: LessonSource,
    folder: Path,
    *,
    seed: int = 0,
    minutes: float | None = None,
    device: str = "cpu",
    progress: Callable[[StepReport], None] | None = None,
) -> tuple[Any, Any]:
    """Train, going on from the folder's checkpoint where it has one; the model and its processor.

    Args:
        config: sizes and schedule.
        source: what is learned from.
        folder: where checkpoints are kept.
        seed: of the first weights; the source has its own.
        minutes: with it, the schedule is shortened to what fits.
        device: where the model is trained.
        progress: told about every step.
    """
    run = _Run(config, source, seed, device)
    checkpoint = folder / CHECKPOINT
    run.restore(read_checkpoint(checkpoint, device=device))
    while not run.finished(minutes):
        report = run.step(minutes)
        if progress is not None:
            progress(report)
        if run.done % config.schedule.checkpoint == 0:
            write_checkpoint(checkpoint, run.state())
    write_checkpoint(checkpoint, run.state())
    run.model.eval()
    return run.model, run.processor


class _Run:
    """A model in training."""

    def __init__(self, config: ScratchConfig, source: LessonSource, seed: int, device: str) -> None:
        self.config, self._source, self._seed, self._device = config, source, seed, device
        self.processor: Any = build_processor(config)
        self.model = build_model(config, self.processor, seed=seed)
        self.model.to(device).train()
        self._optimizer: Any = torch.optim.AdamW(
            self.model.parameters(), lr=config.schedule.learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        self._prompts = _Prompts(self.processor, image_tokens=config.vision.grid**2)
        self.done = 0
        self._lessons = 0
        self._joined_at = 0
        self._before = 0.0
        self._started = time.monotonic()

    @property
    def _seconds(self) -> float:
        return self._before + time.monotonic() - self._started

    def _share(self, minutes: float | None) -> float:
        """How much of the training is over, by steps or, where that is more, by time."""
        by_steps = self.done / self.config.schedule.steps
        return by_steps if minutes is None else max(by_steps, self._seconds / (60 * minutes))

    def finished(self, minutes: float | None) -> bool:
        return self._share(minutes) >= 1

    def step(self, minutes: float | None) -> StepReport:
        """One step of the optimizer."""
        share, schedule = self._share(minutes), self.config.schedule
        alone = share < self.config.naming.alone
        if not alone and not self._joined_at:
            self._joined_at = self.done
        many = schedule.lessons * (2 if alone else 1)
        lessons = [self._source.lesson(self._lessons + number) for number in range(many)]
        self._set_rate(share)
        naming, answers = self._losses(lessons, alone=alone)
        self._optimizer.zero_grad()
        loss: Any = naming * self.config.naming.weight + answers
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        self._lessons += many
        self.done += 1
        return StepReport(self.done, schedule.steps, float(naming.detach()), float(answers.detach()), self._seconds)

    def _set_rate(self, share: float) -> None:
        """Warm-up at the beginning of either part, then flat, then a straight line down to nearly nothing."""
        schedule = self.config.schedule
        rate = schedule.learning_rate * min(1.0, (self.done - self._joined_at + 1) / schedule.warmup)
        if share > 1 - schedule.decay:
            rate *= max(0.02, (1 - share) / schedule.decay)
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _losses(self, lessons: Sequence[Lesson], *, alone: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of naming patches, and that of the answers."""
        shown = [lesson for lesson in lessons if lesson.picture is not None]
        told = [lesson for lesson in lessons if lesson.picture is None]
        naming = torch.zeros((), device=self._device)
        patches: torch.Tensor | None = None
        if shown:
            patches = self._see(shown)
            naming = self._naming(patches, shown)
        answers = torch.zeros((), device=self._device)
        if told:
            answers = answers + self._answers(told, None)
        if shown and not alone:
            answers = answers + self._answers(shown, patches)
        return naming, answers

    def _see(self, lessons: Sequence[Lesson]) -> torch.Tensor:
        """The projected patches of the lessons' pictures: (pictures, patches, width)."""
        pictures = self.processor.image_processor([lesson.picture for lesson in lessons], return_tensors="pt")
        vision, projector = self.model.model.vision_tower, self.model.model.multi_modal_projector
        return projector(vision(pictures["pixel_values"].to(self._device)).last_hidden_state)

    def _naming(self, patches: torch.Tensor, lessons: Sequence[Lesson]) -> torch.Tensor:
        regions = [lesson.regions for lesson in lessons]
        if not self.config.naming.weight or not any(regions):
            return torch.zeros((), device=self._device)
        words = {word for of_one in regions for region in of_one for word in region.words}
        numbers = {word: self._prompts.word(word) for word in words | {self.config.naming.background}}
        vectors = self.model.get_input_embeddings().weight
        return naming_loss(self.model.model.language_model.norm(patches), vectors, regions, numbers, self.config.naming)

    def _answers(self, lessons: Sequence[Lesson], patches: torch.Tensor | None) -> torch.Tensor:
        """How unlikely the model finds the answers, a token on average.

        Lessons of like length go together, so that little is spent on filling rows up.
        """
        prompts = [[self._prompts.of(lesson, one) for one in lesson.exchanges] for lesson in lessons]
        by_length = sorted(range(len(prompts)), key=lambda row: sum(len(prompt.tokens) for prompt in prompts[row]))
        total, count = torch.zeros((), device=self._device), 0
        for first in range(0, len(by_length), TOGETHER):
            rows = by_length[first : first + TOGETHER]
            packed = pack([prompts[row] for row in rows], pad=self._prompts.pad)
            labels = packed.labels.to(self._device)
            hidden = self._read(packed, None if patches is None else patches[rows])
            asked = labels[:, 1:] != IGNORED
            predicted = self.model.lm_head(hidden[:, :-1][asked])
            total = total + cross_entropy(predicted, labels[:, 1:][asked], reduction="sum")
            count += int(asked.sum())
        return total / max(1, count)

    def _read(self, packed: Packed, patches: torch.Tensor | None) -> torch.Tensor:
        """What the language model makes of packed prompts, the patches in the places of image tokens."""
        tokens = packed.tokens.to(self._device)
        vectors = self.model.get_input_embeddings()(tokens)
        if patches is not None:
            vectors = vectors.masked_scatter((tokens == self._prompts.image)[..., None], patches)
        return self.model.model.language_model(
            inputs_embeds=vectors,
            attention_mask=packed.mask.to(self._device),
            position_ids=packed.positions.to(self._device),
            use_cache=False,
        ).last_hidden_state

    def state(self) -> dict[str, Any]:
        """All that a later process needs to go on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "steps": self.done,
            "lessons": self._lessons,
            "joined_at": self._joined_at,
            "seconds": self._seconds,
            "config": self.config.model_dump_json(),
            "seed": self._seed,
        }

    def restore(self, state: dict[str, Any] | None) -> None:
        """Go on from a state."""
        if state is None:
            return
        if (state["config"], state["seed"]) != (self.config.model_dump_json(), self._seed):
            raise SettingsError(
                "The checkpoint comes from another configuration or seed.",
                hint="Train into another folder, or with what it was begun with.",
            )
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.done, self._lessons, self._joined_at = state["steps"], state["lessons"], state["joined_at"]
        self._before = state["seconds"]


class _Prompts:
    """Exchanges as tokens, by the code that asks the model later."""

    def __init__(self, processor: Any, *, image_tokens: int) -> None:
        self._maker, self._image_tokens = PromptMaker(processor, "brief"), image_tokens
        self.pad: int = processor.tokenizer.pad_token_id
        self.image: int = processor.image_token_id
        self._cached = lru_cache(maxsize=50_000)(self._of)

    def word(self, word: str) -> int:
        """The token of a word that is one."""
        numbers = self._maker.tokens(f" {word}")
        if len(numbers) != 1:
            raise SettingsError(
                f'A region\'s word, "{word}", is not one token.', hint="Add it to the words of the tokenizer."
            )
        return numbers[0]

    def of(self, lesson: Lesson, exchange: Exchange) -> PromptTokens:
        """A prompt and its answer; the picture's token stands as often as the picture has patches."""
        return self._cached(lesson.picture is not None, exchange.passage, exchange.question, exchange.answer)

    def _of(self, shown: bool, passage: str, question: str, answer: str) -> PromptTokens:
        asked, answer = self._maker.texts(passage, question, answer, shown=shown)
        prompt = [
            token
            for number in self._maker.tokens(asked)
            for token in [number] * (self._image_tokens if number == self.image else 1)
        ]
        return PromptTokens(prompt + self._maker.tokens(answer), len(prompt))
