"""What a dialog carries from where it was opened to its submission, which says nothing of that place."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from adapters.payloads import mapping, string
from adapters.slack.buttons import Pressed
from adapters.texts import Texts, texts_for


@dataclass(frozen=True)
class Carried:
    """Where a dialog was opened and what it is about; what does not apply is empty.

    `response_url` is that of the command, click or shortcut that opened it, and can be used for half an hour. `about`
    finds the message that is asked about (`bots.slack.about`); `thread` is the root of its thread. `conversation` and
    `message` are the question whose answer is judged.
    """

    channel: str = ""
    response_url: str = ""
    language: str = ""
    about: str = ""
    thread: str = ""
    conversation: str = ""
    message: str = ""

    @property
    def texts(self) -> Texts:
        """In the language in which the dialog was shown."""
        return texts_for(self.language)

    @property
    def pressed(self) -> Pressed | None:
        """The answer that the dialog is about, if it is about one."""
        return Pressed(self.conversation, self.message) if self.conversation and self.message else None

    def metadata(self) -> str:
        """For a view's `private_metadata`."""
        return json.dumps({name: value for name, value in asdict(self).items() if value}, ensure_ascii=False)

    @classmethod
    def by(cls, view: Mapping[str, Any]) -> "Carried":
        """What a submitted view carries; empty where it is not one of ours."""
        try:
            read = json.loads(string(view.get("private_metadata")) or "{}")
        except (ValueError, RecursionError):
            read = None
        said = mapping(read)
        return cls(**{name: string(said.get(name)) for name in cls.__dataclass_fields__})
