"""Which models are on this machine already, seen in the hub's cache without asking the network."""

import os
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where the hub's client keeps what it downloads (HF_HUB_CACHE, HF_HOME)."""
    environment = os.environ if environment is None else environment
    if named := environment.get("HF_HUB_CACHE"):
        return Path(named).expanduser()
    return Path(environment.get("HF_HOME", "~/.cache/huggingface")).expanduser() / "hub"


def is_downloaded(name: str, cache: Path) -> bool:
    """Whether a snapshot with weights is there, and none of its files still on the way."""
    folder = cache / f"models--{name.replace('/', '--')}"
    if any(folder.glob("blobs/*.incomplete")):
        return False
    weights = folder.glob("snapshots/*/*.safetensors")
    return any(file.exists() for file in weights)  # a link to a blob that is gone does not exist
