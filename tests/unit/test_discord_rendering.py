"""A reply as Discord's messages: what it looks like, and that no limit is ever reached, whatever it says."""

import random
from dataclasses import replace

import pytest

from adapters.discord.answer import Look, answer_messages, underway_messages
from adapters.discord.blocks import CONTENT, FILES, DiscordMessage, bounded, described, file_name
from adapters.discord.buttons import Pressed, pressed
from adapters.discord.converting import to_discord
from adapters.markdown.splitting import utf16
from adapters.texts import CHINESE, ENGLISH
from core.messages import Picture
from core.reply import Citation, Failure, Reply, ShownPicture, Status
from tests.discord_emulator.message_form import check_message, check_not_empty

ADDRESSES = ["", "https://e.org/" + "a" * 500, "https://e.org/(x)"]
ABOUT = Pressed("", "123456789012345678901:123456789012345678902", "re-123456789012345678903")
LOOK = Look(ENGLISH, ABOUT)
PIECES = [
    "Words and more of them. ",
    "一段中文文本，说明水泵的情况。",
    "😀😀😀 ",
    "\n\n",
    "\n- item",
    "\n\n```python\nprint('x')\n",
    "```\n\n",
    "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n",
    "# Heading\n",
    "#### Deep\n",
    "[link](https://example.org/a(b)) ",
    "**bold** ",
    "@everyone <@1> <@&2> <#3> ",
    "~~~~\n",
    "> quoted\n",
    "x" * 700,
    "`" * 5,
    "-# small\n",
]


def picture(number: int) -> ShownPicture:
    kept = Picture(sha256=f"{number:064x}", media_type="image/png", width=9, height=9, name=f"p {number}/../x.png")
    return ShownPicture(picture=kept, source="s/manual.pdf", caption="words " * 500)


def check(messages: tuple[DiscordMessage, ...]) -> None:
    """As Discord would."""
    assert messages
    for message in messages:
        assert utf16(message.text) <= CONTENT and len(message.pictures) <= FILES
        body = message.payload()
        check_message(body, len(message.pictures))
        check_not_empty(body["content"], [], message.pictures, body["components"])
        assert all(len(described(one)) <= 1024 for one in message.pictures)


@pytest.mark.parametrize("seed", range(25))
def test_no_limit_is_reached_whatever_it_says(seed: int) -> None:
    draw = random.Random(seed)
    text = "".join(draw.choices(PIECES, k=draw.choice([0, 3, 40, 150])))
    words = "".join(draw.choices(PIECES, k=30))
    citations = tuple(
        Citation(
            number=at,
            source="s",
            title=words,
            heading=words,
            page=at,
            quote=words,
            url=draw.choice(ADDRESSES),
        )
        for at in range(1, draw.choice([1, 4, 30]))
    )
    failure = Failure(code="x", message=words, hint=words) if draw.random() < 0.5 else None
    reply = Reply(
        text=text,
        citations=citations,
        failure=failure,
        pictures=tuple(map(picture, range(draw.choice([0, 1, 10, 25])))),
        suggestions=(words, "How?", "x" * 300, "four"),
        declined=draw.random() < 0.2,
    )
    check(answer_messages(reply, replace(LOOK, shared_by=words, asked=words, ephemeral=draw.random() < 0.5)))
    check(underway_messages(text, Status(stage="searching"), LOOK))


def test_a_reply_that_says_nothing_says_so() -> None:
    (message,) = answer_messages(Reply(), LOOK)
    assert message.text.startswith("There is no answer to this.")


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("#### Deep ####\ntext", "**Deep**\ntext"),
        ("## Second", "## Second"),
        ("a\n\n---\n\nb", "a\n\n──────────\n\nb"),
        ("![a pump](https://example.org/p.png)", "a pump"),
        ("- [x] done\n- [ ] open", "- ☑ done\n- ☐ open"),
        ("-# not small", "\\-# not small"),
        ("a || b", "a \\|\\| b"),
        ("`a || b`", "`a || b`"),
        ("at <t:12345:R>", "at ‹t:12345:R>"),
        ("| a | b |\n|---|--:|\n| 1 | 22 |", "```\na   b\n─  ──\n1  22\n```"),
    ],
)
def test_markdown_is_put_as_discord_shows_it(markdown: str, shown: str) -> None:
    assert to_discord(markdown) == shown


def test_a_wide_table_is_written_row_by_row() -> None:
    wide = "| Name | What it does |\n|---|---|\n| P-101 | " + "lifts water " * 6 + "|"
    assert to_discord(wide).startswith("- **Name:** P-101")


def test_a_button_says_what_it_is_about_after_any_restart() -> None:
    (message,) = answer_messages(Reply(text="Yes.", suggestions=("How?",)), LOOK)
    ids = [one["custom_id"] for row in message.rows for one in row["components"]]
    assert all(len(one) <= 100 for one in ids) and len(set(ids)) == len(ids)
    found = [pressed(one) for one in ids]
    assert [one.name for one in found if one] == ["helpful", "unhelpful", "why", "again", "suggestion1"]
    last = found[-1]
    assert last is not None and last.number == 1
    assert (last.message, last.thread) == (ABOUT.message, ABOUT.thread)
    assert last.place("5", "6").conversation == "discord/5/6/re-123456789012345678903"
    assert pressed("somebody:else") is None and pressed("lorelens:why:1") is None


def test_a_question_by_command_fits_into_a_button() -> None:
    asked = Pressed("", "123456789012345678901:shortcut-123456789012345678902", "~123456789012345678903")
    assert pressed(asked.custom_id("suggestion3")) == replace(asked, name="suggestion3")


def test_in_chinese() -> None:
    (message,) = answer_messages(
        Reply(text="是。", citations=(Citation(number=1, source="手册", quote="是。"),)), Look(CHINESE)
    )
    assert message.text == "是。\n\n-# **来源**\n-# \\[1\\] 手册: “是。”" and not message.rows


def test_what_is_too_long_is_cut_between_characters() -> None:
    assert bounded("😀" * 10, 7) == "😀😀😀…"
    assert bounded("e\u0301" * 5, 5) == "e\u0301e\u0301…"


def test_a_file_has_a_plain_name() -> None:
    name = file_name(picture(3), 0)
    assert name.startswith("1-p_3") and name.endswith(".png") and "/" not in name and ".." not in name
