"""Why an answer is what it is, as plain values: sentences with scores, regions of pictures, attention."""

from typing import Literal

from core.messages import Picture, Value

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


class Scores(Value):
    """How a passage was found.

    `lexical` is BM25, `dense` the cosine of question and passage by the text encoder (-1 to 1), each None where the
    passage was not found that way. `first_rank` is its place by these two together, `rank` its place after it was
    ranked again, both from 1; `probability` is the ranker's that it is the one, among all candidates.
    """

    rank: int
    first_rank: int | None = None
    probability: float
    lexical: float | None = None
    dense: float | None = None


class CitedSentence(Value):
    """A citation of the answer: the exact sentence, the claim that it bears out, and how well it does.

    `verbatim` says that the claim is the sentence itself, word for word; then `support` (0 to 1) is how well the
    passage answers the question, else how well it bears out the claim, both by the reader's measure
    (`core.reading.selection`).
    """

    number: int
    source: str
    title: str = ""
    heading: str = ""
    page: int | None = None
    quote: str
    claim: str = ""
    verbatim: bool = False
    support: float
    scores: Scores


class PassedOver(Value):
    """A passage that was found and handed to the model, but is not cited; `text` is how it begins."""

    source: str
    heading: str = ""
    page: int | None = None
    text: str
    scores: Scores


class QuotedLine(Value):
    """A line in a picture that the answer quotes, wholly or in part.

    `line` is what OCR read and `part` what of it stands in the answer; `box` bounds that part. `likeness` (0 to 1) is
    the share of the line's letters that stand in the answer, in order.
    """

    line: str
    part: str
    box: Box
    likeness: float


class HeadsUsed(Value):
    """Whose attention a heat map shows.

    `chosen` heads gave, on `pictures` drawn pictures, `share` of their attention to the object that was asked about,
    whose box covered `chance` of the picture. `middle` means all heads of the middle third of the layers, because none
    could be chosen: the model is too slow for that, or none looked at what was asked about.
    """

    kind: Literal["chosen", "middle"]
    heads: tuple[tuple[int, int], ...] = ()
    """Layer and head, both from 0; empty for `middle`."""
    pictures: int = 0
    share: float | None = None
    chance: float | None = None
    reason: Literal["", "slow", "unfocused"] = ""


class HeatMap(Value):
    """Where a local model looked in one picture while it said `words`.

    `values` are `rows` x `columns` cells that cover the whole picture, row by row, and add up to 1. `weight` is the
    share of these heads' whole attention, over text and pictures, that went to this picture.
    """

    words: str
    rows: int
    columns: int
    values: tuple[float, ...]
    weight: float
    heads: HeadsUsed


class ExplainedPicture(Value):
    """A picture of the question or of the answer: what the answer quotes from it, and where the model looked.

    `role` is `asked` for a picture that the question is about, `shown` for one that the reply shows, and `seen` for one
    that only the model was given. `gone` says that its bytes are kept no more, so that nothing can be drawn.
    """

    picture: Picture
    role: Literal["asked", "shown", "seen"]
    source: str = ""
    lines: tuple[QuotedLine, ...] = ()
    heat: HeatMap | None = None
    gone: bool = False


class Explanation(Value):
    """Why an answer is what it is.

    `no_attention` says why there is no heat map: one of `core.explaining.words`, or a sentence of an error.
    """

    id: str
    question: str
    searched: str
    answer: str
    model: str
    declined: bool = False
    support: float | None = None
    cited: tuple[CitedSentence, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    pictures: tuple[ExplainedPicture, ...] = ()
    no_attention: str = ""
