"""The help page, in Markdown, for any platform: it fills in what things are called there."""

from dataclasses import dataclass

from adapters.texts.form import Texts


@dataclass(frozen=True)
class Names:
    """What a platform calls things: its mention, the command that asks, and the command with the other words.

    Empty ones are not there, and not spoken of.
    """

    name: str = "Lorelens"
    mention: str = "@Lorelens"
    ask: str = "/ask"
    command: str = "/lorelens"
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
        lines.append(texts.help_ask.format(ask=names.ask))
    if names.command:
        lines += [
            texts.help_search.format(command=f"{names.command} search"),
            texts.help_pictures.format(command=f"{names.command} pictures"),
            texts.help_sources.format(command=f"{names.command} sources"),
            texts.help_forget.format(command=f"{names.command} forget"),
            texts.help_status.format(command=f"{names.command} status"),
        ]
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
