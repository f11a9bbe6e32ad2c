"""Loading a local vision-language model: from the hub or a folder, in the precision that fits, with its processor.

Everything is resolved to a folder first; what is read after that is on disk, so that what lacks can be named.
"""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from core.errors import MissingPartError, ModelUnavailableError, SettingsError
from core.models.local.download import model_folder, progress_on_terminal
from core.models.local.fitting import Fit, fit
from core.models.local.processors import load_processor
from core.models.notes import ModelNotes, read_notes

ADAPTER = "adapter_config.json"
_INSTALL = 'Install it: pip install "lorelens[local]" torch==2.13.0'


@dataclass(frozen=True)
class LoadedModel:
    """A model of `AutoModelForImageTextToText` in evaluation mode, with its processor, where it is and in what type."""

    model: Any
    processor: Any
    name: str
    device: torch.device
    dtype: torch.dtype
    notes: ModelNotes

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer


def load_local(name: str, *, device: str = "auto", precision: str = "auto") -> LoadedModel:
    """The model that `name` says: a folder, a folder with a PEFT adapter, or a name of the hub.

    Raises:
        SettingsError: the folder holds no vision-language model, or the device or precision can't be had.
        MissingPartError: a package that the model needs is not installed.
        ModelUnavailableError: the hub can't be reached or doesn't know the name, files are broken, or memory lacks.
    """
    folder = model_folder(name)
    adapter = _adapter(folder)
    base = _base_folder(folder, adapter) if adapter is not None else folder
    config = _config(base)
    chosen = fit(base, device=device, precision=precision)
    model = _model(base, config, chosen)
    if adapter is not None:
        model = _with_adapter(model, folder, quantized=chosen.quantization is not None)
    has_processor = any((folder / file).is_file() for file in ("processor_config.json", "preprocessor_config.json"))
    processor = load_processor(folder if has_processor else base, config)
    return LoadedModel(model.eval(), processor, name, chosen.device, chosen.dtype, read_notes(folder))


def _adapter(folder: Path) -> dict[str, Any] | None:
    file = folder / ADAPTER
    if not file.is_file() or (folder / "config.json").is_file():
        return None
    try:
        return cast(dict[str, Any], json.loads(file.read_bytes()))
    except ValueError as error:
        raise ModelUnavailableError(f"{file} is broken: {error}.", hint="Train or fetch the adapter again.") from error


def _base_folder(folder: Path, adapter: dict[str, Any]) -> Path:
    base = str(adapter.get("base_model_name_or_path") or "")
    if not base:
        raise SettingsError(f"{folder / ADAPTER} does not say its base model.", hint="Name the base model in it.")
    beside = folder / base
    return model_folder(str(beside) if beside.is_dir() else base)


def _config(folder: Path) -> Any:
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

    if not (folder / "config.json").is_file():
        raise SettingsError(
            f"{folder} holds no model: config.json is not there.",
            hint="Name the folder that holds config.json and the weights.",
        )
    try:
        config = cast(Any, AutoConfig).from_pretrained(folder, local_files_only=True)
    except (ValueError, OSError, KeyError) as error:
        raise SettingsError(
            f"The model in {folder} can't be understood: {_short(error)}",
            hint="A newer version of transformers may know it; models with code of their own are not run.",
        ) from error
    if type(config) not in cast(Any, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING):
        raise SettingsError(
            f'The model in {folder} ("{config.model_type}") is not a vision-language model.',
            hint="Name one that takes pictures and text, such as SmolVLM, LLaVA or Qwen-VL.",
        )
    return config


def _model(folder: Path, config: Any, chosen: Fit) -> Any:
    from safetensors import SafetensorError
    from transformers import AutoModelForImageTextToText

    options: dict[str, Any] = {"config": config, "dtype": chosen.dtype, "local_files_only": True}
    if chosen.quantization is not None:
        options |= {"quantization_config": chosen.quantization, "device_map": {"": str(chosen.device)}}
    try:
        with progress_on_terminal():
            model, report = cast(Any, AutoModelForImageTextToText).from_pretrained(
                folder, output_loading_info=True, **options
            )
    except ImportError as error:
        raise MissingPartError(f"The model in {folder} needs a part that is not installed: {error}", hint="") from error
    except torch.OutOfMemoryError as error:
        raise ModelUnavailableError(
            f"The model in {folder} does not fit into the memory of {chosen.device}.",
            hint="Close what else uses it, or set LORELENS_LOCAL_PRECISION=int4 or LORELENS_LOCAL_DEVICE=cpu.",
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailableError(
            f"The model in {folder} could not be loaded: {_short(error)}",
            hint="Its files may be incomplete: fetch or train it again.",
        ) from error
    lacking = sorted(cast(set[str], report["missing_keys"]))
    if lacking:  # transformers would fill them with random numbers, and the model would talk nonsense
        raise ModelUnavailableError(
            f"The weights in {folder} lack {len(lacking)} of the model's parts ({lacking[0]}, ...).",
            hint="Its files may be incomplete: fetch or train it again.",
        )
    return model if chosen.quantization is not None else model.to(chosen.device)


def _with_adapter(model: Any, folder: Path, *, quantized: bool) -> Any:
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingPartError(
            f"{folder} holds an adapter, and peft, which loads it, is not installed.", hint="pip install peft"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by names that are going out of use
            adapted = cast(Any, PeftModel).from_pretrained(model, str(folder))
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelUnavailableError(
            f"The adapter in {folder} could not be loaded: {_short(error)}", hint="Does it belong to its base model?"
        ) from error
    # Merged, it costs nothing at each step; into quantized weights it can't be merged without loss.
    return adapted.get_base_model() if quantized else adapted.merge_and_unload()


def _short(error: Exception) -> str:
    """The first line of an error; transformers explains itself at length."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:300]
