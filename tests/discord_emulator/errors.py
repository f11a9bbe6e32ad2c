"""Refusals as Discord words them: a status, a code, a message and, for forms, a tree of errors.

discord.com/developers/docs/topics/opcodes-and-status-codes#json, .../reference#error-messages
"""

from tests.discord_emulator.bodies import Json


class DiscordError(Exception):
    """Answered to the bot; nothing was done."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors

    def json(self) -> Json:
        body: Json = {"message": self.message, "code": self.code}
        return body | {"errors": self.errors} if self.errors else body


class CannotDoError(Exception):
    """What a person's Discord client would not let them do; `str()` says why."""


_UNKNOWN = {
    "Application": 10002, "Channel": 10003, "Guild": 10004, "Member": 10007, "Message": 10008, "Role": 10011,
    "User": 10013, "Emoji": 10014, "Webhook": 10015, "interaction": 10062, "application command": 10063,
}  # fmt: skip


def unknown(what: str) -> DiscordError:
    """Return 404 'Unknown ...' with its code."""
    return DiscordError(404, _UNKNOWN[what], f"Unknown {what}")


def missing_access() -> DiscordError:
    """The bot cannot see the channel."""
    return DiscordError(403, 50001, "Missing Access")


def missing_permissions() -> DiscordError:
    """The bot sees the channel and may not do this there."""
    return DiscordError(403, 50013, "Missing Permissions")


def empty_message() -> DiscordError:
    return DiscordError(400, 50006, "Cannot send an empty message")


def invalid_webhook_token() -> DiscordError:
    return DiscordError(401, 50027, "Invalid Webhook Token")


class Form:
    """Collects what is wrong with a body, then refuses all of it at once."""

    def __init__(self) -> None:
        self.errors: Json = {}

    def wrong(self, path: str, code: str, message: str) -> None:
        """Note an error; `path` has dots between its keys."""
        place = self.errors
        for key in path.split("."):
            place = place.setdefault(key, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def text(self, path: str, value: object, longest: int, shortest: int = 0, required: bool = False) -> None:
        """Hold a text to its length."""
        if value is None:
            if required:
                self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not isinstance(value, str):
            self.wrong(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        elif len(value) > longest:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
        elif len(value) < shortest:
            between = f"Must be between {shortest} and {longest} in length."
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", between)

    def count(self, path: str, number: int, most: int, least: int = 0) -> None:
        """Hold a list to its length."""
        if number > most or number < least:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def choice(self, path: str, value: object, of: tuple[object, ...]) -> None:
        if value not in of:
            self.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(str, of))}}}.")

    def check(self) -> None:
        """Refuse the form where anything is wrong with it."""
        if self.errors:
            raise DiscordError(400, 50035, "Invalid Form Body", self.errors)
