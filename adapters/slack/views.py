"""Dialogs (modals): how they look, and what somebody filled in.

https://docs.slack.dev/surfaces/modals
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.markdown.mentions import defused
from adapters.payloads import mapping, mappings, string
from adapters.slack.blocks import HINT, LABEL, OPTION, PLACEHOLDER, VIEW_TITLE, Block, bounded, context, plain, section
from adapters.slack.converting import escaped, to_mrkdwn
from adapters.texts import Texts

ASK = "lorelens_ask"
FEEDBACK = "lorelens_feedback"
FORGET = "lorelens_forget"
"""The dialogs' callback ids."""
QUESTION = "question"
PICTURES = "pictures"
REASON = "reason"
WHERE = "where"
"""Ids of their inputs, and of the blocks that hold them."""
QUESTION_CHARACTERS = 3000
"""The most that Slack's text inputs take."""
REASON_CHARACTERS = 2000
QUOTED = 300
FILES = 5
FILE_TYPES = ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif")
IN_THREAD = "thread"
ONLY_ME = "me"
"""Where the answer is to go: the options of `WHERE`."""
METADATA = 3000
"""Characters of what a dialog carries for its submission."""


@dataclass(frozen=True)
class Asked:
    """What was filled into the ask dialog; `files` are Slack's file objects, `openly` that all may see the answer."""

    question: str
    files: tuple[Mapping[str, Any], ...] = ()
    openly: bool = False


def ask_dialog(
    texts: Texts,
    *,
    metadata: str = "",
    question: str = "",
    about: str = "",
    pictures: bool = True,
    openly: bool = False,
) -> Block:
    """A dialog that takes a question and, unless the app can't read files, pictures.

    `about` is the text of the message that is asked about, `question` what stands in the input already; with `openly`
    it can be chosen that the answer goes into that message's thread.
    """
    field: Block = {
        "type": "plain_text_input",
        "action_id": QUESTION,
        "multiline": True,
        "max_length": QUESTION_CHARACTERS,
        "focus_on_load": True,
        "placeholder": plain(texts.ask_placeholder, PLACEHOLDER),
    }
    if question:
        field["initial_value"] = question[:QUESTION_CHARACTERS]
    blocks = [_input(QUESTION, texts.ask_question, field, optional=pictures)]
    if about.strip():
        quoted = bounded(" ".join(defused(about).split()), QUOTED)
        blocks.insert(0, context(escaped(texts.ask_about.format(quote=quoted))))
    if pictures:
        files: Block = {
            "type": "file_input",
            "action_id": PICTURES,
            "filetypes": list(FILE_TYPES),
            "max_files": FILES,
        }
        blocks.append(_input(PICTURES, texts.ask_picture, files, optional=True, hint=texts.ask_picture_hint))
    if openly:
        blocks.append(_input(WHERE, texts.ask_where, _places(texts), optional=False))
    return _dialog(ASK, texts.ask_title, blocks, texts, submit=texts.send, metadata=metadata)


def asked(view: Mapping[str, Any]) -> Asked:
    """What a submitted ask dialog holds."""
    chosen = string(mapping(_value(view, WHERE).get("selected_option")).get("value"))
    return Asked(_text(view, QUESTION), tuple(mappings(_value(view, PICTURES).get("files"))), chosen == IN_THREAD)


def ask_errors(given: Asked, texts: Texts) -> dict[str, str]:
    """What is wrong with a submission, by the input to mend: for `response_action: errors`."""
    if len(given.question) > QUESTION_CHARACTERS:
        return {QUESTION: texts.question_too_long.format(limit=QUESTION_CHARACTERS)}
    return {} if given.question or given.files else {QUESTION: texts.ask_empty}


def feedback_dialog(texts: Texts, *, metadata: str = "") -> Block:
    """A dialog that asks what was wrong with an answer; it may be sent empty."""
    field: Block = {
        "type": "plain_text_input",
        "action_id": REASON,
        "multiline": True,
        "max_length": REASON_CHARACTERS,
        "focus_on_load": True,
        "placeholder": plain(texts.feedback_placeholder, PLACEHOLDER),
    }
    blocks = [_input(REASON, texts.feedback_question, field, optional=True, hint=texts.feedback_note)]
    return _dialog(FEEDBACK, texts.feedback_title, blocks, texts, submit=texts.send, metadata=metadata)


def reason(view: Mapping[str, Any]) -> str:
    """What a submitted feedback dialog says."""
    return _text(view, REASON)


def forget_dialog(texts: Texts, *, metadata: str = "", here: bool = False, would_go: str = "") -> Block:
    """A dialog that asks whether something shall be forgotten: what `would_go` says, in Markdown; else the direct
    conversation, or the one it was opened in."""
    question = texts.forget_question_here if here else texts.forget_question
    blocks = [section(to_mrkdwn(would_go) if would_go else escaped(question))]
    return _dialog(FORGET, texts.forget_title, blocks, texts, submit=texts.forget_confirm, metadata=metadata)


def notice(texts: Texts, title: str, said: str) -> Block:
    """A dialog that only says something, as the answer to a submission."""
    return _dialog("lorelens_notice", title, [section(escaped(defused(said)))], texts)


def _dialog(
    callback: str, title: str, blocks: Sequence[Block], texts: Texts, *, submit: str = "", metadata: str = ""
) -> Block:
    if len(metadata) > METADATA:
        raise ValueError(f"a dialog carries at most {METADATA} characters, not {len(metadata)}")
    view: Block = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, VIEW_TITLE),
        "close": plain(texts.cancel if submit else texts.close, VIEW_TITLE),
        "blocks": list(blocks),
    }
    if submit:
        view["submit"] = plain(submit, VIEW_TITLE)
    return {**view, "private_metadata": metadata} if metadata else view


def _input(name: str, label: str, element: Block, *, optional: bool, hint: str = "") -> Block:
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label, LABEL),
        "element": element,
        "optional": optional,
    }
    return {**block, "hint": plain(hint, HINT)} if hint else block


def _places(texts: Texts) -> Block:
    options = [
        {"text": plain(text, OPTION), "value": value}
        for text, value in ((texts.ask_where_me, ONLY_ME), (texts.ask_where_thread, IN_THREAD))
    ]
    return {"type": "radio_buttons", "action_id": WHERE, "options": options, "initial_option": options[0]}


def _value(view: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    values = mapping(mapping(view.get("state")).get("values"))
    return mapping(mapping(values.get(name)).get(name))


def _text(view: Mapping[str, Any], name: str) -> str:
    return string(_value(view, name).get("value")).strip()
