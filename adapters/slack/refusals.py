"""What Slack refuses, in words: its error codes as errors that say what happened and what to do."""

from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.payloads import Payload, mapping
from core.errors import PlatformRefusedError, PlatformUnavailableError

_APP_SETTINGS = "the app's settings (https://api.slack.com/apps)"
_REINSTALL = f"Install the app in the workspace again, from {_APP_SETTINGS}, and give Lorelens the new token."
_INVITE = "Invite it to the channel: /invite @Lorelens."

_WORDS: dict[str, tuple[str, str]] = {
    "access_denied": ("The app may not do this.", "Ask an admin of the workspace."),
    "account_inactive": ("The token belongs to a bot that was removed, or to a deactivated person.", _REINSTALL),
    "cant_delete_message": ("This message can't be deleted by the app.", "Only its own messages can."),
    "cant_update_message": ("This message can't be edited by the app.", "Only its own messages can."),
    "channel_not_found": ("The channel does not exist, or it is private and the app is not in it.", _INVITE),
    "ekm_access_denied": ("An admin has suspended the posting of messages.", "Ask an admin of the workspace."),
    "file_deleted": ("The file was deleted.", "Send it again."),
    "file_not_found": ("The file does not exist, or the app may not see it.", "Send it again in a channel it is in."),
    "invalid_auth": ("Slack does not know the token.", "Check LORELENS_SLACK_BOT_TOKEN: it begins with xoxb-."),
    "is_archived": ("The channel is archived.", "Unarchive it, or ask in another one."),
    "message_not_found": ("The message is not there any more.", ""),
    "missing_scope": ("The app lacks a permission.", ""),
    "msg_too_long": ("The message is too long for Slack.", "This is a defect of Lorelens; please report it."),
    "no_permission": ("The app's permissions don't suffice.", f"Compare its scopes in {_APP_SETTINGS}."),
    "not_allowed_token_type": ("This kind of token can't do this.", "Use the bot token, which begins with xoxb-."),
    "not_authed": ("No token was given.", "Set LORELENS_SLACK_BOT_TOKEN."),
    "not_in_channel": ("The app is not in the channel.", _INVITE),
    "org_login_required": ("The workspace is being moved into an organization.", "Try again when that is done."),
    "restricted_action": ("An admin has restricted who may post there.", "Ask an admin of the workspace."),
    "team_access_not_granted": (
        "The app may not be used in this workspace.",
        "An admin of the organization can add it.",
    ),
    "team_not_found": ("The app is not installed in this workspace.", _REINSTALL),
    "thread_not_found": ("The thread is not there any more.", ""),
    "token_expired": ("The token has expired.", _REINSTALL),
    "token_revoked": ("The token was revoked: the app was removed from the workspace.", _REINSTALL),
    "user_not_found": ("Slack does not know this person.", ""),
    "users_not_found": ("Slack does not know this person.", ""),
}

_AWAY = {
    "accesslimited",
    "fatal_error",
    "internal_error",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}
"""Errors that pass: the same call may work in a while."""

RATE_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}


class SlackRefusedError(PlatformRefusedError, SlackApiError):
    """Slack said no: `reason` is its error code, `response` its whole answer.

    It is a `SlackApiError` too, so that slack_sdk's and Bolt's own code understand it.
    """

    def __init__(self, method: str, response: Any) -> None:
        data = answer_of(response)
        reason = str(data.get("error") or "unknown_error")
        said, hint = _WORDS.get(reason, (f"Slack refused it: {reason}.", ""))
        if reason == "missing_scope":
            needed = str(data.get("needed") or "one that Slack does not name")
            said = f"The app lacks a permission that {method} needs: {needed}."
            hint = f"Add the scope under OAuth & Permissions in {_APP_SETTINGS} and install the app again."
        Exception.__init__(self, said)  # those of its two kinds differ in what they want to be given
        self.message = f"{said} (Slack: {method}, {reason})"
        self.hint = hint
        self.reason = reason
        self.method = method
        self.response = response


class SlackUncertainError(PlatformUnavailableError):
    """Slack did not answer: it may have done what it was asked for, or not."""


def answer_of(response: Any) -> Payload:
    """The JSON object that Slack answered; empty where it answered something else."""
    return mapping(getattr(response, "data", response))


def refused(method: str, error: SlackApiError) -> SlackRefusedError | PlatformUnavailableError:
    """Slack's answer as an error: a refusal, or that it is away."""
    response: Any = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 200)
    reason = answer_of(response).get("error")
    if status >= 500 or not reason:
        return SlackUncertainError(f"Slack is away ({method}: HTTP {status}).", hint="It is tried again later.")
    if reason in _AWAY:
        return SlackUncertainError(f"Slack is away ({method}: {reason}).", hint="It is tried again later.")
    return SlackRefusedError(method, response)
