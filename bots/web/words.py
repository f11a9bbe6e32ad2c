"""What every page says; each area has its own words beside its routes."""

from bots.web.visitors import Language

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "chat": "Chat",
        "knowledge": "Knowledge",
        "quality": "Quality",
        "api": "API",
        "navigation": "Main",
        "skip": "Skip to the content",
        "sign_out": "Sign out",
        "signed_in_as": "Signed in as {name}",
        "other_language": "中文",
        "error": "Something went wrong",
        "not_found": "There is nothing here",
        "not_found_hint": "It may have been forgotten, or the address is wrong.",
        "back": "Back to the chat",
    },
    "zh": {
        "chat": "对话",
        "knowledge": "知识",
        "quality": "质量",
        "api": "API",
        "navigation": "主导航",
        "skip": "跳到正文",
        "sign_out": "退出登录",
        "signed_in_as": "已登录：{name}",
        "other_language": "English",
        "error": "出错了",
        "not_found": "这里什么也没有",
        "not_found_hint": "内容可能已被遗忘，或者网址不对。",
        "back": "返回对话",
    },
}
