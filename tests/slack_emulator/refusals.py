"""Slack says no."""

from typing import Any

from tests.slack_emulator.parts import Json


class RefusedError(Exception):
    """Slack says no: `{"ok": false, "error": code, ...}`."""

    def __init__(self, code: str, *messages: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.answer: Json = {"ok": False, "error": code, **more}
        if messages:
            self.answer["response_metadata"] = {"messages": list(messages)}
