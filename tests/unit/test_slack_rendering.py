"""A reply in Slack: what a person sees, and that Slack takes it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.reply_texts import status_text
from adapters.slack.answer import (
    Look,
    answer_messages,
    closing_blocks,
    streams_well,
    underway_messages,
)
from adapters.slack.blocks import MARKDOWN, SlackMessage, weight
from adapters.slack.buttons import Pressed, pressed
from adapters.texts import CHINESE, ENGLISH
from core.explaining.parts import nothing_to_explain
from core.messages import Picture
from core.reply import Citation, Failure, Finished, Reply, ShownPicture, Status, Text, gather
from tests.slack_emulator.blocks import characters, check
from tests.slack_emulator.looks import buttons, shown
from tests.unit.mentions_of_tests import notifies

ABOUT = Pressed("slack/T1/C1/1700000000.000100", "C1:1700000000.000100")
PLAIN = Look(ENGLISH)
BUTTONS = Look(ENGLISH, ABOUT)
SHA = "a" * 64
DIAGRAM = ShownPicture(
    picture=Picture(sha256=SHA, media_type="image/png", width=640, height=480),
    source="handbook/network.png",
    caption="How the services are connected",
)
CITED = Citation(
    number=1,
    source="runbook.md",
    title="Runbook",
    heading="Restarting",
    page=3,
    quote="Stop the service before you restart it.",
    url="https://wiki.example.com/runbook?a=1&b=2",
)
NATIVE = pytest.mark.parametrize("native", [True, False], ids=["markdown blocks", "mrkdwn"])


def texts_in(value: Any) -> Iterator[str]:
    """All texts that Slack shows of blocks; what a button sends back is none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        fields = cast(Mapping[str, Any], value)
        yield from (text for name, one in fields.items() if name != "value" for text in texts_in(one))
    elif isinstance(value, (list, tuple)):
        yield from (text for one in cast(Sequence[Any], value) for text in texts_in(one))


def is_taken(messages: Sequence[SlackMessage]) -> None:
    for message in messages:
        assert check(list(message.blocks), lambda _: True) == []
        assert characters(message.blocks) <= 13_200
        assert sum(map(weight, message.blocks)) <= 13_200
        assert sum(len(block["text"]) for block in message.blocks if block["type"] == "markdown") <= MARKDOWN
        assert 0 < len(message.text) <= 4000
        assert message.blocks


def seen(messages: Sequence[SlackMessage]) -> str:
    is_taken(messages)
    return "\n~~~\n".join(shown(message.text, message.blocks, []) for message in messages)


def labels(messages: Sequence[SlackMessage]) -> list[str]:
    return [button.label for message in messages for button in buttons(message.blocks)]


def mrkdwn(text: str) -> str:
    (message,) = answer_messages(Reply(text=text), Look(ENGLISH, native=False))
    is_taken([message])
    return "\n\n".join(block["text"]["text"] for block in message.blocks)


def kinds(message: SlackMessage) -> list[str]:
    return [block["type"] for block in message.blocks]


@NATIVE
def test_an_answer_comes_with_picture_sources_and_buttons_in_this_order(native: bool) -> None:
    reply = Reply(
        text="Stop it first [1].",
        pictures=(DIAGRAM,),
        citations=(CITED,),
        suggestions=("How long does it take?", "Who may do it?"),
    )

    messages = answer_messages(reply, Look(ENGLISH, ABOUT, files={SHA: "F1"}, native=native))

    lines = seen(messages).split("\n")
    assert lines[:6] == [
        "Stop it first [1].",
        "handbook/network.png",
        "[image: How the services are connected]",
        "*Sources*",
        "[1] Runbook › Restarting, p. 3 — “Stop the service before you restart it.”",
        "[👍] [👎]",
    ]
    assert labels(messages)[2:] == ["Why this answer?", "Try again", "How long does it take?", "Who may do it?"]
    assert "<https://wiki.example.com/runbook?a=1&amp;b=2|Runbook>" in json.dumps(messages[0].blocks)
    assert messages[0].text == "Stop it first [1]. How the services are connected"


def test_buttons_know_their_question() -> None:
    (message,) = answer_messages(Reply(text="Yes.", suggestions=("And " + "then? " * 600,)), BUTTONS)

    up, down, *others = buttons(message.blocks)
    values = [pressed(one.value) for one in (up, down, *others)]
    assert all(one is not None and one.conversation == ABOUT.conversation for one in values)
    assert [one.vote for one in values if one][:2] == ["up", "down"]
    assert values[-1] is not None
    assert values[-1].text.startswith("And then? then?")
    assert len(others[-1].value) <= 2000
    assert others[-1].label.endswith(" …")
    assert pressed("") is pressed("[]") is pressed('{"c": 1}') is pressed('"x"') is None


def test_an_answer_only_for_the_asker_can_be_shared_and_then_says_by_whom() -> None:
    private = answer_messages(Reply(text="42."), Look(ENGLISH, ABOUT, ephemeral=True))
    shared = answer_messages(
        Reply(text="42."), Look(ENGLISH, ABOUT, shared_by="U1", asked="What is <!here>\nthe answer?")
    )

    assert "Share in channel" in labels(private)
    assert "Share in channel" not in labels(shared)
    assert seen(shared).startswith("Shared by <@U1>\n> What is @ here the answer?\n42.")
    assert "Shared by" not in seen(answer_messages(Reply(text="42."), Look(ENGLISH, shared_by="<!here>")))


@NATIVE
def test_a_declined_answer_says_so_and_can_be_explained(native: bool) -> None:
    look = Look(CHINESE, ABOUT, native=native)

    assert CHINESE.declined in seen(answer_messages(Reply(declined=True), look))
    said = answer_messages(Reply(text="I found nothing on this.", declined=True), look)
    assert "I found nothing on this." in seen(said)
    assert CHINESE.why in labels(said)


@NATIVE
def test_a_failure_alone_says_what_happened_and_what_to_do(native: bool) -> None:
    failure = Failure(code="model", message="The model <gpt> is away.", hint="Try again in a minute.")

    messages = answer_messages(Reply(failure=failure), Look(ENGLISH, ABOUT, native=native))

    assert seen(messages).startswith("*No answer*\nThe model <gpt> is away.\nTry again in a minute.")
    assert labels(messages) == ["Try again"]
    assert messages[0].text == "The model &lt;gpt&gt; is away."


def test_a_failure_after_some_text_says_that_the_answer_is_incomplete() -> None:
    failure = Failure(code="model", message="The model broke off.", hint="")

    assert "Half an\n*The answer is incomplete*\nThe model broke off." in seen(
        answer_messages(Reply(text="Half an", failure=failure), PLAIN)
    )


def test_a_stopped_answer_and_a_picture_that_was_not_read_are_small_notes() -> None:
    stopped = Reply(text="It begins", failure=Failure(code="stopped", message="Stopped, as asked."))
    unread = Reply(
        text="Fine.", failure=Failure(code="attachment", message="x.svg is an SVG drawing.", hint="Send PNG.")
    )

    assert seen(answer_messages(stopped, PLAIN)) == "It begins\nStopped, as asked."
    assert seen(answer_messages(unread, PLAIN)) == "Fine.\nx.svg is an SVG drawing. Send PNG."


def test_a_reply_that_says_nothing_is_not_silent() -> None:
    assert ENGLISH.nothing_said in seen(answer_messages(Reply(), BUTTONS))
    assert ENGLISH.nothing_said in seen(answer_messages(Reply(text=" \n "), BUTTONS))
    assert ENGLISH.nothing_said not in seen(answer_messages(Reply(pictures=(DIAGRAM,)), BUTTONS))


@NATIVE
def test_forty_sources_are_shown_as_ten_and_counted(native: bool) -> None:
    citations = [
        Citation(
            number=number,
            source=f"doc{number}.md",
            heading="H" * 500,
            quote="q " * 900,
            url="https://e.com/" + "u" * 900,
        )
        for number in range(1, 41)
    ]

    messages = answer_messages(
        Reply(text="See there.", citations=tuple(citations)), Look(ENGLISH, ABOUT, native=native)
    )

    said = seen(messages)
    assert "[10] doc10.md" in said
    assert "[11]" not in said
    assert "_and 30 more_" in said
    assert len(messages) <= 2


def test_several_sentences_of_one_source_are_one_line() -> None:
    again = CITED.model_copy(update={"quote": "Then start it.", "url": "javascript:alert(1)"})

    said = seen(answer_messages(Reply(text="So.", citations=(CITED, again, again)), PLAIN))

    assert said.count("[1]") == 1
    assert "“Stop the service before you restart it. … Then start it.”" in said
    other = seen(answer_messages(Reply(text="So.", citations=(again,)), PLAIN))
    assert "javascript" not in other


@NATIVE
def test_thirty_thousand_characters_take_several_messages_with_the_buttons_on_the_last(native: bool) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + 'It says "words" & more. ' * 12 for number in range(100))
    assert len(text) > 30_000

    messages = answer_messages(Reply(text=text, citations=(CITED,)), Look(ENGLISH, ABOUT, native=native))

    said = seen(messages)
    assert all(f"Paragraph {number}." in said for number in range(100))
    assert len(messages) <= 6
    assert [bool(buttons(message.blocks)) for message in messages] == [False] * (len(messages) - 1) + [True]
    assert all(message.text.startswith("Paragraph") for message in messages)


TABLE = "| host | minutes |\n|:--|--:|\n| **alpha** | 3 |\n| [beta](https://e.com/b) | `12` |\n|  | 中文 |"


def test_a_table_is_a_table_of_slacks() -> None:
    (message,) = answer_messages(Reply(text=f"Look:\n\n{TABLE}\n\nThat is all."), PLAIN)

    assert kinds(message) == ["markdown", "table", "markdown"]
    assert "host | minutes\nalpha | 3\nbeta | 12\n  | 中文" in seen([message])
    table: dict[str, Any] = message.blocks[1]
    assert [one["align"] for one in table["column_settings"]] == ["left", "right"]
    bold = table["rows"][1][0]["elements"][0]["elements"][0]
    assert bold == {"type": "text", "text": "alpha", "style": {"bold": True}}
    assert not streams_well(f"Look:\n\n{TABLE}")
    assert streams_well("a | b")


def test_a_second_table_is_aligned_text_since_a_message_has_only_one() -> None:
    (message,) = answer_messages(Reply(text=f"{TABLE}\n\nAnd:\n\n{TABLE}"), PLAIN)

    assert kinds(message) == ["table", "markdown", "markdown"]
    assert message.blocks[2]["text"] == (
        "```\nhost   minutes\n─────  ───────\nalpha        3\nbeta        12\n          中文\n```"
    )


def test_a_table_too_wide_or_too_long_is_text_again() -> None:
    wide = "|" + "a long heading|" * 25 + "\n|" + "--|" * 25 + "\n|" + "x|" * 25
    long = "| a | b |\n|--|--|\n" + "\n".join(f"| row {number} | {number} |" for number in range(150))

    said = seen(answer_messages(Reply(text=f"{wide}\n\n{long}"), PLAIN))

    assert "- **a long heading:** x" in said
    assert "row 149  149" in said


def test_tables_without_markdown_blocks_are_aligned_code() -> None:
    assert "```\nhost   minutes\n" in mrkdwn(TABLE)


@NATIVE
@pytest.mark.parametrize("language", ["python", "js", "c++", "html", "sql", "", "text title=x", "中文"])
def test_code_of_any_language_is_code(language: str, native: bool) -> None:
    code = f"```{language}\nif a < b && c:\n    print('*x* _y_ <!here>')\n```"

    (message,) = answer_messages(Reply(text=code), Look(ENGLISH, native=native))

    is_taken([message])
    said = shown("", message.blocks, [])
    assert "if a < b && c:\n    print('*x* _y_ @ here')" in said
    assert said.count("```") == 2


@pytest.mark.parametrize(
    ("markdown", "shown_as"),
    [
        ("**bold** and *slanted* and ~~gone~~", "*bold* and _slanted_ and ~gone~"),
        ("***both***", "*_both_*"),
        ("`a < b`", "`a &lt; b`"),
        ("[page](https://e.com/a?x=1&y=2)", "<https://e.com/a?x=1&amp;y=2|page>"),
        ("<https://e.com>", "<https://e.com|https://e.com>"),
        ("[odd](ftp://e.com/x)", "odd"),
        ("[a|b>c](https://e.com)", "<https://e.com|a¦b&gt;c>"),
        ("a & b < c > d <b>", "a &amp; b &lt; c &gt; d &lt;b&gt;"),
        ("# Title *x*\n\nText", "*Title x*\n\nText"),
        ("- a\n- b\n  - c\n    1. d\n    2. e", "• a\n• b\n    ◦ c\n        1. d\n        2. e"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("- [ ] open\n- [x] done", "☐ open\n☑ done"),
        ("> said\n> again", "> said\n> again"),
        ("a\n\n---\n\nb", "a\n\n──────────\n\nb"),
        ("![a picture](https://e.com/x.png)", "a picture"),
        ("这是**重点**内容", "这是\u200b*重点*\u200b内容"),
        ("snake_case_name", "snake_case_name"),
        ("**a\nb**", "*a*\n*b*"),
        ("a<br>b `<br>`", "a\nb `&lt;br&gt;`"),
        ("&lt;!here&gt; **<!channel>**", "@ here *@ channel*"),
    ],
)
def test_markdown_in_slacks_own_markup(markdown: str, shown_as: str) -> None:
    assert mrkdwn(markdown) == shown_as


def test_while_it_is_written_one_sees_what_it_does_and_can_stop_it() -> None:
    searching = underway_messages("", Status(stage="searching"), BUTTONS)
    writing = underway_messages("It is **very impor", Status(stage="writing"), BUTTONS)
    code = underway_messages("```python\nx = 1\ny", None, PLAIN)

    assert seen(searching) == "_Searching the team's documents..._\n[Stop]"
    assert searching[0].text == "Searching the team's documents..."
    assert seen(writing) == "It is\n_Writing the answer..._\n[Stop]"
    assert seen(code) == "```python\nx = 1\n```\n_Thinking..._"
    assert status_text(Status(stage="looking"), CHINESE) == CHINESE.looking


def test_after_a_streamed_text_come_the_rest_and_the_buttons() -> None:
    reply = Reply(text="Stop it first [1].", citations=(CITED,), failure=Failure(code="model", message="It broke off."))

    blocks, more = closing_blocks(reply, BUTTONS, used=200)

    said = seen([SlackMessage("x", blocks)])
    assert more == ()
    assert said.startswith("*Sources*\n[1] Runbook")
    assert "Stop it first" not in said
    assert "Try again" in labels([SlackMessage("x", blocks)])


def test_after_a_long_streamed_text_the_rest_goes_into_a_further_message() -> None:
    blocks, more = closing_blocks(Reply(text="x" * 10_900, citations=(CITED,)), BUTTONS, used=11_300)

    assert blocks == ()
    assert "[1] Runbook" in seen(more)


def test_a_streamed_reply_without_text_says_why() -> None:
    blocks, _ = closing_blocks(Reply(), PLAIN, used=0)

    assert ENGLISH.nothing_said in seen([SlackMessage("x", blocks)])


def test_a_picture_that_could_not_be_uploaded_is_named() -> None:
    assert "A picture from handbook/network.png could not be shown here." in seen(
        answer_messages(Reply(text="See:", pictures=(DIAGRAM,)), PLAIN)
    )


def test_an_explanation_looks_like_a_reply_without_buttons() -> None:
    explained = gather(
        [Text(text="**Why this answer?**\n\nrunbook.md\n> Stop <!here>.\n\nscores: BM25 1.2"), DIAGRAM, Finished()]
    )

    messages = answer_messages(explained, Look(ENGLISH, files={SHA: "F1"}))

    assert "> Stop @ here." in seen(messages)
    assert kinds(messages[0]) == ["markdown", "image"]
    assert seen(answer_messages(gather(nothing_to_explain("why?")), PLAIN))


NOISE = st.text(max_size=40) | st.sampled_from(
    [
        "<!here>",
        "@channel",
        "<@U12345>",
        "`",
        "**",
        "\n\n",
        "| a | b |\n|--|--|\n| 1 | <!everyone> |\n",
        "```py\n",
        "- x\n",
        "&lt;",
        "长" * 50,
    ]
)
SAID = st.lists(NOISE, max_size=12).map("".join)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    citations = [
        Citation(
            number=number,
            source=draw(SAID) or "s",
            title=draw(SAID),
            quote=draw(SAID),
            url=draw(st.sampled_from(["", "https://e.com/" + "a|<>" * 9])),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    pictures = [
        DIAGRAM.model_copy(update={"caption": draw(SAID), "source": draw(SAID)}) for _ in range(draw(st.integers(0, 2)))
    ]
    failure = Failure(code=draw(st.sampled_from(["stopped", "model"])), message=draw(SAID), hint=draw(SAID))
    return Reply(
        text=draw(SAID) * draw(st.sampled_from([1, 1, 40])),
        citations=tuple(citations),
        pictures=tuple(pictures),
        failure=draw(st.none() | st.just(failure)),
        declined=draw(st.booleans()),
        suggestions=tuple(draw(st.lists(SAID, max_size=4))),
    )


@settings(max_examples=35, deadline=None)
@given(replies(), st.booleans(), st.booleans())
def test_any_reply_is_taken_and_notifies_nobody(reply: Reply, native: bool, uploaded: bool) -> None:
    look = Look(ENGLISH, ABOUT, files={SHA: "F1"} if uploaded else {}, ephemeral=True, native=native)
    streamed, more = closing_blocks(reply, look, used=100)

    messages = [
        *answer_messages(reply, look),
        *underway_messages(reply.text, None, look),
        SlackMessage("x", streamed),
        *more,
    ]

    is_taken(messages)
    for message in messages:
        assert not notifies(message.text)
        for said in texts_in(message.blocks):
            assert not notifies(said)
