"""Where a model runs and in what precision: what the machine computes in, and what fits into its memory."""

import importlib.util
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from core.errors import MissingPartError, ModelUnavailableError, SettingsError
from core.models.machine import Accelerator, Machine, this_machine

ROOM = 1.2
"""Memory that is needed beside the weights, as a factor: what is computed, and the caches of a few answers."""
_BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int8": 1.1, "int4": 0.6}
_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Fit:
    """Where and in what type a model is loaded; `quantization` is transformers' configuration for it, or None."""

    device: torch.device
    dtype: torch.dtype
    precision: str
    quantization: Any = None


def fit(folder: Path, *, device: str = "auto", precision: str = "auto", machine: Machine | None = None) -> Fit:
    """What to load the model in `folder` as, on this machine.

    Raises:
        SettingsError: the device or the precision can't be had here.
        MissingPartError: the precision needs a package that is not installed.
        ModelUnavailableError: it does not fit.
    """
    machine = machine or this_machine()
    where = _device(device, machine)
    parameters = count_parameters(folder)
    free = machine.available if where is None else where.free
    wanted = _wanted(precision, where)
    for one in wanted:
        if parameters * _BYTES[one] * ROOM <= free:
            return _as(one, where)
    least = parameters * _BYTES[wanted[-1]] * ROOM
    raise ModelUnavailableError(
        f"The model in {folder} needs about {least / 1e9:.1f} GB as {wanted[-1]}; {free / 1e9:.1f} GB are free "
        f"{'in main memory' if where is None else 'on ' + where.name}.",
        hint="Close what else uses the memory, choose a smaller model (`lorelens models`), or a smaller "
        "LORELENS_LOCAL_PRECISION.",
    )


def count_parameters(folder: Path) -> int:
    """How many parameters the weights in a folder have, by the headers of their files; none of them is loaded."""
    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if length > 100_000_000:
                continue
            try:
                header = cast(dict[str, dict[str, Any]], json.loads(opened.read(length)))
            except ValueError:  # broken; loading it says so
                continue
        total += sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    return total


def _device(device: str, machine: Machine) -> Accelerator | None:
    """The accelerator that is meant, or None for the processor."""
    if device == "cpu":
        return None
    if device == "auto":
        return machine.best
    fitting = [one for one in machine.accelerators if one.kind == device]
    if not fitting:
        raise SettingsError(
            f"This machine has no {device} device that torch can use.",
            hint="Set LORELENS_LOCAL_DEVICE=cpu or auto; `lorelens doctor` shows what there is.",
        )
    return max(fitting, key=lambda one: one.free)


def _wanted(precision: str, where: Accelerator | None) -> list[str]:
    """The precisions to try, the best first."""
    quantizes = where is not None and where.kind == "cuda"
    if precision in {"int8", "int4"}:
        if not quantizes:
            raise SettingsError(
                f"{precision} needs a CUDA device; on this one weights are kept as float32 or bfloat16.",
                hint="Set LORELENS_LOCAL_PRECISION=auto, or serve a quantized model with llama-server or Ollama.",
            )
        if importlib.util.find_spec("bitsandbytes") is None:
            raise MissingPartError(
                f"{precision} needs bitsandbytes, which is not installed.", hint="pip install bitsandbytes"
            )
        return [precision]
    if precision != "auto":
        if precision == "bfloat16" and where is not None and not where.bfloat16:
            raise SettingsError(
                f"{where.name} does not compute in bfloat16.", hint="Set LORELENS_LOCAL_PRECISION=float16 or auto."
            )
        return [precision]
    if where is None:
        # Few processors compute in bfloat16; the others get slower by it. So only where memory forbids float32.
        return ["float32", "bfloat16"]
    halves = ["bfloat16" if where.bfloat16 else "float16"]
    return [*halves, "int8", "int4"] if quantizes and importlib.util.find_spec("bitsandbytes") else halves


def _as(precision: str, where: Accelerator | None) -> Fit:
    device = torch.device("cpu" if where is None else where.kind)
    if precision in _TYPES:
        return Fit(device, _TYPES[precision], precision)
    from transformers import BitsAndBytesConfig

    dtype = torch.bfloat16 if where is not None and where.bfloat16 else torch.float16
    configure = cast(Any, BitsAndBytesConfig)
    quantization = (
        configure(load_in_8bit=True)
        if precision == "int8"
        else configure(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
    )
    return Fit(device, dtype, precision, quantization)
