"""What a question asks for: the kind of thing its answer must name, read off its words in English and Chinese."""

import re
from typing import Literal

from core.knowledge.terms import index_terms

Asked = Literal["person", "place", "time", "number", "reason", "way", "thing"]

_CUES: tuple[tuple[Asked, re.Pattern[str]], ...] = (
    ("reason", re.compile(r"\bwhy\b|\bwhat (?:caused|is the reason)|为什么|为何|原因|何故|怎么会", re.I)),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|far|tall|large|big|often|high|deep|wide|fast)\b|\bwhat (?:percent|"
            r"percentage|number|"
            r"amount|total|share|price|rate|score)|多少|几[个名位次人年天月周岁元本部场种项台家所座条件支]|第几|"
            r"百分之|多[大长高远久重深宽]|数量|金额|比例",
            re.I,
        ),
    ),
    (
        "time",
        re.compile(
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time|century|decade)|什么时[候间]|何时|"
            r"哪[一]?[年天日月]|几[月号日点]|时间|日期|年份",
            re.I,
        ),
    ),
    (
        "person",
        re.compile(r"\bwho(?:se|m)?\b|\bwhich (?:person|player|man|woman|team)|谁|哪位|何人|哪[一]?个人|哪些人", re.I),
    ),
    (
        "place",
        re.compile(
            r"\bwhere\b|\b(?:what|which) (?:city|country|place|state|region|river|town|area)|哪里|哪儿|何处|"
            r"何地|在哪|什么地方|哪[一]?个?[国省市县区城]|位于",
            re.I,
        ),
    ),
    ("way", re.compile(r"\bhow (?:do|does|did|can|to|should|is|are|would)\b|如何|怎么|怎样|怎么办|方法|步骤", re.I)),
)
_SHAPES: dict[Asked, re.Pattern[str]] = {
    "number": re.compile(
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|"
        r"billion|half|third|"
        r"dozen|percent|once|twice)\b|"
        r"[一二三四五六七八九十百千万亿两半][个名位次人年天月周岁元本部场种项台家所座条件支%]|百分之",
        re.I,
    ),
    "time": re.compile(
        r"\b\d{4}s?\b|\b\d{1,2}:\d{2}\b|\b(?:january|february|march|april|may|june|july|august|september|"
        r"october|november|"
        r"december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|century|today|yesterday|morning|"
        r"noon|evening|"
        r"year|week|month|day|hour|minute)s?\b|\d+\s*[年月日号时点分]|[一二三四五六七八九十]+[年月日号时点]|"
        r"世纪|年代|星期|周[一二三四五六日]",
        re.I,
    ),
    "reason": re.compile(
        r"\bbecause\b|\bdue to\b|\bsince\b|\bso that\b|\bcaused?\b|\bresult|\breason|因为|由于|因此|所以|导致|"
        r"为了|原因|使得",
        re.I,
    ),
    "person": re.compile(
        r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]+|[\u4e00-\u9fff·]{2,}(?:说|表示|先生|女士|教授|博士|导演|饰|任|担任)"
    ),
    "place": re.compile(r"\b(?:in|at|near|on|from|to)\s+(?:the\s+)?[A-Z]|[省市县区镇村国州岛街路]|位于|境内|地区"),
    "way": re.compile(
        r"\bby\b|\bto\b|\bfirst\b|\bthen\b|\bclick|\brun\b|\busing\b|\bthrough\b|通过|首先|然后|点击|使用|需要|"
        r"可以|利用"
    ),
}
_FUNCTION_WORDS = frozenset(
    index_terms(
        "a an the of in on at to for from by with and or is are was were be been being do does did has have had "
        "what which"
        " who whom whose when where why how many much long it its this that these those as there their they he "
        "she his her"
        " him them i we you me my our your can could would should will shall may might must not no so than then if into"
        " about over under up down out also such any some"
        " 的 了 是 在 有 和 与 及 或 吗 呢 吧 啊 么 什 什么 哪 哪个 哪些 谁 多少 几 怎 怎么 如何 为什么 为 何 "
        "被 把 将 从 到 对 于"
        " 中 上 下 里 这 那 其 之 而 也 都 就 个 们 它 他 她 你 我 请 问 请问 一 一个 时候"
    )
)
_ASKING = re.compile(
    r"\b(?:according to|based on|in terms of|as of|summari[sz]e|describe|explain|please|tell me|kind of|type of|"
    r"name of)\b"
    r"|请问|请|根据|按照|总结一下|总结|概括|描述|说明|简述|列举|告诉我|为什么|什么样|什么时候|什么|"
    r"哪一[个位年种]|哪[些个里儿位年天种项家次]|多少|"
    r"怎么样|怎么办|怎么|怎样|如何|为何|何时|何地|何处|是否|有没有|是不是|能不能|可不可以|分别|以及",
    re.I,
)
"""Words that do the asking and are not looked for in an answer."""
_PARTICLE = re.compile("[的了吗呢吧啊]")
"""A pair of characters with a particle in it is no word."""


def asked_for(question: str) -> Asked:
    """The kind of thing that the answer names; "thing" where the words do not tell."""
    for kind, cue in _CUES:
        if cue.search(question):
            return kind
    return "thing"


def could_answer(kind: Asked, sentence: str) -> bool:
    """Whether a sentence has the shape of an answer of this kind (a number, a date, a name, a reason, ...)."""
    shape = _SHAPES.get(kind)
    return shape is None or shape.search(sentence) is not None


def content_terms(text: str) -> list[str]:
    """The terms of a question that carry what it is about, each once, in order; where none does, all of them."""
    return _content(text) or list(dict.fromkeys(index_terms(text)))


def has_content(text: str) -> bool:
    """Whether a question says what it is about."""
    return bool(_content(text))


def _content(text: str) -> list[str]:
    about = dict.fromkeys(index_terms(_ASKING.sub(" ", text)))
    return [term for term in about if term not in _FUNCTION_WORDS and not _PARTICLE.search(term)]
