"""What may leave: the asker's own words, in the asker's own order, and nothing else.

An instruction hidden in a document may tell a model to search the web for what a private document says. No filter can
tell such a query from an honest one: text can be spelled backwards, encoded, or cut over several calls. So nothing that
a model writes is ever sent. What it writes only chooses among the words that the person wrote in this conversation, and
those are sent as they stand there, each once, in the order in which they were written. Replies, evidence, pictures and
what others said are not drawn on (docs/decisions/019-what-may-leave.md).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, cast

from core.errors import QuestionError
from core.followups import topic_words
from core.knowledge.terms import stem
from core.messages import Message

LONGEST_QUERY = 300
"""Characters of what is searched for outside."""
EARLIER = 5
"""So many of the person's earlier messages are drawn on."""
LONGEST_MESSAGE = 20_000
MOST_CHOICES = 200
"""Values of an enumeration in a tool's schema beyond which choosing one says too much."""
MOST_ITEMS = 8
DEEPEST = 6

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = rf"[^\W_{_HAN}]+"
_TOKEN = re.compile(rf"[{_HAN}]+|{_WORD}(?:[._@/:'’-]{_WORD})*[+#]*")
_PART = re.compile(rf"{_WORD}[+#]*")
_IS_HAN = re.compile(rf"[{_HAN}]")


class ForeignWordsError(QuestionError):
    """A tool was to be sent what the person did not write; says which argument."""

    code = "foreign"


class OwnWords:
    """The words of one person in one conversation; `query` and `arguments` hold to them what is to be sent."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Draw on texts of the person, the newest first."""
        self._texts = [_clean(text[:LONGEST_MESSAGE]) for text in texts]
        self._spans: dict[str, tuple[int, int, int]] = {}
        for at, text in enumerate(self._texts):
            for match in _TOKEN.finditer(text):
                if _IS_HAN.match(match.group()):
                    continue
                self._spans.setdefault(_key(match.group()), (at, *match.span()))
                for part in _PART.finditer(text, *match.span()):
                    self._spans.setdefault(_key(part.group()), (at, *part.span()))

    @classmethod
    def of(cls, message: Message, history: Sequence[Message]) -> "OwnWords":
        """The words of whoever wrote a message: of the message, and of their earlier ones in the conversation."""
        earlier = [one.text for one in reversed(history) if one.role == "person" and one.author.id == message.author.id]
        return cls([message.text, *earlier[:EARLIER]])

    def query(self, proposed: str, standalone: str = "") -> str:
        """What is searched for where a model proposed a query.

        Where little of it is the person's own, the question is searched for instead: as it reads without the
        conversation, held to the same words, or else as it was written.
        """
        for wish in (proposed, standalone):
            chosen, _ = self._chosen(wish)
            if topic_words(chosen):
                return _bounded(chosen)
        return _bounded(self._texts[0]) if self._texts else ""

    def text(self, proposed: str) -> str | None:
        """A whole text in the person's own words and spelling; None where it holds anything else."""
        if _clean(proposed) != unicodedata.normalize("NFKC", proposed):
            return None
        words = unicodedata.normalize("NFKC", proposed).split()
        if not words:
            return ""
        verbatim = self._verbatim(words)
        if verbatim is not None:
            return verbatim
        chosen, is_all = self._chosen(proposed)
        return chosen if is_all and chosen else None

    def arguments(self, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of an outside tool as they may be sent, by its JSON schema.

        Free text and numbers must be the person's; values that the schema lists, its defaults, true, false and null
        may be sent as they are, and no name that the schema does not have.

        Raises:
            ForeignWordsError: one holds something else.
        """
        return cast(dict[str, Any], _Arguments(self, schema).held(schema, dict(arguments), "arguments", DEEPEST))

    def _verbatim(self, words: Sequence[str]) -> str | None:
        """The words as they stand one after another in a message, in its spelling."""
        pattern = r"\s+".join(map(re.escape, words))
        before = "" if _IS_HAN.match(words[0]) else r"(?<!\w)"
        after = "" if _IS_HAN.match(words[-1][-1]) else r"(?!\w)"
        for text in self._texts:
            found = re.search(f"{before}{pattern}{after}", text, re.IGNORECASE)
            if found and any(character.isalnum() for character in found.group()):
                return " ".join(found.group().split())
        return None

    def _chosen(self, proposed: str) -> tuple[str, bool]:
        """The person's words that a text names, and whether it names nothing else."""
        spans: set[tuple[int, int, int]] = set()
        is_all = True
        for match in _TOKEN.finditer(_clean(proposed[: LONGEST_QUERY * 4])):
            token = match.group()
            if _IS_HAN.match(token):
                found, rest = self._runs(token)
                spans |= found
                is_all = is_all and not rest
            elif (whole := self._spans.get(_key(token))) is not None:
                spans.add(whole)
            else:
                parts = [self._spans.get(_key(part)) for part in _PART.findall(token)]
                spans |= {part for part in parts if part is not None}
                is_all = False
        return self._joined(spans), is_all

    def _runs(self, token: str) -> tuple[set[tuple[int, int, int]], bool]:
        """Where pieces of a run without spaces stand in the messages, and whether some stand nowhere.

        A single character is no word: from a long message any text could be put together of those.
        """
        spans: set[tuple[int, int, int]] = set()
        rest, start = False, 0
        while start < len(token):
            for end in range(len(token), start + 1, -1):
                piece = token[start:end]
                at = next((at for at, text in enumerate(self._texts) if piece in text), None)
                if at is not None:
                    first = self._texts[at].index(piece)
                    spans.add((at, first, first + len(piece)))
                    start = end
                    break
            else:
                rest, start = True, start + 1
        return spans, rest

    def _joined(self, spans: set[tuple[int, int, int]]) -> str:
        said: list[str] = []
        reached = (-1, -1)
        for at, start, end in sorted(spans):
            if at == reached[0] and end <= reached[1]:
                continue
            start = max(start, reached[1]) if at == reached[0] else start
            piece = self._texts[at][start:end]
            touches = (at, start) == reached and bool(_IS_HAN.match(piece))
            said.append(piece if touches or not said else f" {piece}")
            reached = (at, end)
        return "".join(said)


class _Arguments:
    """Arguments held to a schema, whose references lead within it."""

    def __init__(self, own: OwnWords, root: Mapping[str, Any]) -> None:
        self._own = own
        self._root = root

    def held(self, schema: Mapping[str, Any], value: Any, where: str, depth: int) -> Any:
        if depth < 0:
            raise _foreign(where, "is nested too deeply")
        schema = self._resolved(schema)
        if isinstance(value, bool) or value is None or self._is_listed(schema, value):
            return value
        branches = [one for key in ("anyOf", "oneOf", "allOf") for one in cast(list[Any], schema.get(key) or [])]
        problem: ForeignWordsError | None = None
        for branch in branches:
            try:
                return self.held(cast(Mapping[str, Any], branch), value, where, depth - 1)
            except ForeignWordsError as error:
                problem = error
        if isinstance(value, dict):
            return self._object(schema, cast(dict[str, Any], value), where, depth)
        if problem is not None and branches and "type" not in schema:
            raise problem
        return self._plain(schema, value, where, depth)

    def _plain(self, schema: Mapping[str, Any], value: Any, where: str, depth: int) -> Any:
        if isinstance(value, list):
            items = cast(list[Any], value)
            if len(items) > MOST_ITEMS or any(one in items[:at] for at, one in enumerate(items)):
                raise _foreign(where, f"holds more than {MOST_ITEMS} values, or one of them twice")
            within = cast(Mapping[str, Any], schema.get("items") or {})
            return [self.held(within, one, f"{where}[{at}]", depth - 1) for at, one in enumerate(items)]
        if isinstance(value, int | float):
            if self._own.text(f"{value:g}" if isinstance(value, float) else str(value)) is None:
                raise _foreign(where, "is a number that the person did not write")
            return value
        if isinstance(value, str) and (text := self._own.text(value)) is not None:
            return text
        raise _foreign(where, "holds words that the person did not write")

    def _object(self, schema: Mapping[str, Any], value: dict[str, Any], where: str, depth: int) -> dict[str, Any]:
        known = cast(Mapping[str, Any], schema.get("properties") or {})
        if foreign := [name for name in value if name not in known]:
            raise _foreign(where, f"has {len(foreign)} names that the tool's schema does not have")
        # In the schema's order: that of the model could say something.
        return {
            name: self.held(cast(Mapping[str, Any], within), value[name], name, depth - 1)
            for name, within in known.items()
            if name in value
        }

    def _is_listed(self, schema: Mapping[str, Any], value: Any) -> bool:
        choices = cast(list[Any], schema.get("enum") or [])
        listed = [
            *(choices if len(choices) <= MOST_CHOICES else ()),
            *(schema[key] for key in ("const", "default") if key in schema),
        ]
        return any(type(one) is type(value) and one == value for one in listed)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(DEEPEST):
            reference = schema.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#/"):
                return schema
            target: Any = self._root
            for part in reference[2:].split("/"):
                target = cast(Mapping[str, Any], target).get(part, {}) if isinstance(target, Mapping) else {}
            schema = cast(Mapping[str, Any], target) if isinstance(target, Mapping) else {}
        return {}


def _foreign(where: str, what: str) -> ForeignWordsError:
    return ForeignWordsError(
        f"Not sent: {where} {what}. Outside tools are told only words and numbers that the person wrote in this "
        "conversation, values that the tool's schema lists, true, false and null.",
        hint="Leave the argument out, or use the person's own words.",
    )


def _clean(text: str) -> str:
    """A text without what nobody sees in it."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(
        one if one in "\n\t" or unicodedata.category(one) not in {"Cf", "Cc", "Co", "Cn", "Cs"} else ""
        for one in folded
    )


def _key(token: str) -> str:
    return stem(token.replace("’", "'"))


def _bounded(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_QUERY else text[:LONGEST_QUERY].rsplit(" ", 1)[0]
