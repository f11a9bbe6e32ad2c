"""Why something did not work, in a person's words."""

from adapters.texts import CHINESE, Texts
from core.errors import PlatformRefusedError, UnavailableError, UserError


def reason(error: Exception, texts: Texts) -> str:
    """What a person is told of an error; what only an operator can mend stays in the log."""
    if isinstance(error, UserError | PlatformRefusedError):
        return " ".join(part for part in error.said(in_chinese=texts is CHINESE) if part)
    if isinstance(error, UnavailableError):
        return f"{texts.unavailable} {texts.unavailable_hint}"
    return f"{texts.error} {texts.error_hint}"
