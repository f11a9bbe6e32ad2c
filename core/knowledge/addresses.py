"""Where a document is seen by people: its own address, or the one of its file below its source's base."""

import re
from urllib.parse import quote, urlsplit

from core.errors import QuestionError

LONGEST = 2000
"""Characters of an address; platforms and browsers refuse much longer ones."""

_NOT_IN_AN_ADDRESS = re.compile(r"[\s\x00-\x20\x7f<>\"\\^`{|}]")
_EMBEDDED = re.compile(r"#picture-\d+\Z")


def web_address(text: str) -> str:
    """The text, if it is the whole address of a web page that a person can open; else nothing.

    Nothing but http and https, and no user or password in it.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or _NOT_IN_AN_ADDRESS.search(text):
        return ""
    try:
        parts = urlsplit(text)
        known = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return text if known and "@" not in parts.netloc else ""


def checked_base(base: str) -> str:
    """The address below which a folder's files are seen, ending in what a path can follow; empty for none.

    Raises:
        QuestionError: it is no address of the web.
    """
    if not base.strip():
        return ""
    address = web_address(base)
    if not address or "#" in address:
        raise QuestionError(
            f'"{base}" is no address that files could be seen under.',
            hint="Write it whole, as https://git.example.org/team/docs/blob/main.",
        )
    return address if address.endswith(("/", "=")) else f"{address}/"


def address_below(base: str, path: str) -> str:
    """The address of a file below a base, by its path in the folder; empty where there is no base."""
    return f"{base}{quote(_EMBEDDED.sub('', path), safe='/')}" if base else ""
