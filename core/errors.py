"""Every error that Lorelens raises on purpose.

LorelensError
├── UserError            the person who asked can mend it
│   ├── PictureError     a picture that can't be taken: broken, too large, not a picture
│   ├── DocumentError    a document that can't be read
│   ├── QuestionError    a question that can't be taken as it is
│   └── AddressError     an address that is not fetched, or holds nothing that can be; `reason` says why
├── SettingsError        the operator can mend it: a setting is wrong or missing
│   ├── MissingPartError an optional part (an extra, a program, a file) is not installed
│   └── PlatformRefusedError   the platform refuses: a permission is missing, a channel is closed; `reason` says which
└── UnavailableError     a service is away for now; trying again later may help
    ├── StoreUnavailableError   the conversation store (Redis)
    ├── IndexUnavailableError   the knowledge index
    ├── ModelUnavailableError   the chat model or the encoder
    │   └── ModelFaultError         a served model refused, failed, fell silent or broke off; `fault` says which
    ├── PlatformUnavailableError   the platform that a reply is posted to
    ├── SiteUnavailableError    a site that something is fetched from
    └── LeaseLostError          another worker has taken over

Each says what happened and, in `hint`, what the person can do; some, which people meet in chat, in Chinese as well.
"""

from typing import Literal

AddressReason = Literal["refused", "gone", "denied", "kind", "large", "redirects"]


class LorelensError(Exception):
    """What happened, and what the person can do about it."""

    code = "error"
    exit_code = 1

    chinese: tuple[str, str] | None = None
    """Message and hint in Chinese, where the error has them."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def said(self, *, in_chinese: bool) -> tuple[str, str]:
        """Message and hint in the language of the person who is told."""
        return self.chinese if in_chinese and self.chinese else (self.message, self.hint)


class UserError(LorelensError):
    """The person who asked can mend it."""

    code = "user"
    exit_code = 2


class PictureError(UserError):
    """A picture that can't be taken."""

    code = "picture"


class DocumentError(UserError):
    """A document that can't be read."""

    code = "document"


class QuestionError(UserError):
    """A question that can't be taken as it is."""

    code = "question"


class AddressError(UserError):
    """An address that is not fetched, or where there is nothing that can be, now or the next time.

    `reason`: "refused" (not fetched at all), "gone" (nothing there), "denied" (not open to us), "kind" (not of a kind
    that was wanted), "large" (too large), "redirects" (it leads on without end, or nowhere).
    """

    code = "address"

    def __init__(self, message: str, *, hint: str = "", reason: AddressReason = "refused") -> None:
        super().__init__(message, hint=hint)
        self.reason: AddressReason = reason


class SettingsError(LorelensError):
    """A setting is wrong or missing."""

    code = "settings"
    exit_code = 3


class MissingPartError(SettingsError):
    """An optional part is not installed."""

    code = "missing"


class PlatformRefusedError(SettingsError):
    """The platform refuses what it was asked for, and will refuse it again: `reason` is its own code for why."""

    code = "refused"

    def __init__(self, message: str, *, hint: str = "", reason: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class UnavailableError(LorelensError):
    """A service is away for now."""

    code = "unavailable"
    exit_code = 4


class StoreUnavailableError(UnavailableError):
    """The conversation store is away."""

    code = "store"


class IndexUnavailableError(UnavailableError):
    """The knowledge index is away."""

    code = "index"


class ModelUnavailableError(UnavailableError):
    """The chat model or the encoder is away."""

    code = "model"


class ModelFaultError(ModelUnavailableError):
    """A served model did not answer, or not to the end: `fault` is the kind of core.models.served.faults."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        fault: str = "unexpected",
        chinese: tuple[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault = fault
        self.chinese = chinese
        self.retry_after = retry_after


class PlatformUnavailableError(UnavailableError):
    """The platform is away, or asks to be left alone for a while: `retry_after` seconds, where it says so."""

    code = "platform"

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class SiteUnavailableError(UnavailableError):
    """A site does not answer, or asks to be left alone for a while: `retry_after` seconds, where it says so."""

    code = "site"

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class LeaseLostError(UnavailableError):
    """Another worker has taken over what this one was doing."""

    code = "lease"
