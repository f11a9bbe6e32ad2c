"""What a language model is given to read: the standing instructions, and the evidence between delimiters.

The delimiters carry a number drawn at random for each turn, so that no document can close them and speak as the team.
"""

import secrets
from functools import cache
from importlib.resources import files

from core.citations import DECLINED
from core.evidence import Evidence, EvidencePassage, PictureReading

DESCRIBE = "describe the picture."
"""What a picture without a question asks of a model that is asked briefly."""


@cache
def system_prompt() -> str:
    """The standing instructions."""
    return files("config").joinpath("system.md").read_text(encoding="utf-8").format(declined=DECLINED)


def render_evidence(evidence: Evidence, *, seal: str = "") -> str:
    """Evidence as text for a model: passages under their numbers, then what OCR read in the question's pictures.

    The delimiters' number is drawn at random unless `seal` is given, as training does to repeat itself.
    """
    seal = seal or secrets.token_hex(4)
    blocks = [_passage(passage, seal) for passage in evidence.passages]
    blocks += [_picture(reading, seal) for reading in evidence.pictures if reading.lines]
    if not blocks:
        return "No evidence was found for this question."
    return "\n\n".join(blocks)


def render_question(evidence: Evidence, *, seal: str = "") -> str:
    """The whole of a turn's text: the evidence first, the question last, where models attend to it best."""
    return f"{render_evidence(evidence, seal=seal)}\n\nQuestion: {evidence.question}"


def brief_question(passage: str, question: str) -> str:
    """A turn's text for a model that is asked briefly: the best passage, where there is one, then the question."""
    return f"{passage.strip()}\n\n{question.strip() or DESCRIBE}".strip()


def where(passage: EvidencePassage) -> str:
    """Where a passage stands, for a reader: path, headings and page."""
    parts = [passage.passage.path, *passage.passage.heading_path]
    if passage.passage.page is not None:
        parts.append(f"p. {passage.passage.page}")
    return " › ".join(parts)


def _passage(passage: EvidencePassage, seal: str) -> str:
    kind = "picture" if passage.passage.kind == "picture" else "text"
    return (
        f"<evidence-{seal} number={passage.number} kind={kind} from={where(passage)!r}>\n"
        f"{passage.passage.text}\n"
        f"</evidence-{seal}>"
    )


def _picture(reading: PictureReading, seal: str) -> str:
    lines = "\n".join(line.text for line in reading.lines)
    return f"<picture-text-{seal} picture={reading.number}>\n{lines}\n</picture-text-{seal}>"
