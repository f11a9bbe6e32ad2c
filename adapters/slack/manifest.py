"""The app's manifest (config/slack_manifest.yaml): what it asks of Slack, and what will not work without it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml

from adapters.payloads import Payload, listing, mapping, mappings, string

EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"


@dataclass(frozen=True)
class Without:
    """What will not work without a scope, in both languages."""

    english: str
    chinese: str

    def said(self, *, in_chinese: bool) -> str:
        """In the language of who reads it."""
        return self.chinese if in_chinese else self.english


WITHOUT: Mapping[str, Without] = {
    "app_mentions:read": Without("it does not hear mentions in channels", "在频道里提及它，它听不到"),
    "assistant:write": Without(
        "the assistant pane stays empty, and no status is shown while it searches", "助手面板是空的，检索时也不显示状态"
    ),
    "channels:history": Without(
        "in public channels there are no follow-ups without a mention, no edits, no files beside a mention, and no "
        "catching up",
        "在公开频道里不能不提及就追问，不跟随编辑，看不到提及时附带的文件，也不能补上漏掉的消息",
    ),
    "channels:read": Without(
        "answers draw on less, since it can't tell who is in a public channel",
        "不知道公开频道里有谁，因此回答能用的资料更少",
    ),
    "chat:write": Without("it can't answer at all", "完全不能回答"),
    "commands": Without("/ask, /lorelens and the shortcuts are missing", "没有 /ask、/lorelens 和快捷方式"),
    "files:read": Without("pictures and documents beside a question can't be read", "读不了问题附带的图片和文档"),
    "files:write": Without("answers show no pictures", "回答里不显示图片"),
    "groups:history": Without(
        "in private channels there are no follow-ups without a mention, no edits, no files beside a mention, and no "
        "catching up",
        "在私有频道里不能不提及就追问，不跟随编辑，看不到提及时附带的文件，也不能补上漏掉的消息",
    ),
    "groups:read": Without(
        "answers draw on less, since it can't tell who is in a private channel",
        "不知道私有频道里有谁，因此回答能用的资料更少",
    ),
    "im:history": Without("it does not hear what people write to it directly", "听不到别人直接发给它的消息"),
    "im:read": Without("it can't tell which conversations are direct ones", "分不清哪些是私信"),
    "im:write": Without(
        "it can't write to a person directly where an answer can't stand in the channel",
        "回答不能放在频道里时，也不能改为私信",
    ),
    "mpim:history": Without("it does not follow what is said in group messages", "听不到群组私信里的消息"),
    "mpim:read": Without(
        "answers in group messages draw on less, since it can't tell who is in them",
        "不知道群组私信里有谁，因此回答能用的资料更少",
    ),
    "users:read": Without(
        "everybody counts as a guest, and texts are in English unless the question is in Chinese",
        "所有人都被当作访客；除非用中文提问，界面文字都是英文",
    ),
}


class Manifest:
    """A manifest as Slack takes it (https://docs.slack.dev/reference/app-manifest)."""

    def __init__(self, content: Payload) -> None:
        self.content = content

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """What the bot's token is to be allowed."""
        return _strings(mapping(mapping(self.content.get("oauth_config")).get("scopes")).get("bot"))

    @cached_property
    def events(self) -> tuple[str, ...]:
        """The events it subscribes to."""
        return _strings(mapping(self._settings.get("event_subscriptions")).get("bot_events"))

    @cached_property
    def commands(self) -> tuple[str, ...]:
        """The slash commands, with their slash."""
        return tuple(string(one.get("command")) for one in mappings(self._features.get("slash_commands")))

    @cached_property
    def shortcuts(self) -> tuple[str, ...]:
        """The callback ids of the shortcuts."""
        return tuple(string(one.get("callback_id")) for one in mappings(self._features.get("shortcuts")))

    def missing(self, granted: Iterable[str]) -> tuple[str, ...]:
        """The scopes that are asked for and were not granted."""
        have = set(granted)
        return tuple(scope for scope in self.scopes if scope not in have)

    def by_http(self, public_url: str) -> "Manifest":
        """The same app with its events by HTTP at a public address, and installed by OAuth from there.

        Raises:
            ValueError: it is no https address.
        """
        base = public_url.rstrip("/")
        parts = urlsplit(base)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f'"{public_url}" is no https address')
        url = base + EVENTS_PATH
        settings = {
            **self._settings,
            "socket_mode_enabled": False,
            "interactivity": {**mapping(self._settings.get("interactivity")), "request_url": url},
            "event_subscriptions": {"request_url": url, **mapping(self._settings.get("event_subscriptions"))},
        }
        commands = [{"url": url, **one} for one in mappings(self._features.get("slash_commands"))]
        oauth = {"redirect_urls": [base + REDIRECT_PATH], **mapping(self.content.get("oauth_config"))}
        features = {**self._features, "slash_commands": commands}
        return Manifest({**self.content, "features": features, "oauth_config": oauth, "settings": settings})

    def as_yaml(self) -> str:
        """To be pasted into Slack."""
        return yaml.safe_dump(_plain(self.content), allow_unicode=True, sort_keys=False, width=110)

    @property
    def _settings(self) -> Payload:
        return mapping(self.content.get("settings"))

    @property
    def _features(self) -> Payload:
        return mapping(self.content.get("features"))


def manifest_text() -> str:
    """The file as it is, with its comments."""
    return files("config").joinpath("slack_manifest.yaml").read_text(encoding="utf-8")


def manifest() -> Manifest:
    """What the file says."""
    return Manifest(mapping(yaml.safe_load(manifest_text())))


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(one for one in map(string, listing(value)) if one)


def _plain(value: Any) -> Any:
    """Dicts and lists all through, which is what YAML is written from."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in mapping(value).items()}
    return [_plain(one) for one in listing(value)] if isinstance(value, list) else value
