"""Fine-tuning a model with LoRA: small matrices beside the language model's weights learn, the weights stay.

See Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021). Only the answers' tokens count. A checkpoint
is good once its folder holds the mark that is written last, so a run that is killed while it writes one goes on from
the one before.
"""

import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from core.errors import ModelUnavailableError, SettingsError
from core.training.batches import labelled
from core.training.examples import Example
from core.training.progress import TrainingProgress
from core.training.prompts import LearnedPrompt, PromptMaker
from core.training.request import TRAINING, Adaptation

WHOLE = "COMPLETE"
_LARGE = 1_000_000_000
"""Parameters from which on activations are computed twice instead of kept."""
_CHECKPOINTS = 20
"""How many checkpoints are written in a run, at most one a step."""


def adapt(
    model: Any,
    maker: PromptMaker,
    train: Sequence[Example],
    validation: Sequence[Example],
    checkpoints: Path,
    adaptation: Adaptation,
    progress: TrainingProgress,
) -> Any:
    """Train an adapter on examples, going on from the last good checkpoint; the model with it, in evaluation mode.

    Raises:
        ModelUnavailableError: memory lacks.
        SettingsError: the disk is full.
    """
    from peft import LoraConfig, get_peft_model

    library: Any = torch
    library.manual_seed(adaptation.seed)
    adapted: Any = get_peft_model(
        model,
        LoraConfig(
            r=adaptation.rank,
            lora_alpha=2 * adaptation.rank,
            lora_dropout=0.0,
            target_modules=adapted_parts(model),
            task_type="CAUSAL_LM",
        ),
    )
    trainer = _trainer(adapted, maker, train, validation, checkpoints, adaptation, progress)
    try:
        trainer.train(resume_from_checkpoint=last_good(checkpoints))
    except torch.OutOfMemoryError as error:
        raise ModelUnavailableError(
            "The memory does not suffice to train this model.",
            hint="Train a smaller one, or with smaller pictures; or where there is a larger accelerator.",
        ) from error
    except (OSError, RuntimeError) as error:
        if not _disk_is_full(checkpoints, error):
            raise
        raise SettingsError(
            f"A checkpoint can't be written into {checkpoints}: {error}.",
            hint="Make room on the disk, then run the same command with --resume.",
        ) from error
    return adapted.eval()


def adapted_parts(model: Any) -> list[str]:
    """The linear layers of the language model and of the projection in front of it; seeing itself stays as it is."""
    linear = (name for name, part in model.named_modules() if isinstance(part, torch.nn.Linear))
    return [name for name in linear if not any(word in name for word in ("vision", "visual", "lm_head", "embed"))]


def last_good(checkpoints: Path) -> str | None:
    """The newest checkpoint that was written to its end; those that were not are removed."""
    if not checkpoints.is_dir():
        return None
    good: list[tuple[int, str]] = []
    for folder in checkpoints.glob("checkpoint-*"):
        if (folder / WHOLE).is_file():
            good.append((int(folder.name.rpartition("-")[2]), str(folder)))
        else:
            shutil.rmtree(folder)
    return max(good)[1] if good else None


def _disk_is_full(folder: Path, error: Exception) -> bool:
    return isinstance(error, OSError) or shutil.disk_usage(folder).free < 16 * 1024**2


class _Prompts(Dataset[LearnedPrompt]):
    """Examples as prompts, made when they are needed: pictures are not all kept in memory."""

    def __init__(self, examples: Sequence[Example], maker: PromptMaker) -> None:
        self._examples, self._maker = examples, maker

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> LearnedPrompt:
        return self._maker.answered(self._examples[index])


def _trainer(
    model: Any,
    maker: PromptMaker,
    train: Sequence[Example],
    validation: Sequence[Example],
    checkpoints: Path,
    adaptation: Adaptation,
    progress: TrainingProgress,
) -> Any:
    from transformers import Trainer, TrainingArguments

    parameters = sum(weight.numel() for weight in model.parameters())
    at_once = adaptation.at_once_for(parameters)
    steps = max(1, round(adaptation.epochs * -(-len(train) // adaptation.together)))
    on_cpu = model.device.type == "cpu"
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=at_once,
        per_device_eval_batch_size=at_once,
        gradient_accumulation_steps=max(1, adaptation.together // at_once),
        activation_checkpointing=parameters > _LARGE,
        learning_rate=adaptation.rate_for(parameters),
        lr_scheduler_type="linear",
        warmup_steps=min(20, steps // 10),
        save_strategy="steps",
        save_steps=max(1, steps // _CHECKPOINTS),
        save_total_limit=2,
        eval_strategy="epoch" if validation else "no",
        logging_steps=1,
        report_to=[],
        remove_unused_columns=False,
        disable_tqdm=True,
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        seed=adaptation.seed,
    )
    progress.begin(TRAINING, steps)
    pad: int = maker.tokenizer.pad_token_id
    trainer: Any = Trainer(
        model=model,
        args=arguments,
        train_dataset=_Prompts(train, maker),
        eval_dataset=_Prompts(validation, maker) if validation else None,
        data_collator=partial(labelled, pad=pad),
        callbacks=[_watcher(progress, adaptation.minutes)],
    )
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


def _watcher(progress: TrainingProgress, minutes: float | None) -> Any:
    """Marks checkpoints as good, tells how training goes, and ends it when the time is up."""
    from transformers import TrainerCallback

    class Watcher(TrainerCallback):
        def __init__(self) -> None:
            self._started = time.monotonic()
            self._losses: dict[str, float] = {}

        def on_save(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / WHOLE).touch()

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **others: Any) -> None:
            self._losses |= {
                name: float(logs[key]) for key, name in (("loss", "loss"), ("eval_loss", "validation")) if key in logs
            }
            note = " · ".join(f"{name} {value:.3f}" for name, value in self._losses.items())
            progress.at(TRAINING, state.global_step, note)

        def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            if minutes is not None and time.monotonic() - self._started > 60 * minutes:
                control.should_training_stop = True

    return Watcher()
