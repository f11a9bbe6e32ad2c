"""Loading a model of sentence-transformers by its name, with errors that say what to do."""

import importlib
from typing import Any

from core.errors import MissingPartError, ModelUnavailableError


def load_sentence_model(kind: str, name: str, *, called: str, without: str, needs: str = "") -> Any:
    """A model of the hub, or of a folder.

    Args:
        kind: its class in sentence-transformers, such as "CrossEncoder".
        name: its name, or the folder's.
        called: what it is to the person, such as "reranker".
        without: what there is without it; ends the hint.
        needs: what else is to be known of the parts that it may need.

    Raises:
        MissingPartError: sentence-transformers, or something that this model needs, is not installed.
        ModelUnavailableError: there is no such model, or it is broken, or of another kind.
    """
    try:
        model_class = getattr(importlib.import_module("sentence_transformers"), kind)
    except ImportError as error:
        raise MissingPartError(
            "sentence-transformers is not installed.",
            hint='Install it: pip install "lorelens[local]" torch==2.13.0',
        ) from error
    try:
        return model_class(name)
    except ImportError as error:
        raise MissingPartError(
            f'The {called} "{name}" needs a part that is not installed: {_said(error)}',
            hint=f"Install what it names, beside torch==2.13.0{needs}.",
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelUnavailableError(
            f'The {called} "{name}" could not be loaded: {_said(error)}',
            hint=f"Check its name and the connection to the model hub, or name a local folder; {without}",
        ) from error


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
