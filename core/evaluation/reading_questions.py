"""Reading a file of questions: JSON Lines, CSV or YAML, to the same values; every mistake is told with its line.

Nothing is evaluated of a file that has a mistake, so that no figure stands on half of the questions.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from core.errors import QuestionError
from core.evaluation.questions import EvaluationQuestion, QuestionFile

MOST_TOLD = 20
"""Mistakes that are told at once."""
BETWEEN = "|"
"""What stands between several values in one cell of a CSV file."""

_SEVERAL = {"answer": "answers", "documents": "documents", "quote": "quotes", "pictures": "pictures", "tags": "tags"}
_ONE = ("question", "picture", "language", "unanswerable")
FIELDS = (*_ONE, *_SEVERAL)
_OTHER_NAMES = {"answers": "answer", "document": "documents", "quotes": "quote", "tag": "tags"}
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0", ""}

Fields = Mapping[str, Any]
Line = tuple[int, Fields | str]
"""Where a question begins, and its fields, or what is wrong with it."""


def read_questions(file: Path) -> QuestionFile:
    """The questions of a file; its ending says how it is written. Paths of pictures are relative to the file.

    Raises:
        QuestionError: it can't be read, or something in it is no question; each mistake is named with line and field.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise QuestionError(
            f"The questions in {file} can't be read: {error.strerror}.", hint="Check its name and its rights."
        ) from error
    questions: list[EvaluationQuestion] = []
    mistakes: list[str] = []
    for line, fields in _lines(file, data):
        read = fields if isinstance(fields, str) else _question(line, fields, file.parent)
        if isinstance(read, str):
            mistakes.append(f"line {line}: {read}")
        else:
            questions.append(read)
    if mistakes:
        told = "\n".join(f"  {one}" for one in mistakes[:MOST_TOLD])
        more = f"\n  ... and {len(mistakes) - MOST_TOLD} more" if len(mistakes) > MOST_TOLD else ""
        raise QuestionError(
            f"{file} can't be evaluated as it is:\n{told}{more}",
            hint="Mend these lines and run the same command again; nothing was evaluated. docs/evaluation.md says what "
            "a line may hold.",
        )
    if not questions:
        raise QuestionError(f"There are no questions in {file}.", hint='Write a line as {"question": "...", ...}.')
    return QuestionFile(path=file, sha256=hashlib.sha256(data).hexdigest(), questions=tuple(questions))


def _lines(file: Path, data: bytes) -> Iterator[Line]:
    kind = file.suffix.lower()
    if kind not in {".jsonl", ".json", ".csv", ".yaml", ".yml"}:
        raise QuestionError(
            f'{file} ends in "{kind}", which says nothing of how it is written.',
            hint="Name a file that ends in .jsonl, .csv or .yaml.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise QuestionError(
            f"{file} is not in UTF-8: line {line} has a byte that can't be read.",
            hint='Save it as UTF-8 (in Excel: "CSV UTF-8").',
        ) from error
    if kind == ".csv":
        return _csv(file, text)
    return _yaml(file, text) if kind in {".yaml", ".yml"} else _jsonl(text)


def _jsonl(text: str) -> Iterator[Line]:
    # Not `splitlines`: JSON may hold line separators of Unicode as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            # Numbers as they stand: 7.50 in an answer is not 7.5.
            loaded: Any = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError) as error:
            yield number, f"this is no JSON ({error}); write one question a line"
            continue
        yield number, cast(Fields, loaded) if isinstance(loaded, dict) else 'write {"question": "..."}'


def _csv(file: Path, text: str) -> Iterator[Line]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    begin = 1
    try:
        for row in rows:
            here, begin = begin, rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                names = [cell.strip() for cell in row]
                _check_header(file, names)
            elif len(row) > len(names):
                yield here, f"it has {len(row)} cells and the first line names {len(names)}; quote cells with commas"
            else:
                yield here, {name: _cell(name, cell) for name, cell in zip(names, row, strict=False) if cell.strip()}
    except csv.Error as error:
        yield rows.line_num, f"this is no CSV ({error})"


def _check_header(file: Path, names: list[str]) -> None:
    if len(set(names)) != len(names) or not set(names) & {"question", "picture"}:
        raise QuestionError(
            f"The first line of {file} does not name its columns.",
            hint=f"Write names such as question,answer,documents there, each once. There are: {', '.join(FIELDS)}.",
        )


def _cell(name: str, cell: str) -> Any:
    known = _OTHER_NAMES.get(name, name)
    return [part for part in cell.split(BETWEEN) if part.strip()] if known in _SEVERAL else cell


def _yaml(file: Path, text: str) -> Iterator[Line]:
    """Every scalar is text (no "no" that becomes False, no date); the lines come from the nodes."""
    try:
        # The base loader makes strings, lists and mappings, and runs nothing.
        loader: Any = yaml.BaseLoader(text)
        root = loader.get_single_node()
        loaded: Any = loader.construct_document(root) if root is not None else []
    except (yaml.YAMLError, RecursionError) as error:
        mark: Any = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or "it can't be read"
        raise QuestionError(
            f"{file} is no YAML: {where}{problem}.", hint='Write a list: "- question: ..." and its fields below.'
        ) from error
    if not isinstance(loaded, list):
        raise QuestionError(f"{file} is no list of questions.", hint='Begin each with "- question: ...".')
    entries = cast(list[Any], loaded)
    for node, fields in zip(root.value if root is not None else (), entries, strict=True):
        line = node.start_mark.line + 1
        yield line, cast(Fields, fields) if isinstance(fields, dict) else 'write "question: ..." here'


def _question(line: int, fields: Fields, folder: Path) -> EvaluationQuestion | str:
    """A line's question, or what is wrong with it."""
    values: dict[str, Any] = {"line": line}
    for name, value in fields.items():
        known = _OTHER_NAMES.get(name, name)
        if known not in FIELDS:
            near = get_close_matches(str(name), FIELDS, n=1)
            meant = f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(FIELDS)}"
            return f'the field "{name}" is unknown{meant}'
        read = _texts(value) if known in _SEVERAL else _flag(value) if known == "unanswerable" else _text(value)
        if read is None:
            should = "a text or a list of texts" if known in _SEVERAL else "a text"
            return f'the field "{name}" should be {"true or false" if known == "unanswerable" else should}'
        values[_SEVERAL.get(known, known)] = read
    picture = str(values.pop("picture", ""))
    if picture:
        values["picture"] = folder / Path(picture).expanduser()
        if not values["picture"].is_file():
            return f'the field "picture" names {values["picture"]}, which is not there; paths are relative to the file'
    problem = _contradiction(values)
    if problem:
        return problem
    try:
        return EvaluationQuestion.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        return f'the field "{".".join(map(str, first["loc"]))}": {first["msg"]}'


def _contradiction(values: Mapping[str, Any]) -> str:
    if not values.get("question") and "picture" not in values:
        return 'the field "question" is empty; write what is asked, or name a "picture"'
    if values.get("unanswerable"):
        given = [name for name, field in _SEVERAL.items() if field != "tags" and values.get(field)]
        if given:
            return f'the question is "unanswerable", so its field "{given[0]}" can\'t be met; leave one of them out'
    return ""


def _text(value: Any) -> str | None:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    several = cast(list[Any], value) if isinstance(value, list) else [value]
    texts = [_text(one) for one in several]
    return None if None in texts else tuple(text for text in texts if text)


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = _text(value)
    said = text.casefold() if text is not None else None
    return True if said in _TRUE else False if said in _FALSE else None
