"""Where a local model looked while it gave an answer: its prompt made again from the record, and its attention."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.language_models import BaseChatModel

from core.errors import LorelensError, ModelUnavailableError, PictureError, QuestionError, SettingsError
from core.explaining.explanation import HeatMap
from core.explaining.record import AnswerRecord, picture_hashes, prompt_of
from core.turn import PictureSource

if TYPE_CHECKING:  # torch takes seconds to import, and most answers were not given by a local model
    from core.models.local.chat_model import TransformersChatModel
    from core.models.local.loading import LoadedModel


class LookingError(LorelensError):
    """There is no heat map; the message says why, by one of the words of `core.explaining.words`, or in a sentence."""

    code = "looking"


async def heat_maps(
    record: AnswerRecord, model: BaseChatModel, find: PictureSource, data: Path, *, word: str = ""
) -> dict[str, HeatMap]:
    """The heat map of each picture that the model was given, by the picture's hash.

    `word` is the part of the answer that is looked at; empty, or where the answer does not hold it, all of it. Heads
    are chosen first where none are kept in the folder `data` for this model.

    Raises:
        LookingError: there is none, and why.
        ModelUnavailableError: the model has failed or was closed.
    """
    if not record.prompt or not record.said.strip():
        raise LookingError("unseen")
    if getattr(model, "engine", None) is None:
        raise LookingError("not_local")
    try:
        return await _look(record, _local(model), find, data, word)
    except ModelUnavailableError:
        raise
    except PictureError as error:
        raise LookingError("gone_picture") from error
    except (QuestionError, SettingsError) as error:
        raise LookingError(error.message) from error


def _local(model: BaseChatModel) -> "TransformersChatModel":
    from core.models.local.chat_model import TransformersChatModel

    if not isinstance(model, TransformersChatModel):
        raise LookingError("not_local")
    return model


async def _look(
    record: AnswerRecord, model: "TransformersChatModel", find: PictureSource, data: Path, word: str
) -> dict[str, HeatMap]:
    from core.explaining.heads import HeadsFile, shown_map
    from core.models.local.attention import watch
    from core.models.local.picture_grids import NoAttentionError

    prompt = model.prompt_of(await prompt_of(record, find), record.tools)
    said = record.said.strip()
    words = word if word and word.casefold() in said.casefold() else said

    def on_its_thread(loaded: "LoadedModel") -> list[HeatMap]:
        heads = HeadsFile(data).of(loaded, model.builder)
        watched = watch(loaded, model.builder, prompt, said, part=words)
        found: list[HeatMap] = []
        for one in watched:
            values, weight = shown_map(one, heads)
            found.append(
                HeatMap(
                    words=words,
                    rows=values.shape[0],
                    columns=values.shape[1],
                    values=tuple(values.flatten().tolist()),
                    weight=weight,
                    heads=heads,
                )
            )
        return found

    try:
        maps = await model.engine.exclusively(on_its_thread)
    except NoAttentionError as error:
        raise LookingError(error.message) from error
    return dict(zip(_last(picture_hashes(record), len(maps)), maps, strict=True))


def _last(hashes: Sequence[str], count: int) -> Sequence[str]:
    """The pictures that were read: where room lacked, the oldest were left out."""
    return hashes[len(hashes) - count :]
