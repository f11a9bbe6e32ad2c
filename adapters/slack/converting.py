"""Markdown to Slack's own markup (mrkdwn), and to the plain text of notifications.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re

from adapters.markdown.mentions import defused


def escaped(text: str) -> str:
    """Text that Slack shows as it is, within mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def to_mrkdwn(text: str) -> str:
    """Markdown in Slack's own markup."""
    return re.sub(r"\*\*(.+?)\*\*", r"*\1*", escaped(defused(text)))


def to_plain(text: str) -> str:
    """Markdown without its markup, on one line."""
    return " ".join(re.sub(r"[*_`#>|]+", "", defused(text)).split())
