"""The App Home: how to use it, what it knows here, the language, recent answers.

https://docs.slack.dev/surfaces/app-home
"""

from dataclasses import dataclass

from adapters.markdown.mentions import defused
from adapters.slack.blocks import (
    OPTION,
    Block,
    actions,
    bounded,
    button,
    context,
    divider,
    header,
    plain,
    section,
)
from adapters.slack.converting import escaped, link, to_mrkdwn
from adapters.texts import LANGUAGES, Texts
from adapters.texts.help import Names, help_lines

ASK_HERE = "lorelens_home_ask"
LANGUAGE = "lorelens_language"
AUTOMATIC = "auto"
"""The language as Slack is set; other values are `Texts.language`."""
SOURCES = 20
RECENT = 10
LINE = 150
HELP = 2900
"""Characters of help in one section."""


@dataclass(frozen=True)
class KnownSource:
    """A source of knowledge that this person may draw on; `updated` is as it shall be read."""

    name: str
    documents: int
    pictures: int = 0
    updated: str = ""


@dataclass(frozen=True)
class RecentAnswer:
    """A question that was answered, where, and when, as it shall be read."""

    question: str
    permalink: str = ""
    when: str = ""


@dataclass(frozen=True)
class Home:
    """What the App Home of a person shows; `language` is "auto" or one of `Texts.language`."""

    sources: tuple[KnownSource, ...] = ()
    recent: tuple[RecentAnswer, ...] = ()
    language: str = AUTOMATIC


def home_view(home: Home, texts: Texts, names: Names) -> Block:
    """The view for `views.publish`."""
    blocks: list[Block] = [
        header(texts.home_title),
        section(escaped(texts.home_intro)),
        actions([button(texts.home_ask, ASK_HERE, style="primary")]),
        header(texts.home_how),
        *_help(texts, names),
        divider(),
        header(texts.home_knows),
        *_sources(home, texts),
        divider(),
        header(texts.home_recent),
        *_recent(home, texts),
        divider(),
        _language(home, texts),
    ]
    return {"type": "home", "callback_id": "lorelens_home", "blocks": blocks}


def _help(texts: Texts, names: Names) -> list[Block]:
    sections: list[str] = []
    for line in help_lines(texts, names):
        said = f"• {to_mrkdwn(line)}"
        if sections and len(sections[-1]) + len(said) < HELP:
            sections[-1] += f"\n{said}"
        else:
            sections.append(said)
    return [section(one) for one in sections]


def _sources(home: Home, texts: Texts) -> list[Block]:
    if not home.sources:
        return [section(escaped(texts.home_knows_nothing))]
    blocks: list[Block] = []
    for source in home.sources[:SOURCES]:
        counts = texts.sources_count.format(documents=source.documents, pictures=source.pictures)
        updated = f" · {texts.sources_updated.format(when=source.updated)}" if source.updated else ""
        blocks.append(context(f"*{escaped(_line(source.name))}*  {escaped(counts + updated)}"))
    return _and_more(blocks, len(home.sources) - SOURCES, texts)


def _recent(home: Home, texts: Texts) -> list[Block]:
    if not home.recent:
        return [section(escaped(texts.home_recent_nothing))]
    blocks: list[Block] = []
    for answer in home.recent[:RECENT]:
        question = _line(answer.question)
        when = f"  _{escaped(answer.when)}_" if answer.when else ""
        blocks.append(context(f"{link(answer.permalink, question)}{when}"))
    return _and_more(blocks, len(home.recent) - RECENT, texts)


def _and_more(blocks: list[Block], count: int, texts: Texts) -> list[Block]:
    return [*blocks, context(f"_{escaped(texts.home_more.format(count=count))}_")] if count > 0 else blocks


def _language(home: Home, texts: Texts) -> Block:
    options = [_option(texts.home_language_auto, AUTOMATIC)]
    options += [_option(one.language_name, one.language) for one in LANGUAGES]
    chosen = next((one for one in options if one["value"] == home.language), options[0])
    select: Block = {
        "type": "static_select",
        "action_id": LANGUAGE,
        "options": options,
        "initial_option": chosen,
    }
    return section(f"*{escaped(texts.home_language)}*", select)


def _option(text: str, value: str) -> Block:
    return {"text": plain(text, OPTION), "value": value}


def _line(text: str) -> str:
    return bounded(" ".join(defused(text).split()), LINE)
