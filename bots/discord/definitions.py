"""The commands as Discord shows them: names, descriptions and options in English and Chinese, and where they are.

https://discord.com/developers/docs/interactions/application-commands
"""

from dataclasses import dataclass
from typing import Any

Definition = dict[str, Any]

ASK, SEARCH, PICTURES, SOURCES, FORGET, HELP = "ask", "search", "pictures", "sources", "forget", "help"
ASK_ABOUT = "Ask about this message"
SAVE = "Save to team knowledge"
QUESTION, PICTURE, PRIVATE, WORDS = "question", "picture", "private", "words"
"""Names of options."""
LONGEST = 4000
"""Characters of a question: as many as a message has for people who pay for more, and a form's input for everybody."""
WORDS_CHARACTERS = 100

SLASH, ON_MESSAGE = 1, 3
STRING, BOOLEAN, FILE = 3, 5, 11
ON_SERVERS, BY_USERS = 0, 1
IN_SERVER, WITH_BOT, IN_PRIVATE = 0, 1, 2
"""Types of commands and options, of installations and of the contexts in which commands are offered."""


@dataclass(frozen=True)
class _Said:
    """A text in English and in Chinese, in simplified and in traditional characters."""

    english: str
    simplified: str
    traditional: str

    @property
    def localized(self) -> dict[str, str]:
        return {"zh-CN": self.simplified, "zh-TW": self.traditional}


def definitions() -> list[Definition]:
    """All commands: those that are typed, and those in the menu of a message."""
    return [
        _slash(
            _Said(ASK, "提问", "提問"),
            _Said("Ask the team's documents and pictures", "向团队的文档和图片提问", "向團隊的文件和圖片提問"),
            _option(
                STRING,
                _Said(QUESTION, "问题", "問題"),
                _Said("What would you like to know?", "你想知道什么？", "你想知道什麼？"),
                required=True,
                max_length=LONGEST,
            ),
            _option(
                FILE,
                _Said(PICTURE, "图片", "圖片"),
                _Said(
                    "A screenshot, photo or diagram that it is about",
                    "与问题有关的截图、照片或图表",
                    "與問題有關的截圖、照片或圖表",
                ),
            ),
            _option(
                BOOLEAN,
                _Said(PRIVATE, "仅自己可见", "僅自己可見"),
                _Said("Whether only you see the answer", "是否只有你能看到回答", "是否只有你能看到回答"),
            ),
        ),
        _slash(
            _Said(SEARCH, "搜索", "搜尋"),
            _Said("Find passages in the documents", "在文档中查找段落", "在文件中查找段落"),
            _words(_Said("What to look for", "要找什么", "要找什麼")),
        ),
        _slash(
            _Said(PICTURES, "图片", "圖片"),
            _Said("Find pictures in the documents", "在文档中查找图片", "在文件中查找圖片"),
            _words(_Said("What the picture shows", "图片的内容", "圖片的內容")),
        ),
        _slash(
            _Said(SOURCES, "来源", "來源"),
            _Said("See what Lorelens knows here", "查看这里有哪些资料", "查看這裡有哪些資料"),
        ),
        _slash(
            _Said(FORGET, "忘记", "忘記"),
            _Said(
                "Make Lorelens forget what it keeps of you", "删除所保存的与你有关的内容", "刪除所保存的與你有關的內容"
            ),
        ),
        _slash(_Said(HELP, "帮助", "說明"), _Said("See what Lorelens can do", "查看使用方法", "查看使用方法")),
        _on_message(_Said(ASK_ABOUT, "询问这条消息", "詢問這則訊息")),
        _on_message(_Said(SAVE, "保存到团队知识", "儲存到團隊知識")),
    ]


def shown(name: str, locale: str) -> str:
    """How somebody sees the command that is typed, by its name and their locale: "/ask"."""
    found = next(one for one in definitions() if one["name"] == name)
    return f"/{found['name_localizations'].get(locale, name)}"


def _slash(name: _Said, description: _Said, *options: Definition) -> Definition:
    return {"type": SLASH, **_named(name), **_described(description), "options": list(options), **_offered()}


def _on_message(name: _Said) -> Definition:
    return {"type": ON_MESSAGE, **_named(name), **_offered()}


def _option(kind: int, name: _Said, description: _Said, **more: Any) -> Definition:
    return {"type": kind, **_named(name), **_described(description), **more}


def _words(description: _Said) -> Definition:
    name = _Said(WORDS, "关键词", "關鍵字")
    return _option(STRING, name, description, required=True, autocomplete=True, max_length=WORDS_CHARACTERS)


def _named(name: _Said) -> Definition:
    return {"name": name.english, "name_localizations": name.localized}


def _described(description: _Said) -> Definition:
    return {"description": description.english, "description_localizations": description.localized}


def _offered() -> Definition:
    """Wherever people are: on servers, with the bot, and, for those who installed it for themselves, elsewhere too."""
    return {"integration_types": [ON_SERVERS, BY_USERS], "contexts": [IN_SERVER, WITH_BOT, IN_PRIVATE]}
