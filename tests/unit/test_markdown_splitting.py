"""Markdown in pieces: each is whole, none is too long, nothing is lost; and a growing text shows nothing half."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.measures import utf16
from adapters.markdown.mentions import defused
from adapters.markdown.parsing import parse
from adapters.markdown.splitting import split
from adapters.markdown.streaming import GrowingText
from adapters.markdown.unfinished import open_fence, showable

ARTICLE = """# Restarting

The service restarts by itself. **Do not** restart it by hand unless [the runbook](https://e.com/runbook) says so.

- stop it
- wait until `status` says *stopped*, which takes about a minute
  - on staging, ten seconds

    ```bash
    systemctl stop lorelens
    ```
- start it

```python
def restart() -> None:
    stop()
    start()
```

| host | minutes |
|------|--------:|
| alpha | 3 |
| beta | 12 |
| gamma | 4 |

> Whoever restarts it
> tells the others.

## Afterwards

1. Look at the logs.
2. Look again.
"""


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def test_a_short_text_is_one_piece_as_it_is() -> None:
    assert split(ARTICLE, 4000) == (ARTICLE.strip(),)
    assert split("  \n", 100) == ()


@pytest.mark.parametrize("limit", [64, 80, 120, 200, 400])
def test_pieces_are_short_enough_and_nothing_is_lost(limit: int) -> None:
    pieces = split(ARTICLE, limit)

    assert max(map(len, pieces)) <= limit
    assert set(words(ARTICLE)) == set(words(" ".join(pieces)))
    assert all(open_fence(piece) is None for piece in pieces)
    assert all("](https://e.com/runbook)" in piece for piece in pieces if "[the runbook" in piece)


def test_pieces_end_where_paragraphs_end() -> None:
    paragraphs = [f"Paragraph {number}. " + "Some words. " * 6 for number in range(9)]

    pieces = split("\n\n".join(paragraphs), 200)

    assert all(piece.startswith("Paragraph") for piece in pieces)
    assert len(pieces) < len(paragraphs)


def test_a_heading_goes_with_what_follows_it() -> None:
    pieces = split("One. " * 16 + "\n\n## Two\n\n" + "Three. " * 12, 100)

    assert pieces[1].startswith("## Two\n\nThree.")


@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
def test_code_is_reopened_with_its_language(fence: str) -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(40))

    pieces = split(f"Look:\n\n{fence}python\n{code}\n{fence}\n\nDone.", 150)

    assert "\n".join(line for piece in pieces for line in piece.split("\n") if line.startswith("line_")) == code
    for piece in pieces:
        assert f"{fence}python\n" in piece
        assert [node.type for node in parse(piece).children if node.type == "fence"] == ["fence"]
    assert pieces[-1].endswith("Done.")


def test_code_that_a_model_left_open_is_closed() -> None:
    assert split("Look:\n\n```python\nx = 1", 100) == ("Look:\n\n```python\nx = 1\n```",)


def test_a_line_of_code_without_end_is_cut_and_stays_code() -> None:
    pieces = split("```\n" + "x" * 300 + "\n```", 100)

    assert max(map(len, pieces)) <= 100
    assert sum(piece.count("x") for piece in pieces) == 300
    assert all(piece.startswith("```\n") and piece.endswith("\n```") for piece in pieces)


def test_indented_code_stays_code_at_the_head_of_a_piece() -> None:
    text = "Words. " * 12 + "\n\n" + "\n".join(f"    step {number}" for number in range(30))

    for piece in split(text, 100)[1:]:
        assert [node.type for node in parse(piece).children] == ["fence"]


def test_a_long_table_has_its_head_in_every_piece() -> None:
    rows = "\n".join(f"| host{number} | {number} |" for number in range(60))

    pieces = split(f"| host | minutes |\n|---|--:|\n{rows}", 200)

    assert len(pieces) > 3
    for piece in pieces:
        assert piece.startswith("| host | minutes |\n|---|--:|\n| host")
    assert "".join(pieces).count("| host") == 60 + len(pieces)


def test_items_of_a_list_stay_whole_and_numbers_go_on() -> None:
    items = [f"{number}. Item number {number} says something." for number in range(1, 20)]

    pieces = split("\n".join(items), 120)

    assert [line for piece in pieces for line in piece.split("\n")] == items


def test_what_is_nested_in_a_list_does_not_become_code() -> None:
    nested = "\n".join(f"    - nested point {number} with some words" for number in range(12))

    for piece in split(f"- first\n  - second\n{nested}", 90):
        assert [node.type for node in parse(piece).children] == ["bullet_list"]


def test_a_quotation_is_a_quotation_in_every_piece() -> None:
    quoted = "\n".join(f"> Sentence {number} of what was said." for number in range(20))

    for piece in split(quoted, 100):
        assert all(line.startswith(">") for line in piece.split("\n"))


def test_quotations_in_quotations_without_end_are_split_as_text() -> None:
    assert max(map(len, split("> " * 3000 + "deep", 200))) <= 200


def test_a_paragraph_is_cut_between_sentences_in_chinese_too() -> None:
    pieces = split("请先停止服务，然后等待一分钟。" * 20, 100)

    assert max(map(len, pieces)) <= 100
    assert all(piece.endswith("。") for piece in pieces)


@pytest.mark.parametrize(
    "whole",
    [
        "[a link with a long name](https://example.com/with/a/path)",
        "`code that has spaces in it`",
        "https://example.com/an/address/that/is/rather/long",
        "![alternative text](https://example.com/x.png)",
        "**strong words that belong together**",
    ],
)
def test_links_code_and_emphasis_are_not_cut(whole: str) -> None:
    for before in range(0, 60, 3):
        pieces = split("w" * before + " " + whole + " and more words to come after it.", 75)

        assert sum(whole in piece for piece in pieces) == 1


def test_discord_counts_utf16() -> None:
    text = "😀" * 90

    assert utf16(text) == 180
    pieces = split(text, 100, utf16)
    assert max(map(utf16, pieces)) <= 100
    assert "".join(pieces) == text


def test_joined_emoji_and_accents_are_not_cut() -> None:
    family = "👨\u200d👩\u200d👧"
    pieces = split(family * 30, 33)

    assert all(piece.startswith("👨") and piece.endswith("👧") for piece in pieces)


LINES = st.sampled_from(
    [
        "",
        "Some words that make a sentence. And another one!",
        "# A heading",
        "- an item",
        "  - a nested item with a few words",
        "1. a numbered item",
        "> a quotation",
        "```python",
        "```",
        "~~~",
        "    indented",
        "| a | b |",
        "|---|---|",
        "中文的句子。还有一句，比较长的句子！",
        "**bold** and [link](https://e.com/a_b) and `code`",
        "x" * 70,
        "***",
        "\t tab",
        "[ref]: https://e.com",
    ]
)
TEXTS = st.lists(LINES, max_size=25).map("\n".join)


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.integers(32, 300))
def test_any_text_is_split_below_the_limit_without_a_loss(text: str, limit: int) -> None:
    pieces = split(text, limit)

    assert all(0 < len(piece) <= limit for piece in pieces)
    said = re.sub(r"[\s`~>|-]", "", text)
    kept = re.sub(r"[\s`~>|-]", "", "".join(pieces))
    assert len(kept) >= len(said)
    assert set(words(text)) <= set(words(" ".join(pieces))) or "x" * 70 in text or limit < 80


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("Hello wor", "Hello "),
        ("It is **very impor", "It is "),
        ("It is **very** impor", "It is **very** "),
        ("It is *", "It is "),
        ("See [the run", "See "),
        ("See [the runbook](https://e.com/ru", "See "),
        ("See [the runbook](https://e.com/run) now", "See [the runbook](https://e.com/run) "),
        ("Call `resta", "Call "),
        ("As it says [1", "As it says "),
        ("As it says [1] th", "As it says [1] "),
        ("See [the runbook](https://e.com/run).", "See "),
        ("It is **very important**, sa", "It is **very important**, "),
        ("It is **very important**,", "It is "),
        ("![a pic", ""),
        ("Done.\n\n- fi", "Done.\n\n"),
        ("Done.\n\n- first it", "Done.\n\n- first "),
        ("Done.\n\n#", "Done.\n\n"),
        ("Done.\n\n| a | b |\n|--", "Done.\n\n| a | b |\n"),
        ("snake_case and 2*3 are lite", "snake_case and 2*3 are "),
        ("5 * 3 is fif", "5 * 3 is "),
        ("请先停止服", "请先停止服"),
        ("ask @chan", "ask "),
        ("ask <!chan", "ask "),
        ("a &l", "a "),
        ("Done.\n\n```py", "Done.\n\n"),
        ("~~ol", ""),
    ],
)
def test_nothing_half_is_shown(so_far: str, shown: str) -> None:
    assert showable(so_far).text == shown


def test_open_code_is_closed_for_display_only() -> None:
    shown = showable("Look:\n\n```python\nx = 1\ny = tw")

    assert shown.text == "Look:\n\n```python\nx = 1\n"
    assert shown.displayed.endswith("x = 1\n```")
    assert showable("```\nx\n``").displayed == "```\nx\n```"


def test_a_lone_asterisk_does_not_hold_a_text_up_for_ever() -> None:
    assert showable("*" + "word " * 100).text == "*" + "word " * 100


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 9))
def test_what_was_shown_once_is_never_taken_back(text: str, step: int) -> None:
    shown = ""
    for end in range(0, len(text), step):
        now = showable(text[:end]).text
        assert now.startswith(shown)
        assert text.startswith(now)
        shown = now


def grown(text: str, *, limit: int, step: int = 7) -> list[str]:
    growing = GrowingText(limit=limit)
    messages: dict[int, str] = {}
    additions = [addition for at in range(0, len(text), step) for addition in growing.add(text[at : at + step])]
    for addition in (*additions, *growing.finish()):
        messages[addition.part] = messages.get(addition.part, "") + addition.text
    assert list(messages) == list(range(len(messages)))
    assert not messages or growing.used == len(messages[max(messages)])
    return list(messages.values())


def test_a_streamed_text_is_the_text() -> None:
    assert grown(ARTICLE, limit=4000) == [ARTICLE]
    assert grown("", limit=4000) == []


def test_a_long_streamed_text_goes_on_in_further_messages() -> None:
    messages = grown(ARTICLE, limit=200)

    assert max(map(len, messages)) <= 200
    assert set(words(ARTICLE)) == set(words(" ".join(messages)))
    assert all(open_fence(message) is None for message in messages)


def test_streamed_code_is_reopened_in_the_next_message() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(60))

    messages = grown(f"Look:\n\n```python\n{code}\n```\n", limit=300)

    assert len(messages) > 3
    assert all("```python\n" in message and open_fence(message) is None for message in messages)
    assert "\n".join(re.findall(r"line_.*", "\n".join(messages))) == code


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.integers(150, 400), st.integers(1, 40))
def test_any_streamed_text_stays_below_the_limit(text: str, limit: int, step: int) -> None:
    messages = grown(text, limit=limit, step=step)

    assert all(len(message) <= limit for message in messages)
    assert len(re.sub(r"[\s`~]", "", "".join(messages))) >= len(re.sub(r"[\s`~]", "", text)) - 20


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_a_streamed_mention_is_taken_apart_wherever_it_is_cut(step: int) -> None:
    text = "Ask @channel or <!here> or <!subteam^S1|the ops team> or &lt;!everyone&gt; or <@U123ABC>, all of them. "

    (message,) = grown(text, limit=4000, step=step)

    assert (
        message
        == defused(text)
        == "Ask @ channel or @ here or @ the ops team or @ everyone or @ U123ABC, all of them. "
    )
