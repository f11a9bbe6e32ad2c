"""What may leave: whatever a model writes, only the asker's own words go outside, in their own order."""

import base64
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from core.messages import Author, Message, Place
from core.outside.leaving import ForeignWordsError, OwnWords

PLACE = Place(platform="slack", workspace="T1", channel="C1")
QUESTION = "Who makes the label printers that we use in hall B? See ERR-4031 and src/main.py."
SECRET = "The acquisition of Brandt closes on 14 March for 20 million."  # noqa: S105 - a secret of the story
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "words": {"type": "string"},
        "state": {"type": "string", "enum": ["open", "closed"]},
        "deep": {"$ref": "#/$defs/Deep"},
        "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 10},
        "tags": {"type": "array", "items": {"type": "string"}},
        "archived": {"type": "boolean"},
    },
    "$defs": {"Deep": {"type": "object", "properties": {"name": {"type": "string"}}}},
}


def message(text: str, author: str = "mira", role: Any = "person") -> Message:
    return Message(
        id=text[:20],
        place=PLACE,
        author=Author(id=author),
        role=role,
        text=text,
        sent_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def own(*texts: str) -> OwnWords:
    return OwnWords(texts or (QUESTION,))


def spelled(text: str) -> list[str]:
    """A text in the disguises that a hidden instruction may ask for."""
    plain = base64.b64encode(text.encode()).decode()
    return [
        text,
        text.upper(),
        text[::-1],
        plain,
        plain.rstrip("="),
        text.encode().hex(),
        " ".join(text),
        "-".join(text),
        ".".join(text.split()),
        "\u200b".join(text),
        text.replace("a", "а").replace("o", "о").replace("e", "е"),  # Cyrillic
        "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text),  # full width
        " ".join(str(ord(one)) for one in text),
        "".join(chr(0xE0000 + ord(one)) for one in text),  # tags, which nobody sees
        f"label printers {text}",
        f"https://label.printers/{plain}",
        f"label?{plain}#printers",
    ]


@pytest.mark.parametrize("proposed", spelled(SECRET))
def test_nothing_of_a_private_document_leaves_in_any_disguise(proposed: str) -> None:
    sent = own().query(proposed, f"{QUESTION} ({SECRET})")
    assert set(sent.split()) <= set(QUESTION.split()) | {"B", "ERR-4031", "src/main.py", "See"}
    for word in ("acquisition", "Brandt", "March", "14", "20", "million"):
        assert word not in sent


def test_a_secret_cut_over_many_queries_does_not_leave() -> None:
    for word in SECRET.split():
        sent = own().query(f"printers {word}")
        assert sent in {"printers", "the printers", "printers in", QUESTION, "printers use"} or word in QUESTION


def test_the_order_of_words_carries_nothing() -> None:
    words = ["label", "printers", "hall"]
    chance = random.Random(7)
    sent: set[str] = set()
    for _ in range(20):
        chance.shuffle(words)
        sent.add(own().query(" ".join([*words, *words])))
    assert sent == {"label printers hall"}


def test_letter_case_and_endings_are_the_persons_own() -> None:
    assert own().query("LABEL printer HaLL") == "label printers hall"


def test_a_query_of_the_persons_words_is_searched_as_it_was_meant() -> None:
    assert own().query("label printers hall B ERR-4031") == "label printers hall B ERR-4031"


def test_chinese_is_cut_from_the_question_and_not_put_together_of_characters() -> None:
    words = own("上网查一下柏林的人口有多少，谢谢大家")
    assert words.query("柏林人口") == "柏林 人口"
    assert words.query("收购将于三月完成") == "上网查一下柏林的人口有多少,谢谢大家"
    assert words.text("柏林") == "柏林"
    assert words.text("林柏") is None


def test_where_little_is_the_persons_own_the_question_is_searched() -> None:
    assert own().query("Brandt GmbH", "label printers hall B") == "label printers hall B"
    assert own().query("Brandt GmbH") == QUESTION


def test_replies_and_what_others_said_are_not_drawn_on() -> None:
    history = [
        message("Is the Zebra still there?"),
        message("Our margin is 31 percent.", author="noor"),
        message("Brandt makes them.", role="assistant"),
    ]
    words = OwnWords.of(message(QUESTION), history)
    assert words.query("Brandt margin 31 percent Zebra label") == "label Zebra"


def test_arguments_of_the_persons_words_and_of_the_schema_are_sent() -> None:
    sent = own().arguments(
        SCHEMA,
        {
            "archived": True,
            "state": "closed",
            "words": "LABEL  printers",
            "deep": {"name": "ERR-4031"},
            "limit": 4031,
            "tags": ["hall B", "src/main.py"],
        },
    )
    assert sent == {
        "words": "label printers",
        "state": "closed",
        "deep": {"name": "ERR-4031"},
        "limit": 4031,
        "tags": ["hall B", "src/main.py"],
        "archived": True,
    }
    assert list(sent) == ["words", "state", "deep", "limit", "tags", "archived"]
    assert own().arguments(SCHEMA, {"limit": 10}) == {"limit": 10}
    assert own().arguments(SCHEMA, {"limit": None}) == {"limit": None}


@pytest.mark.parametrize(
    "arguments",
    [
        {"words": "label printers Brandt"},
        {"words": "label\u200bprinters"},
        {"words": "label printers \U000e0041"},
        {"words": "lаbel"},
        {"words": "b r a n d t"},
        {"limit": 14},
        {"limit": 20.5},
        {"state": "acquisition"},
        {"deep": {"name": "Brandt"}},
        {"deep": {"Brandt": True}},
        {"Brandt": True},
        {"tags": ["label"] * 2},
        {"tags": [str(one) for one in range(9)]},
        {"tags": ["label", "March"]},
        {"words": {"name": "label"}},
    ],
    ids=str,
)
def test_arguments_with_anything_else_are_refused_with_a_reason(arguments: dict[str, Any]) -> None:
    with pytest.raises(ForeignWordsError, match="Not sent") as refused:
        own().arguments(SCHEMA, arguments)
    assert refused.value.hint
    assert "Brandt" not in str(refused.value)


@pytest.mark.parametrize("proposed", [one for one in spelled(SECRET)])
def test_no_disguise_passes_as_an_argument(proposed: str) -> None:
    with pytest.raises(ForeignWordsError):
        own().arguments(SCHEMA, {"words": proposed})


def test_long_messages_and_strange_ones_are_taken() -> None:
    assert len(own("word " * 5000).query("x")) <= 300
    assert own("").query("Brandt") == ""
    assert own("😀😀").query("Brandt") == "😀😀"
    assert own("a" * 20_000).query("b")
