"""The buttons of an answer: what each is called, and which question a click on it is about.

A value is JSON: {"c": conversation, "m": id of the question's message}; a suggestion has its text in "q".
"""

import json
from dataclasses import dataclass
from typing import Any, cast

from adapters.payloads import string
from adapters.slack.blocks import VALUE, Block, actions, button
from adapters.texts import Texts

HELPFUL = "lorelens_helpful"
UNHELPFUL = "lorelens_unhelpful"
"""Only where a server has no feedback buttons: then 👎 is a button of its own."""
WHY = "lorelens_why"
AGAIN = "lorelens_again"
KEEP = "lorelens_keep"
STOP = "lorelens_stop"
SHARE = "lorelens_share"
SUGGESTION = "lorelens_suggestion_"
"""And its number, from 1."""
UP = "up"
DOWN = "down"
"""`v` in the value of a feedback button."""


@dataclass(frozen=True)
class Pressed:
    """What a button is about: the conversation, the question's message, and more where the button has it.

    `text` is a suggestion's question; `vote` is `UP` or `DOWN` on a feedback button.
    """

    conversation: str
    message: str
    text: str = ""
    vote: str = ""

    def value(self) -> str:
        """The button's value. A suggestion that is too long for it is cut."""
        text = self.text
        while True:
            said = {"c": self.conversation, "m": self.message} | ({"q": text} if text else {})
            value = json.dumps(said | ({"v": self.vote} if self.vote else {}), ensure_ascii=False)
            if len(value) <= VALUE or not text:
                return value
            text = text[: len(text) - (len(value) - VALUE)] if len(text) > len(value) - VALUE else ""


def pressed(value: str) -> Pressed | None:
    """What a value says; None where it is not one of ours."""
    try:
        said: Any = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    fields = cast(dict[str, Any], said)
    texts = {name: string(one) for name, one in fields.items() if isinstance(one, str)}
    if "c" not in texts or "m" not in texts:
        return None
    return Pressed(texts["c"], texts["m"], texts.get("q", ""), texts.get("v", ""))


def feedback(about: Pressed, texts: Texts, *, native: bool = True) -> Block:
    """Slack's own feedback buttons, or ordinary ones where they are not `native` to the server."""
    up = Pressed(about.conversation, about.message, vote=UP).value()
    down = Pressed(about.conversation, about.message, vote=DOWN).value()
    if not native:
        return actions([button("👍", HELPFUL, up), button("👎", UNHELPFUL, down)])

    def one(sign: str, value: str, label: str) -> Block:
        return {
            "text": {"type": "plain_text", "text": sign, "emoji": True},
            "value": value,
            "accessibility_label": label,
        }

    buttons = {
        "type": "feedback_buttons",
        "action_id": HELPFUL,
        "positive_button": one("👍", up, texts.helpful),
        "negative_button": one("👎", down, texts.not_helpful),
    }
    return {"type": "context_actions", "elements": [buttons]}


def stop_row(about: Pressed, texts: Texts) -> Block:
    """The Stop button of an answer that is under way."""
    return actions([button(texts.stop, STOP, about.value())])
