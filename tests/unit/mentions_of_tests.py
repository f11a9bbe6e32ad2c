"""Whether a text could notify somebody, looked at in every form in which a platform may come to look at it."""

import html
import re
import unicodedata

NOTIFYING = re.compile(
    r"<!(?:channel|here|everyone|group|subteam\^)[^a-z]|<[@#][!&]?\w{2,}(?:\|[^>\n]*)?>"
    r"|(?<![\w.%+-])@(?:channel|here|everyone|group)(?![a-z0-9])",
    re.IGNORECASE,
)


def notifies(text: str) -> bool:
    """As it is, without invisible characters, with entities resolved, with characters folded, without emphasis."""
    bare = "".join(one for one in text if unicodedata.category(one) != "Cf")
    decoded = html.unescape(html.unescape(bare))
    forms = [text, bare, decoded, unicodedata.normalize("NFKC", decoded), re.sub(r"[*_~`\\]", "", decoded)]
    return any(NOTIFYING.search(form) for form in forms)
