"""Why a file could not be read, as sentences for the person who sent it, in English and Chinese."""

from typing import Literal

from core.errors import PictureError

Problem = Literal[
    "broken off",
    "deleted",
    "elsewhere",
    "foreign",
    "hidden",
    "no access",
    "no permission",
    "slow",
    "too large",
    "too many",
]

_SENTENCES: dict[Problem, tuple[tuple[str, str], tuple[str, str]]] = {
    "broken off": (
        ('"{name}" could not be fetched: Slack answered {detail}.', "Send it again."),
        ("“{name}”没能取到：Slack 的回应是 {detail}。", "请再发一次。"),
    ),
    "deleted": (
        ('"{name}" was deleted.', "Send it again."),
        ("“{name}”已被删除。", "请再发一次。"),
    ),
    "elsewhere": (
        ('"{name}" is kept at another service; Slack has only a link to it.', "Send the picture itself."),
        ("“{name}”存放在别的服务上，Slack 里只有它的链接。", "请直接发送图片。"),
    ),
    "foreign": (
        (
            '"{name}" stands at {detail}, which is none of Slack\'s hosts, so it was not fetched.',
            "Send the picture itself.",
        ),
        ("“{name}”位于 {detail}，不是 Slack 的主机，因此没有去取。", "请直接发送图片。"),
    ),
    "hidden": (
        ('"{name}" is older than what this workspace keeps.', "Send it again."),
        ("“{name}”早于此工作区的保留期限。", "请再发一次。"),
    ),
    "no access": (
        ('Slack does not let Lorelens see "{name}" ({detail}).', "Send it again in a channel that Lorelens is in."),
        ("Slack 不允许 Lorelens 查看“{name}”（{detail}）。", "请在 Lorelens 所在的频道里再发一次。"),
    ),
    "no permission": (
        (
            'Lorelens may not read files here, so it could not see "{name}".',
            "An admin can add the scope files:read under OAuth & Permissions in the app's settings, and install it.",
        ),
        (
            "Lorelens 在这里没有读取文件的权限，因此看不到“{name}”。",
            "管理员可以在应用设置的 OAuth & Permissions 中添加 files:read 权限，然后重新安装。",
        ),
    ),
    "slow": (
        ('Slack did not hand out "{name}" within {detail} seconds.', "Send it again, or make it smaller."),
        ("Slack 在 {detail} 秒内没有给出“{name}”。", "请再发一次，或把它改小。"),
    ),
    "too large": (
        ('"{name}" is too large: up to {detail} MiB are taken.', "Make it smaller, or cut out the part that matters."),
        ("“{name}”太大了：最多 {detail} MiB。", "请把它改小，或只截取重要的部分。"),
    ),
    "too many": (
        ('"{name}" was not looked at: up to {detail} pictures are taken at a time.', "Send it with the next question."),
        ("没有查看“{name}”：一次最多 {detail} 张图片。", "请在下一个问题里再发。"),
    ),
}


def problem(kind: Problem, name: str, detail: str = "") -> PictureError:
    """The error that says it, in both languages."""
    (message, hint), (message_zh, hint_zh) = _SENTENCES[kind]
    called = name or "the file"
    error = PictureError(message.format(name=called, detail=detail), hint=hint)
    error.chinese = (message_zh.format(name=name or "文件", detail=detail), hint_zh)
    return error
