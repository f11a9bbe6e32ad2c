"""A model's processor without torchvision: pictures are prepared by Pillow, and videos, which need it, left out.

transformers picks Pillow's image processors by itself where torchvision is absent, but refuses to build the processors
of models that also take videos. Those are put together from their parts here, without the part for videos.
"""

import inspect
from pathlib import Path
from typing import Any, cast

from core.errors import MissingPartError, ModelUnavailableError, SettingsError

_VIDEO = "video_processor"


def load_processor(folder: Path, config: Any) -> Any:
    """The processor of the model in `folder`; `config` is the model's configuration.

    Raises:
        MissingPartError: it needs a package that is not installed.
        SettingsError: the folder lacks its files.
        ModelUnavailableError: they can't be read.
    """
    try:
        kind = _class_of(folder, config)
        parts = cast(list[str], kind.get_attributes())
        if _VIDEO in parts and not _has_torchvision():
            return _without_videos(kind, folder)
        return kind.from_pretrained(folder, local_files_only=True)
    except ImportError as error:
        raise MissingPartError(
            f"The processor of the model in {folder} needs a part that is not installed: {_flat(error)}",
            hint=_hint(str(error)),
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not (folder / "tokenizer_config.json").is_file():
            raise SettingsError(
                f"{folder} has no tokenizer (tokenizer_config.json).", hint="Copy it there from the original model."
            ) from error
        raise ModelUnavailableError(
            f"The processor of the model in {folder} could not be loaded: {_flat(error)}",
            hint="Its files may be incomplete: fetch or train the model again.",
        ) from error


def _class_of(folder: Path, config: Any) -> Any:
    """The processor's class: what the folder says, else what transformers knows of the kind of model."""
    import transformers
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
    from transformers.processing_utils import ProcessorMixin

    said = cast(Any, ProcessorMixin).get_processor_dict(str(folder))[0].get("processor_class")
    kind = getattr(transformers, said, None) if isinstance(said, str) else None
    if kind is None:
        mapping = cast(Any, PROCESSOR_MAPPING)
        if type(config) not in mapping:
            raise SettingsError(
                f'For the model in {folder} ("{config.model_type}") transformers has no processor.',
                hint="Choose another model.",
            )
        kind = mapping[type(config)]
    return kind


def _has_torchvision() -> bool:
    from transformers.utils.import_utils import is_torchvision_available

    return bool(is_torchvision_available())


def _without_videos(kind: Any, folder: Path) -> Any:
    from transformers import AutoImageProcessor, AutoTokenizer

    def parts(cls: Any) -> list[str]:
        return [part for part in kind.get_attributes() if part != _VIDEO]

    # The same class, name included, so that what saves it saves it as what it is; only its list of parts is shorter.
    shorter = type(kind.__name__, (kind,), {"get_attributes": classmethod(parts), "__module__": kind.__module__})
    known = kind.get_processor_dict(str(folder))[0]
    takes = set(inspect.signature(kind.__init__).parameters)
    said = {key: value for key, value in known.items() if key in takes and key not in kind.get_attributes()}
    return shorter(
        image_processor=cast(Any, AutoImageProcessor).from_pretrained(folder, backend="pil", local_files_only=True),
        tokenizer=cast(Any, AutoTokenizer).from_pretrained(folder, local_files_only=True),
        video_processor=None,
        **said,
    )


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _hint(error: str) -> str:
    for package in ("num2words", "torchvision", "sentencepiece", "tiktoken", "protobuf"):
        if package in error.lower():
            return f"pip install {package} torch==2.13.0"
    return 'Install what it names, beside "lorelens[local]" torch==2.13.0.'
