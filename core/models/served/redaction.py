"""Keeping keys out of what is said, logged and shown: what a server quotes back is cleaned before anybody reads it."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, SecretStr

HIDDEN = "[key]"
_SHORTEST = 8
"""Shorter than this a key is a placeholder such as "none", and replacing it would spoil other words."""
_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|pk|hf|gsk|xai|AIza)[-_][\w*.-]{6,}|(?<=Bearer )[\w.~+/*-]{8,}=*")


def secrets_of(model: BaseModel) -> frozenset[str]:
    """The secret values that a provider's model holds."""
    held = [getattr(model, name, None) for name in type(model).model_fields]
    values = [value.get_secret_value() for value in held if isinstance(value, SecretStr)]
    return frozenset(value for value in values if len(value) >= _SHORTEST)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets, and without what looks like a key."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _LOOKS_LIKE_A_KEY.sub(HIDDEN, text)


def shown_url(url: str) -> str:
    """A URL without the user and password that may stand in it."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
