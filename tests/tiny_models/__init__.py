"""Tiny models with random weights of the real vision-language classes, in folders as the model hub has them.

What they say is nonsense, but the same nonsense each time, and different for different questions and pictures: enough
to hold loading, prompts and batching to what transformers' own `generate` says. The chat templates (`*.jinja`) are
those of the families, shortened to what is used here.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from core.models.local.download import progress_on_terminal
from tests.tiny_models import families


@dataclass(frozen=True)
class Family:
    """A kind of model: how its folder is made, and what is true of it."""

    make: Callable[[Path], None]
    joins: bool = True
    calls_tools: bool = False


FAMILIES: dict[str, Family] = {
    "llava": Family(families.make_llava),
    "llava-onevision": Family(families.make_llava_onevision, calls_tools=True),
    "idefics3": Family(families.make_idefics3),
    "smolvlm": Family(families.make_smolvlm),
    "qwen2-vl": Family(families.make_qwen2_vl, calls_tools=True),
    "qwen2.5-vl": Family(families.make_qwen2_5_vl, calls_tools=True),
    "qwen3-vl": Family(families.make_qwen3_vl, calls_tools=True),
    "llava-sliding": Family(families.make_llava_sliding, joins=False),
    "qwen3.5": Family(families.make_qwen3_5, joins=False, calls_tools=True),
    "gemma3": Family(families.make_gemma3, joins=False),
}


@cache
def _root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="lorelens-tiny-models-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


@cache
def tiny_model(name: str) -> Path:
    """The folder of a tiny model of a family, made once."""
    folder = _root() / name
    with progress_on_terminal(), torch.random.fork_rng():  # pyright: ignore[reportUnknownMemberType]
        torch.random.manual_seed(7)  # pyright: ignore[reportUnknownMemberType]
        FAMILIES[name].make(folder)
    return folder
