"""Reading examples: a file of questions and answers, rated answers, or a folder of pictures with captions.

A line of a JSONL file is one of

    {"picture": "a.png", "question": "...", "answer": "..."}      also "pictures", "passage(s)", "turns", "regions"
    {"file_name": "a.png", "text": "..."}                         a caption; "caption" will do for "text"
    {"question": "...", "pictures": [...], "passages": [...], "answer": "...", "rating": "good", "correction": ""}

The last is a rated answer: the correction is learned where there is one, else the answer if it was rated "good". Paths
are relative to the file.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from core.errors import DocumentError
from core.language import is_chinese
from core.training.examples import EarlierTurn, Example, LeftOut, Prepared

PICTURE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif"})
CAPTION_FILES = ("metadata.jsonl", "captions.jsonl")
DESCRIBE = ("Describe the picture.", "描述这张图片。")
BAD_RATING = "rated badly, and not corrected"
_BROKEN = "not an example"


def read_examples(data: Path) -> Prepared:
    """The examples of a JSONL file, or of a folder.

    Raises:
        DocumentError: there is nothing of that kind.
    """
    if data.is_file():
        return _collect(_lines(data))
    if not data.is_dir():
        raise DocumentError(f"{data} is not there.", hint="Name a JSONL file or a folder of pictures with captions.")
    files = [data / name for name in CAPTION_FILES if (data / name).is_file()]
    if files:
        return _collect(one for file in files for one in _lines(file))
    prepared = _collect(_captioned(data))
    if not prepared.examples and not prepared.left_out:
        raise DocumentError(
            f"The folder {data} holds no pictures.",
            hint="Put pictures into it, each with a caption in a file beside it (photo.png, photo.txt), or a "
            "captions.jsonl for all of them.",
        )
    return prepared


def _collect(read: Iterator[Example | LeftOut]) -> Prepared:
    examples: list[Example] = []
    left_out: list[LeftOut] = []
    for one in read:
        if isinstance(one, Example):
            examples.append(one)
        else:
            left_out.append(one)
    return Prepared(examples=tuple(examples), left_out=tuple(left_out))


def _captioned(folder: Path) -> Iterator[Example | LeftOut]:
    """Pictures with a text file of the same name."""
    for picture in sorted(folder.rglob("*")):
        if picture.suffix.lower() not in PICTURE_ENDINGS:
            continue
        where = str(picture.relative_to(folder))
        try:
            text = picture.with_suffix(".txt").read_text(encoding="utf-8-sig").strip()
        except OSError:
            yield LeftOut(where=where, reason="no caption: there is no text file of the same name")
        except UnicodeDecodeError:
            yield LeftOut(where=where, reason="no caption: the text file is not in UTF-8")
        else:
            yield _caption(picture, text, where)


def _lines(file: Path) -> Iterator[Example | LeftOut]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _line(line, file.parent, f"{file.name}:{number}")
    except OSError as error:
        raise DocumentError(
            f"{file} can't be read: {error.strerror}.", hint="Check its name and its rights."
        ) from error


def _line(line: bytes, folder: Path, where: str) -> Example | LeftOut:
    try:
        fields: Any = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return LeftOut(where=where, reason=f"{_BROKEN}: the line is no JSON ({error})")
    if not isinstance(fields, dict):
        return LeftOut(where=where, reason=f"{_BROKEN}: the line is no JSON object")
    said = cast(dict[str, Any], fields)
    try:
        return _example(said, folder, where)
    except ValidationError as error:
        first = error.errors()[0]
        return LeftOut(where=where, reason=f"{_BROKEN}: {'.'.join(map(str, first['loc']))}: {first['msg']}")


def _example(said: dict[str, Any], folder: Path, where: str) -> Example | LeftOut:
    pictures = said.get("pictures", said.get("picture", said.get("file_name", ())))
    named = [pictures] if isinstance(pictures, str) else pictures
    paths = [folder / name if isinstance(name, str) else name for name in named or ()]
    if "question" not in said and ("text" in said or "caption" in said) and paths:
        return _caption(paths[0], str(said.get("text", said.get("caption"))), where)
    passages = said.get("passages", said.get("passage", ()))
    answer, origin = said.get("answer"), "written"
    if "rating" in said:
        correction = str(said.get("correction") or "").strip()
        if said["rating"] != "good" and not correction:
            return LeftOut(where=where, reason=BAD_RATING)
        answer, origin = correction or answer, "feedback"
    return Example.model_validate(
        {
            "question": said.get("question"),
            "answer": answer,
            "pictures": tuple(paths),
            "passages": tuple(part for part in ([passages] if isinstance(passages, str) else passages or ()) if part),
            "turns": tuple(EarlierTurn.model_validate(turn) for turn in said.get("turns") or ()),
            "regions": tuple(said.get("regions") or ()),
            "kind": said.get("kind", ""),
            "origin": origin,
            "where": where,
        }
    )


def _caption(picture: Path, text: str, where: str) -> Example:
    """A caption as the answer to being asked for it, in its own language."""
    question = DESCRIBE[is_chinese(text)]
    return Example(question=question, answer=text, pictures=(picture,), kind="caption", origin="caption", where=where)
