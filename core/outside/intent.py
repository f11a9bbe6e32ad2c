"""Whether a person asks for the outside by name: "search the web for ...", "上网查 ..."."""

import re

_WEB = re.compile(
    r"\b(?:search|look|find|check|google|ask)\b.{0,40}?\b(?:the web|the internet|web|internet|online|duckduckgo)\b"
    r"|\b(?:on|from) the (?:web|internet)\b|\bgoogle (?:for|it)\b|\bweb search\b"
    r"|上网|联网|网上|网络上|互联网上|百度一下|谷歌一下|搜(?:索)?一?下?网",
    re.IGNORECASE,
)
_WIKIPEDIA = re.compile(r"\b(?:on|in|from|ask|search|check|does|according to) wikipedia\b|维基百科", re.IGNORECASE)
_GRAPH = re.compile(r"\b(?:wikidata|knowledge graph)\b|知识图谱|维基数据", re.IGNORECASE)
_SAID = re.compile(
    r"^\W*(?:please\s+|can you\s+|could you\s+)*"
    r"(?:search|look|check|ask|google)\s+(?:(?:it\s+)?(?:up\s+)?(?:on|in)\s+)?"
    r"(?:the\s+)?(?:web|internet|online|wikipedia|wikidata)?\s*(?:for|about|on|:)?\s+"
    r"|^\W*(?:请|帮我|麻烦)*(?:上网|联网|在?网上|在?维基百科上?)\s*(?:帮我)?(?:查找|搜索|查询|查|搜|找)?(?:一下|下)?[：:，,]?\s*",
    re.IGNORECASE,
)


def asked_for(question: str) -> frozenset[str]:
    """The switches of the sources that a question names."""
    text = question[:500]
    named = {
        name
        for name, pattern in (("web_search", _WEB), ("wikipedia", _WIKIPEDIA), ("knowledge_graph", _GRAPH))
        if pattern.search(text)
    }
    return frozenset(named)


def without_asking(question: str) -> str:
    """The question without the words that send it outside."""
    rest = _SAID.sub("", question, count=1).strip()
    return rest or question
