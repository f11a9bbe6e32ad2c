"""From the name of a model to a folder on disk: a folder as it is, the hub's cache, or a download with progress."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from core.errors import MissingPartError, ModelUnavailableError, SettingsError

_FILES = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "*.tiktoken"]
"""What a model of transformers consists of; pickled weights are left out, since loading them runs what they hold."""
_INDEX = "model.safetensors.index.json"


def model_folder(name: str) -> Path:
    """The folder of the model that `name` says.

    Raises:
        SettingsError: a path that is not there, or no name of the hub.
        ModelUnavailableError: the hub can't be reached, or doesn't have it.
    """
    if not name.strip():
        raise SettingsError("No model is named.", hint='Write "local:FOLDER", or "local:" and a name of the hub.')
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.startswith(("/", ".", "~")) or name.count("/") != 1:
        raise SettingsError(
            f"There is no folder {folder}.", hint='Name a folder that exists, or a model of the hub as "owner/model".'
        )
    cached = _cached(name)
    return cached if cached is not None else _download(name)


def is_complete(folder: Path) -> bool:
    """Whether all weights that the folder speaks of are there: a download may have been cut off."""
    if not (folder / "config.json").is_file() and not (folder / "adapter_config.json").is_file():
        return False
    index = folder / _INDEX
    if not index.is_file():
        return any(folder.glob("*.safetensors"))
    try:
        shards = set(cast(dict[str, str], json.loads(index.read_bytes())["weight_map"]).values())
    except (ValueError, KeyError):
        return False
    return all((folder / shard).is_file() for shard in shards)


def _cached(name: str) -> Path | None:
    hub = _hub()
    try:
        folder = Path(hub.snapshot_download(name, local_files_only=True))
    except hub.errors.HFValidationError as error:
        raise SettingsError(f'"{name}" is no name of the hub: {error}', hint='Write it as "owner/model".') from error
    except (hub.errors.LocalEntryNotFoundError, OSError):
        return None
    return folder if is_complete(folder) else None


def _download(name: str) -> Path:
    hub = _hub()
    import httpx

    if sys.stderr.isatty():
        sys.stderr.write(f"Fetching {name} from the model hub ...\n")
    try:
        with progress_on_terminal():
            folder = Path(hub.snapshot_download(name, allow_patterns=_FILES))
    except hub.errors.GatedRepoError as error:
        raise ModelUnavailableError(
            f"{name} is given only to those who accepted its terms.",
            hint=f"Accept them at https://huggingface.co/{name}, then log in: hf auth login.",
        ) from error
    except hub.errors.RepositoryNotFoundError as error:
        raise ModelUnavailableError(
            f"The model hub has no model {name}, or it is private.",
            hint="Check the name; for a private one log in: hf auth login.",
        ) from error
    except (hub.errors.HfHubHTTPError, hub.errors.LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise ModelUnavailableError(
            f"{name} could not be fetched: the model hub can't be reached from here, and it was not fetched before.",
            hint='Check the connection; or fetch it elsewhere, copy it here, and set LORELENS_MODEL="local:FOLDER".',
        ) from error
    if not is_complete(folder):
        raise ModelUnavailableError(
            f"{name} has no weights that can be loaded safely (*.safetensors).", hint="Choose another model."
        )
    return folder


@contextmanager
def progress_on_terminal() -> Generator[None]:
    """The progress bars of the hub's and transformers' own, only where somebody sees them."""
    hub = _hub()
    from transformers.utils import logging as transformers_logging

    bars = cast(Any, transformers_logging)
    if sys.stderr.isatty():
        yield
        return
    hub.utils.disable_progress_bars()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        hub.utils.enable_progress_bars()
        bars.enable_progress_bar()


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingPartError(
            "huggingface_hub is not installed.", hint='Install it: pip install "lorelens[local]" torch==2.13.0'
        ) from error
    return huggingface_hub
