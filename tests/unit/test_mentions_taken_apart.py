"""Whatever a model or a document writes, nobody is notified by it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.mentions import defused
from adapters.slack.converting import to_mrkdwn, to_plain
from tests.unit.mentions_of_tests import notifies


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ask @channel now", "Ask @ channel now"),
        ("@HERE!", "@ HERE!"),
        ("看@everyone吧", "看@ everyone吧"),
        ("<!here> look", "@ here look"),
        ("<!channel|@channel>", "@ channel"),
        ("<!subteam^S01AB|@ops>", "@ ops"),
        ("<!subteam^S01AB>", "@ S01AB"),
        ("ask <@U123ABC> or <@U1|ann>", "ask @ U123ABC or @ ann"),
        ("in <#C123|general>", "in #general"),
        ("<@!42> <@&43> <#44>", "@ 42 @ 43 #44"),
        ("&lt;!channel&gt;", "@ channel"),
        ("&amp;lt;!channel&amp;gt;", "@ channel"),
        ("&#60;!here&#x3e;", "@ here"),
        ("&commat;here", "@ here"),
        ("@&#104;ere", "@ &#104;ere"),
        ("@\u200bchannel", "@ \u200bchannel"),
        ("@chan\u2060nel", "@ chan\u2060nel"),
        ("\\@here", "\\@ here"),
        ("@**everyone**", "@ **everyone**"),
        ("`<!here>`", "`@ here`"),
        ("＠channel", "@ channel"),
        ("@ｃｈａｎｎｅｌ", "@ ｃｈａｎｎｅｌ"),
        ("[text](https://e.com/@here)", "[text](https://e.com/%40here)"),
        ("[@here](https://e.com)", "[@ here](https://e.com)"),
        ("![<!here>](x)", "![@ here](x)"),
    ],
)
def test_a_mention_is_taken_apart_and_stays_readable(written: str, read: str) -> None:
    assert defused(written) == read
    assert defused(read) == read
    assert not notifies(read)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nothing here, everyone.",
        "Write to ops@here.example or ann@channel.example.org.",
        "<https://e.com|text> and <b>bold</b> & more &lt;tags&gt;",
        "a < b && c > d",
        "@channels and @hereafter and @ here",
        "git@github.com:a/b.git, @ann, #general, <!-- a comment -->",
        "List<String> x = @Override;",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert defused(text) == text


SIGNS = "<! > | @ # & ; ^ * _ ` \\ a 看 ＠ : // . \u200b \u2060 \ufeff \n"
WORDS = "here channel everyone group subteam^S1 U12 C12 &lt; &gt; &amp; &#64; &commat; https://e.com/"
PIECES = st.sampled_from([*SIGNS.split(" "), *WORDS.split(" ")])
WRITTEN = st.lists(PIECES | st.text(max_size=3), max_size=14).map("".join)


@settings(max_examples=120, deadline=None)
@given(WRITTEN)
def test_nothing_notifies_however_it_is_put_together(text: str) -> None:
    once = defused(text)

    assert not notifies(once)
    assert defused(once) == once


@settings(max_examples=120, deadline=None)
@given(WRITTEN)
def test_nothing_notifies_after_conversion_either(text: str) -> None:
    for said in (to_mrkdwn(text), to_plain(text)):
        assert not notifies(said)
        assert defused(said) == said


def test_mentions_in_mentions_take_no_time() -> None:
    deep = "<#C1|" * 3000 + "<!here> &NotEqualTilde; &lt;!here&gt;" + ">" * 3000

    said = defused(deep)

    assert not notifies(said)
    assert defused(said) == said
