"""The questions that Lorelens is measured on, with what a good answer would hold."""

import hashlib
import json
from pathlib import Path

from core.language import detect_language
from core.messages import Value


class EvaluationQuestion(Value):
    """One question of a file; `line` is where it begins there.

    `answers` are references, any of which will do. `documents` hold the answer: paths in their source, or the source's
    name, a slash and the path. `quotes` are sentences that must be among what is retrieved, `pictures` the names of
    those that should be shown. A question that is not `unanswerable` is taken to have an answer in the knowledge.
    """

    line: int
    question: str = ""
    answers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    picture: Path | None = None
    pictures: tuple[str, ...] = ()
    unanswerable: bool = False
    language: str = ""
    tags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A hash of the question and of what is expected of its answer; tags and language aside."""
        said = self.model_dump(mode="json", exclude={"line", "language", "tags", "picture"})
        said["picture"] = self.picture.name if self.picture else ""
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def spoken(self) -> str:
        """The language that the file says, or that the question seems to be in; "und" for a picture alone."""
        return self.language or detect_language(self.question)


class QuestionFile(Value):
    """The questions of one file, and the hash of its bytes."""

    path: Path
    sha256: str
    questions: tuple[EvaluationQuestion, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its questions, in order; a question that stands there twice has two."""
        seen: dict[str, int] = {}
        keys: list[str] = []
        for one in self.questions:
            key = one.key
            seen[key] = seen.get(key, 0) + 1
            keys.append(key if seen[key] == 1 else f"{key}-{seen[key]}")
        return tuple(keys)
