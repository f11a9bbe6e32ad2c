"""The assistant pane: what it says to begin with, and the prompts that it suggests.

https://docs.slack.dev/ai/developing-ai-apps
"""

from adapters.markdown.mentions import defused
from adapters.slack.blocks import bounded
from adapters.slack.converting import escaped, to_plain
from adapters.texts import Texts

TITLE = 60
"""Characters of a thread's title that a list of threads shows."""
PROMPT = 75


def greeting(texts: Texts, *, person: str = "", channel: str = "") -> str:
    """The first message, in mrkdwn; `channel` is the id of the channel in view."""
    hello = texts.greeting_named.format(person=escaped(defused(person))) if person.strip() else texts.greeting
    return f"{hello}\n{texts.greeting_channel.format(channel=f'<#{channel}>')}" if channel else hello


def prompts(texts: Texts, *, channel: str = "") -> list[dict[str, str]]:
    """Suggested prompts, at most four; `channel` is the name of the channel in view."""
    said = [texts.prompt_sources, texts.prompt_summary, texts.prompt_picture]
    if channel:
        said.insert(0, texts.prompt_channel.format(channel=f"#{defused(channel)}"))
    return [{"title": bounded(one, PROMPT), "message": one} for one in said]


def title(question: str, texts: Texts) -> str:
    """What a thread is called after its first question."""
    return bounded(to_plain(question), TITLE) or texts.thread_title
