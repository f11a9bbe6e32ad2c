"""Slack's markup and rich text as Markdown."""

from typing import Any

import pytest

from adapters.slack.mentions import Names, mentions
from adapters.slack.mrkdwn import to_markdown
from adapters.slack.rich_text import message_text

NAMES = Names(people={"U0ADA": "Ada", "U0LI": "李雷"}, channels={"C0GEN": "general"}, own="U0BOT")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("*bold* and _italic_ and ~gone~", "**bold** and *italic* and ~~gone~~"),
        ("*_both_* at once", "***both*** at once"),
        ("2 * 3 * 4 and snake_case_name and a~b~c", "2 * 3 * 4 and snake_case_name and a~b~c"),
        ("*one* *two*", "**one** **two**"),
        ("请看*重点*和_强调_部分", "请看**重点**和*强调*部分"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("`*not bold* &lt;x&gt;`", "`*not bold* <x>`"),
        ("<https://example.com/a?b=1&amp;c=2|the page>", "[the page](https://example.com/a?b=1&c=2)"),
        ("<https://example.com/a_b_c>", "https://example.com/a_b_c"),
        ("<http://example.com|example.com>", "http://example.com"),
        ("<mailto:ada@example.com|ada@example.com>", "ada@example.com"),
        ("*see <https://e.org/x_y|the _docs_>*", "**see [the _docs_](https://e.org/x_y)**"),
        ("<@U0ADA> and <@U0NEW|bob> in <#C0GEN|old-name> and <#C0NEW>", "@Ada and @bob in #general and #C0NEW"),
        ("<!here> <!subteam^S012|@ops> <!subteam^S013>", "@here @ops @S013"),
        ("<!date^1392734382^{date_short}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<@U0BOT> where is it?", "where is it?"),
        ("<@U0BOT>，怎么部署？", "怎么部署？"),
        ("do it, <@U0BOT>", "do it,"),
        ("<@U0BOT>: what &lt;is&gt; this", "what <is> this"),
        ("hey <@U0BOT> help", "hey help"),
        (":wave: :man-shrugging::skin-tone-3:", ":wave: :man-shrugging::skin-tone-3:"),
        ("• one\n    ◦ two\n• three", "- one\n    - two\n- three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("&gt; quoted *words*\nand mine", "> quoted **words**\n\nand mine"),
        ("&gt;&gt;&gt; all\nof *it*", "> all\n> of **it**"),
        ("", ""),
    ],
)
def test_text(said: str, meant: str) -> None:
    assert to_markdown(said, NAMES) == meant


def test_code_stays_as_it_is() -> None:
    said = "run this:\n```for *x* in &lt;y&gt;:  \n\n\n  print(&amp;x, <https://e.org>)```"
    assert to_markdown(said, NAMES) == "run this:\n```\nfor *x* in <y>:  \n\n\n  print(&x, https://e.org)\n```"


def test_an_open_fence_is_text() -> None:
    assert to_markdown("so ``` then", NAMES) == "so ``` then"


def test_private_use_characters_do_no_harm() -> None:
    assert to_markdown("\ue0005\ue001 `x`", NAMES) == "5 `x`"


def rich(*elements: dict[str, Any], text: str = "as text") -> dict[str, Any]:
    block = {"type": "rich_text", "block_id": "Vrzsu", "elements": list(elements)}
    return {"type": "message", "text": text, "blocks": [block]}


def section(*elements: dict[str, Any], kind: str = "rich_text_section", **more: Any) -> dict[str, Any]:
    return {"type": kind, "elements": list(elements), **more}


def text(words: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def listed(*items: str, style: str = "bullet", indent: int = 0, **more: Any) -> dict[str, Any]:
    elements = [section(text(item)) for item in items]
    return {"type": "rich_text_list", "style": style, "indent": indent, "border": 0, "elements": elements, **more}


def test_what_the_composer_writes() -> None:
    message = rich(
        section(
            {"type": "user", "user_id": "U0BOT"},
            text(" see "),
            text("this ", bold=True),
            text("and that", bold=True, italic=True),
            text(", "),
            text("old", strike=True),
            text(" "),
            text("x = `1`", code=True),
            text(" by "),
            {"type": "user", "user_id": "U0LI"},
            text(" in "),
            {"type": "channel", "channel_id": "C0GEN"},
            text(" "),
            {"type": "emoji", "name": "wave", "unicode": "1f44b"},
            text(" "),
            {"type": "link", "url": "https://e.org/(a)", "text": "page"},
            text(" "),
            {"type": "link", "url": "https://e.org"},
            text(" "),
            {"type": "broadcast", "range": "here"},
        )
    )
    assert message_text(message, NAMES) == (
        "see **this** ***and that***, ~~old~~ `` x = `1` `` by @李雷 in #general :wave: "
        "[page](https://e.org/%28a%29) https://e.org @here"
    )


def test_lists_nest() -> None:
    message = rich(
        section(text("计划：\n")),
        listed("准备", "部署"),
        listed("备份", "通知", style="ordered", indent=1),
        listed("细节", indent=2),
        listed("检查"),
        section(text("完")),
    )
    assert message_text(message, NAMES) == (
        "计划：\n\n- 准备\n- 部署\n    1. 备份\n    2. 通知\n        - 细节\n- 检查\n\n完"
    )


def test_a_numbered_list_goes_on_after_code() -> None:
    message = rich(
        listed("build", style="ordered"),
        section(text("make *all*\n```"), kind="rich_text_preformatted", border=0),
        listed("run", style="ordered", offset=1),
    )
    assert message_text(message, NAMES) == "1. build\n\n````\nmake *all*\n```\n````\n\n2. run"


def test_a_quote_and_what_follows() -> None:
    message = rich(section(text("first\nsecond"), kind="rich_text_quote"), section(text("so?")))
    assert message_text(message, NAMES) == "> first\n> second\n\nso?"


def test_styles_stand_around_words_not_blanks() -> None:
    message = rich(section(text("a"), text(" bold \nagain ", bold=True), text("b")))
    assert message_text(message, NAMES) == "a **bold** \n**again** b"


def test_an_element_of_the_future_says_its_text() -> None:
    message = rich(section({"type": "citation", "text": "[1]"}, text(" and "), {"type": "date", "fallback": "today"}))
    assert message_text(message, NAMES) == "[1] and today"


def test_a_message_without_rich_text_says_its_text() -> None:
    message = {"text": "*hi*", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*hi*"}}]}
    assert message_text(message, NAMES) == "**hi**"


def test_a_shared_message_is_quoted_and_a_preview_is_not() -> None:
    message = {
        "text": "<@U0BOT> is this true?",
        "attachments": [
            {"is_msg_unfurl": True, "is_share": True, "author_name": "Ada", "text": "The *cache* is cold\nsince noon"},
            {"from_url": "https://e.org", "title": "A page", "text": "its description"},
        ],
    }
    assert message_text(message, NAMES) == "is this true?\n\n> Ada:\n> The **cache** is cold\n> since noon"


def test_who_is_named() -> None:
    named = mentions({"text": "<@U0ADA|ada> see <#C0GEN|general>, <!date^1^x|y> <https://e.org|@U0FAKE>"})
    assert (named.people, named.channels, named.crowd) == ({"U0ADA"}, {"C0GEN"}, False)
    assert mentions({"text": "<!subteam^S1|@ops>"}).crowd
    assert mentions(rich(section({"type": "broadcast", "range": "channel"}))).crowd
    assert mentions(rich(listed("x"), section({"type": "user", "user_id": "U0LI"}))).people == {"U0LI"}
