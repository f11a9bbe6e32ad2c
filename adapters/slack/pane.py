"""The assistant pane: what it says to begin with, and the prompts that it suggests.

https://docs.slack.dev/ai/developing-ai-apps
"""

from collections.abc import Sequence

from adapters.markdown.mentions import defused
from adapters.slack.blocks import bounded
from adapters.slack.converting import escaped, to_plain
from adapters.texts import Texts

TITLE = 60
"""Characters of a thread's title that a list of threads shows."""
PROMPT = 75
PROMPTS = 4
GREETING = "lorelens_greeting"
"""The id of the block that a greeting is: it is not a part of what is spoken of."""


def greeting(texts: Texts, *, person: str = "", channel: str = "") -> str:
    """The first message, in mrkdwn; `channel` is the id of the channel in view."""
    hello = texts.greeting_named.format(person=escaped(defused(person))) if person.strip() else texts.greeting
    return f"{hello}\n{texts.greeting_channel.format(channel=f'<#{channel}>')}" if channel else hello


def prompts(texts: Texts, *, channel: str = "", headings: Sequence[str] = ()) -> list[dict[str, str]]:
    """Suggested prompts, at most four; `channel` is the name of the channel in view, `headings` are of documents that
    the person may see."""
    said = [texts.prompt_channel.format(channel=f"#{defused(channel)}")] if channel else []
    said += [texts.prompt_heading.format(heading=defused(heading)) for heading in headings]
    said += [texts.prompt_sources, texts.prompt_picture, texts.prompt_summary]
    return [{"title": bounded(one, PROMPT), "message": one} for one in said[:PROMPTS]]


def title(question: str, texts: Texts) -> str:
    """What a thread is called after its first question."""
    return bounded(to_plain(question), TITLE) or texts.thread_title
