"""Every text for people that a chat platform shows, by name; `{word}` is filled in by whoever shows it.

Words that only one platform has (the name of a command, say) are filled in, so that every platform can use these texts.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """All texts in one language; `language` is its BCP 47 tag."""

    language: str
    language_name: str

    # What it is doing (`stage` of core.reply.Status)
    thinking: str
    searching: str
    looking: str
    reading: str
    writing: str
    waiting: str

    # An answer
    sources: str
    more_sources: str
    """{count}"""
    page: str
    """{page}"""
    picture_of: str
    """{source}"""
    picture_missing: str
    """{source}"""
    declined: str
    no_answer: str
    answer_incomplete: str
    nothing_said: str

    # An answer that can't stand where it was asked for
    unpostable: str
    """{channel} {reason}"""
    unpostable_stranger: str
    unpostable_archived: str
    unpostable_restricted: str
    unpostable_thread: str
    pictures_direct: str

    # Buttons
    why: str
    again: str
    stop: str
    share: str
    helpful: str
    not_helpful: str
    follow_up: str
    cancel: str
    close: str
    send: str

    # Sharing, stopping, trying again
    shared: str
    share_in_channels: str
    """An answer can only be shared with a channel."""
    asked_already: str
    """A follow-up question whose button was pressed before."""
    shared_by: str
    """{person}"""
    stopping: str
    nothing_to_stop: str
    nothing_to_answer: str
    answer_gone: str

    # Feedback
    thanks: str
    thanks_reason: str
    feedback_title: str
    feedback_question: str
    feedback_placeholder: str
    feedback_note: str

    # The ask dialog
    ask_title: str
    ask_question: str
    ask_placeholder: str
    ask_picture: str
    ask_picture_hint: str
    ask_about: str
    """{quote}: the message that is asked about."""
    ask_empty: str
    ask_nothing: str
    ask_sent: str
    ask_where: str
    ask_where_me: str
    ask_where_thread: str
    """Everybody who reads the thread sees question and answer."""
    ask_where_here: str
    """Everybody who reads the channel does."""
    asked_by: str
    """{person}"""

    # Team knowledge
    saved: str
    """{title}"""
    saved_already: str
    save_refused: str
    save_empty: str
    unsave: str
    unsaved: str
    keep_answer: str
    """Below an answer that was declined: the replies of people after it are saved with the question."""
    keep_nothing: str
    search_usage: str
    """{command}"""
    pictures_usage: str
    """{command}"""
    sources_count: str
    """{documents} {pictures}"""
    sources_updated: str
    """{when}"""

    # Forgetting
    forget_title: str
    forget_question: str
    forget_question_here: str
    forget_confirm: str

    # Errors
    error: str
    error_hint: str
    unavailable: str
    unavailable_hint: str
    no_permission: str
    no_permission_here: str
    unknown_command: str
    """{given} {command}"""
    question_too_long: str
    """{limit}"""
    expired: str

    # Help; Markdown
    help_title: str
    help_intro: str
    """{name}: how it is called there, as in "@Lorelens"."""
    help_mention: str
    """{mention}"""
    help_direct: str
    help_picture: str
    help_thread: str
    help_ask: str
    """{ask}"""
    help_ask_openly: str
    """{ask}: where all see the answer, unless told otherwise."""
    help_search: str
    """{command}"""
    help_pictures: str
    """{command}"""
    help_sources: str
    """{command}"""
    help_forget: str
    """{command}"""
    help_status: str
    """{command}"""
    help_shortcut: str
    """{shortcut}: the name of the command on a message."""
    help_save: str
    """{shortcut}"""
    help_edit: str
    help_privacy: str
    ask_about_message: str
    """The name of the command on a message."""
    save_message: str

    # The assistant pane
    greeting: str
    greeting_named: str
    """{person}"""
    greeting_channel: str
    """{channel}"""
    prompts_title: str
    prompt_sources: str
    prompt_picture: str
    prompt_summary: str
    prompt_heading: str
    """{heading}"""
    prompt_channel: str
    """{channel}"""
    thread_title: str
    """Where a thread's question is empty."""

    # App Home
    home_title: str
    home_intro: str
    home_how: str
    home_knows: str
    home_knows_nothing: str
    home_language: str
    home_language_auto: str
    home_recent: str
    home_recent_nothing: str
    home_ask: str
    home_more: str
    """{count}"""
