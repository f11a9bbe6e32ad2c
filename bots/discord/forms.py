"""The forms (modals): how they look. They are the first answer to an interaction, so nothing is asked for them.

https://discord.com/developers/docs/components/using-modal-components
"""

from typing import Any

import discord

from adapters.discord.blocks import bounded
from adapters.markdown.mentions import defused
from adapters.payloads import string
from adapters.texts import Texts
from bots.discord.definitions import LONGEST

ASK_FORM = "lorelens:ask:"
"""What the id of the ask form begins with; the name follows under which the message was put aside."""
QUESTION, WHERE, REASON = "question", "where", "reason"
"""The ids of fields."""
ONLY_ME, HERE = "me", "here"
"""Where the answer is to go: the options of `WHERE`."""
REASON_CHARACTERS = 2000
QUOTED = 300
_TITLE, _LABEL, _HINT = 45, 45, 100
"""Characters that Discord takes."""

Form = discord.ui.Modal


def ask_form(texts: Texts, name: str, *, about: str, openly: bool) -> Form:
    """A form for a question about a message; with `openly` it can be chosen that everybody there sees the answer."""
    form = Form(title=bounded(texts.ask_title, _TITLE), custom_id=f"{ASK_FORM}{name}")
    if quoted := " ".join(defused(about).split()):
        said = discord.utils.escape_markdown(bounded(quoted, QUOTED))
        form.add_item(discord.ui.TextDisplay[Any](f"-# {texts.ask_about.format(quote=said)}"))
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=QUESTION,
        style=discord.TextStyle.paragraph,
        placeholder=bounded(texts.ask_placeholder, _HINT),
        max_length=LONGEST,
    )
    form.add_item(_labelled(texts.ask_question, field))
    if openly:
        places: discord.ui.Select[Any] = discord.ui.Select(
            custom_id=WHERE,
            options=[
                discord.SelectOption(label=texts.ask_where_me, value=ONLY_ME, default=True),
                discord.SelectOption(label=texts.ask_where_here, value=HERE),
            ],
        )
        form.add_item(_labelled(texts.ask_where, places))
    return _loose(form)


def reason_form(texts: Texts, custom_id: str) -> Form:
    """A form that asks what was wrong with an answer; it may be sent empty."""
    form = Form(title=bounded(texts.feedback_title, _TITLE), custom_id=string(custom_id))
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id=REASON,
        style=discord.TextStyle.paragraph,
        placeholder=bounded(texts.feedback_placeholder, _HINT),
        max_length=REASON_CHARACTERS,
        required=False,
    )
    form.add_item(_labelled(texts.feedback_question, field, texts.feedback_note))
    return _loose(form)


def _labelled(label: str, field: "discord.ui.Item[Any]", hint: str = "") -> "discord.ui.Label[Any]":
    return discord.ui.Label(
        text=bounded(label, _LABEL), component=field, description=bounded(hint, _HINT) if hint else None
    )


def _loose(form: Form) -> Form:
    """The form, which discord.py is not to remember: what was filled in comes with the interaction itself, and to a
    process that was started anew as well."""
    form.stop()
    return form
