"""What people write in Discord, as it is read: names for ids, and without the mention of Lorelens."""

import pytest

from adapters.discord.markup import Names, mentioned, to_markdown

NAMES = Names(
    people={"11": "Ada", "12": "李雷"},
    roles={"21": "crew"},
    channels={"31": "general"},
    own=frozenset({"99", "98"}),
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@99> which pump?", "which pump?"),
        ("<@!99>, which pump?", "which pump?"),
        ("<@&98> which pump?", "which pump?"),
        ("which pump, <@99>?", "which pump?"),
        ("well, <@99>, which pump?", "well, which pump?"),
        ("hey <@99> which pump", "hey which pump"),
        ("first line <@99>\nsecond line", "first line\nsecond line"),
        ("first line\n<@99> second line", "first line\nsecond line"),
        ("<@99>", ""),
        ("ask <@11> or <@!12>", "ask @Ada or @李雷"),
        ("ask <@77> and <@&21> in <#31> or <#32>", "ask @77 and @crew in #general or #32"),
        ("well <:done:123456789> <a:dance:1234>", "well :done: :dance:"),
        ("at <t:0:R>", "at 1970-01-01 00:00 UTC"),
        ("try </ask:5550> or </knowledge add:5551>", "try /ask or /knowledge add"),
        ("`<@11>` and ```\n<@99>  <#31>\n```", "`<@11>` and ```\n<@99>  <#31>\n```"),
        ("**bold** ||hidden|| > 5 < 7", "**bold** ||hidden|| > 5 < 7"),
        ("a,  b <@11>", "a,  b @Ada"),
    ],
)
def test_marks_are_read_as_people_see_them(written: str, read: str) -> None:
    assert to_markdown(written, NAMES) == read


def test_what_stands_in_code_mentions_nobody() -> None:
    assert mentioned("<@1> <@!2> <@&3> <#4> `<@5>`") == {"1", "2", "3", "4"}
