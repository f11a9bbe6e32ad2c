"""The help page, in Markdown, for any platform: it fills in what things are called there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.texts.form import Texts


@dataclass(frozen=True)
class Names:
    """What a platform calls things: its mention, the command that asks, and the command with the other words.

    Empty ones are not there, and not spoken of. Where each word is a command of its own, `words` has their names.
    """

    name: str = "Lorelens"
    mention: str = "@Lorelens"
    ask: str = "/ask"
    command: str = "/lorelens"
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    ask_is_open: bool = False
    """Whether everybody sees what is answered to the command that asks."""
    shortcuts: bool = True
    """Whether messages have commands in their menus."""


def help_lines(texts: Texts, names: Names) -> tuple[str, ...]:
    """What one can do, one thing a line."""
    lines = [
        texts.help_mention.format(mention=names.mention),
        texts.help_direct,
        texts.help_picture,
        texts.help_thread,
    ]
    if names.ask:
        lines.append((texts.help_ask_openly if names.ask_is_open else texts.help_ask).format(ask=names.ask))
    about = {
        "search": texts.help_search,
        "pictures": texts.help_pictures,
        "sources": texts.help_sources,
        "forget": texts.help_forget,
        "status": texts.help_status,
    }
    words = names.words or ({word: f"{names.command} {word}" for word in about} if names.command else {})
    lines += [line.format(command=words[word]) for word, line in about.items() if word in words]
    if names.shortcuts:
        lines += [
            texts.help_shortcut.format(shortcut=texts.ask_about_message),
            texts.help_save.format(shortcut=texts.save_message),
        ]
    return (*lines, texts.help_edit, texts.help_privacy)


def help_page(texts: Texts, names: Names) -> str:
    """The whole page."""
    items = "\n".join(f"- {line}" for line in help_lines(texts, names))
    return f"## {texts.help_title}\n\n{texts.help_intro.format(name=names.name)}\n\n{items}"
