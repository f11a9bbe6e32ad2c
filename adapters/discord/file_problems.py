"""Why a file could not be read, as sentences for the person who sent it, in English and Chinese."""

from typing import Literal

from core.errors import PictureError

Problem = Literal["broken off", "deleted", "foreign", "no access", "slow", "too large", "too many", "voice"]

_SENTENCES: dict[Problem, tuple[tuple[str, str], tuple[str, str]]] = {
    "broken off": (
        ('"{name}" could not be fetched: Discord answered {detail}.', "Send it again."),
        ("“{name}”没能取到：Discord 的回应是 {detail}。", "请再发一次。"),
    ),
    "deleted": (
        ('"{name}" is not there any more.', "Send it again."),
        ("“{name}”已经不在了。", "请再发一次。"),
    ),
    "foreign": (
        (
            '"{name}" stands at {detail}, which is none of Discord\'s hosts, so it was not fetched.',
            "Send the file itself.",
        ),
        ("“{name}”位于 {detail}，不是 Discord 的主机，因此没有去取。", "请直接发送文件。"),
    ),
    "no access": (
        (
            'Discord does not let Lorelens see "{name}" ({detail}).',
            "Send it again in a channel that Lorelens can read.",
        ),
        ("Discord 不允许 Lorelens 查看“{name}”（{detail}）。", "请在 Lorelens 能读取的频道里再发一次。"),
    ),
    "slow": (
        ('Discord did not hand out "{name}" within {detail} seconds.', "Send it again, or make it smaller."),
        ("Discord 在 {detail} 秒内没有给出“{name}”。", "请再发一次，或把它改小。"),
    ),
    "too large": (
        ('"{name}" is too large: up to {detail} MiB are taken.', "Make it smaller, or cut out the part that matters."),
        ("“{name}”太大了：最多 {detail} MiB。", "请把它改小，或只截取重要的部分。"),
    ),
    "too many": (
        ('"{name}" was not looked at: up to {detail} pictures are taken at a time.', "Send it with the next question."),
        ("没有查看“{name}”：一次最多 {detail} 张图片。", "请在下一个问题里再发。"),
    ),
    "voice": (
        ("A voice message can't be listened to.", "Write the question."),
        ("语音消息还听不懂。", "请用文字提问。"),
    ),
}


def problem(kind: Problem, name: str, detail: str = "") -> PictureError:
    """The error that says it, in both languages."""
    (message, hint), (message_zh, hint_zh) = _SENTENCES[kind]
    error = PictureError(message.format(name=name or "the file", detail=detail), hint=hint)
    error.chinese = (message_zh.format(name=name or "文件", detail=detail), hint_zh)
    return error
