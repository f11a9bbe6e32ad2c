"""Follow-up questions that what was retrieved would answer: about sections that the answer left aside.

No model is asked: a heading beside the cited sentence says what one could ask next, and its section is there to answer.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from core.evidence import EvidencePassage
from core.followups import topic_words
from core.knowledge.documents import Passage
from core.language import is_chinese
from core.reading.selection import select_sentences
from core.turn import Turn

MOST = 3
WELL = 0.25
"""A passage of another document counts if its score is at least this share of the best."""
HEADING_CHARACTERS = 60
LEAST_CHARACTERS = 40
"""A section with less text than this, in Latin letters, answers nothing."""
HAN_LETTERS = 2.5
"""A Chinese character says about as much as this many Latin letters."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_NUMBERING = re.compile(r"^(?:[\d.]+[.)]?|第?[一二三四五六七八九十]+[章节、.]|[a-zA-Z][.)])\s+|[:：]\s*$")
_SAYS_NOTHING = re.compile(
    r"(?:table of )?contents|toc|overview|introduction|summary|conclusions?|references?|see also|links?|notes?|faqs?"
    r"|misc(?:ellaneous)?|others?|appendix|about|changelog|authors?|licen[cs]e|readme|home|index"
    r"|目录|概述|简介|介绍|总结|小结|参考(?:资料|文献)?|链接|附录|备注|其他|其它|说明|背景|常见问题",
    re.IGNORECASE,
)


class _Section(NamedTuple):
    """A section of a retrieved passage: its heading, its words, and the passage it stands in."""

    heading: str
    text: str
    evidence: EvidencePassage


def suggestions(turn: Turn, cited_numbers: Sequence[int], quotes: Collection[str] = ()) -> tuple[str, ...]:
    """At most three questions that could follow an answer, each of which a retrieved passage answers.

    Args:
        turn: what the answer stood on.
        cited_numbers: the evidence numbers that it cites; none, and nothing is suggested.
        quotes: the sentences that it cites: the other sections of a cited passage may be asked about then.
    """
    cited = [evidence for number in cited_numbers if (evidence := turn.passage(number)) is not None]
    if not cited or turn.wants == "description":
        return ()
    in_chinese = is_chinese(turn.message.text)
    asked = {word.casefold() for word in topic_words(f"{turn.standalone} {turn.message.text}")}
    covered = {one.heading.casefold() for evidence in cited for one in _covered(evidence, quotes)}
    found: dict[str, str] = {}
    for section in _sections(_eligible(turn, cited)):
        key = section.heading.casefold()
        if key in covered or key in found or not _asks_something_new(section.heading, asked) or not _answers(section):
            continue
        found[key] = f"那“{section.heading}”呢？" if in_chinese else f"What about “{section.heading}”?"
        if len(found) == MOST:
            break
    return tuple(found.values())


def _eligible(turn: Turn, cited: Sequence[EvidencePassage]) -> list[EvidencePassage]:
    """Passages of the cited documents first, then those of others that fit the question about as well."""
    documents = {(one.passage.source, one.passage.path) for one in cited}
    texts = [one for one in turn.passages if one.passage.kind == "text"]
    near = [one for one in texts if (one.passage.source, one.passage.path) in documents]
    best = max((one.score for one in texts), default=0.0)
    return [*near, *(one for one in texts if one not in near and one.score > 0 and one.score >= WELL * best)]


def askable_headings(passages: Sequence[Passage]) -> list[str]:
    """The headings of a document's passages that one could ask about, in order; its title where there is none."""
    found: dict[str, None] = {}
    for passage in passages:
        for heading, text in _by_heading(passage).items():
            bare = _NUMBERING.sub("", heading).strip()
            if heading != passage.title and _asks_something_new(bare, ()) and _says_enough(bare, text):
                found[bare] = None
    titles = {one.title: None for one in passages if one.title != one.path.rpartition("/")[2]}
    return list(found) or [title for title in titles if _asks_something_new(title, ())]


def _sections(passages: Sequence[EvidencePassage]) -> Iterator[_Section]:
    for evidence in passages:
        for heading, text in _by_heading(evidence.passage).items():
            if heading != evidence.passage.title:
                yield _Section(_NUMBERING.sub("", heading).strip(), text, evidence)


def _by_heading(passage: Passage) -> dict[str, str]:
    """What a passage says under each of its headings."""
    by_heading: dict[str, str] = {}
    for one in passage.sections:
        if one.heading_path:
            text = passage.text[max(0, one.start - passage.start) : one.end - passage.start]
            by_heading[one.heading_path[-1]] = by_heading.get(one.heading_path[-1], "") + text
    if not passage.sections and passage.heading_path:
        by_heading[passage.heading_path[-1]] = passage.text
    return by_heading


def _covered(evidence: EvidencePassage, quotes: Collection[str]) -> list[_Section]:
    """The sections that the answer is from; all of the passage, where its sentences do not tell."""
    sections = list(_sections([evidence]))
    places = [evidence.passage.section_of(quote) for quote in quotes]
    quoted = {place.heading_path[-1] for place in places if place is not None and place.heading_path}
    if not quoted:
        return sections
    bare = {_NUMBERING.sub("", heading).strip() for heading in quoted}
    return [one for one in sections if one.heading in bare]


def _asks_something_new(heading: str, asked: Collection[str]) -> bool:
    words = {word.casefold() for word in topic_words(heading)}
    if not 2 <= len(heading) <= HEADING_CHARACTERS or _SAYS_NOTHING.fullmatch(heading) or "“" in heading:
        return False
    return bool(words) and not words <= set(asked) and not heading.replace(".", "").isdigit()


def _answers(section: _Section) -> bool:
    """Whether there is something below the heading, and a reader who is asked for it finds that."""
    if not _says_enough(section.heading, section.text):
        return False
    return not select_sentences(section.heading, [section.evidence], limit=1).declined


def _says_enough(heading: str, text: str) -> bool:
    body = text.replace(heading, "", 1).strip()
    return len(body) + len(_HAN.findall(body)) * (HAN_LETTERS - 1) >= LEAST_CHARACTERS
