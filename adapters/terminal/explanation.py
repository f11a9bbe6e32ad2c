"""An explanation in a terminal: sentences with scores, quoted lines of pictures, and where the drawn pictures are."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from core.explaining.explanation import CitedSentence, ExplainedPicture, Explanation
from core.explaining.telling import Words, bearing_of, heat_notes, heat_title, no_heat, place_of, scores_of
from core.explaining.words import words_for

QUOTE_CHARACTERS = 400
Files = Mapping[tuple[str, str], Path]
"""Where drawn pictures are, by the hash of what they are drawn on and by their kind (`boxes` or `heat`)."""


def show_explanation(explanation: Explanation, files: Files, *, console: Console | None = None) -> None:
    """Print an explanation, in the language of its question."""
    console = console or Console()
    words = words_for(explanation.question)
    console.print(Text(words["title"], style="bold"))
    _pair(console, words["question"], explanation.question)
    if explanation.searched.strip() not in {"", explanation.question.strip()}:
        _pair(console, words["searched"], explanation.searched)
    support = f"  {words['support']} {explanation.support:.2f}" if explanation.support is not None else ""
    _pair(console, words["model"], f"{explanation.model}{support}")
    if explanation.declined:
        console.print(Text(words["declined"], style="yellow"))
    console.print(Text(f"\n{words['cited'] if explanation.cited else words['nothing_cited']}", style="bold"))
    for one in explanation.cited:
        _cited(console, one, words)
    for one in explanation.pictures:
        _picture(console, one, words, files)
    if explanation.no_attention and explanation.pictures:
        console.print(Text(no_heat(explanation.no_attention, words), style="dim"))
    if explanation.passed_over:
        console.print(Text(f"\n{words['passed_over']}", style="bold"))
    for one in explanation.passed_over:
        console.print(Text(place_of(one, words), style="cyan"))
        console.print(_indented(scores_of(one.scores, words)))


def _pair(console: Console, name: str, said: str) -> None:
    console.print(Text.assemble((f"{name}: ", "dim"), said))


def _cited(console: Console, one: CitedSentence, words: Words) -> None:
    quote = " ".join(one.quote.split())
    shown = quote if len(quote) <= QUOTE_CHARACTERS else quote[:QUOTE_CHARACTERS].rstrip() + " …"
    console.print(Text.assemble((f"[{one.number}] ", "bold"), (place_of(one, words), "cyan")))
    console.print(Padding(Text(f"“{shown}”"), (0, 0, 0, 4)))
    if one.claim:
        console.print(_indented(f"{words['claim']}: {one.claim}"))
    console.print(_indented(bearing_of(one, words)))
    console.print(_indented(scores_of(one.scores, words)))


def _picture(console: Console, one: ExplainedPicture, words: Words, files: Files) -> None:
    console.print(
        Text.assemble(("\n▣ ", "green"), (one.source or one.picture.sha256[:12], "bold"), f"  {words[one.role]}")
    )
    if one.gone:
        console.print(_indented(words["gone"]))
    console.print(_indented(words["quotes" if one.lines else "no_quotes"]))
    for number, line in enumerate(one.lines, start=1):
        whole = "" if line.part == line.line else f"  ({words['part']} “{line.line}”)"
        console.print(Padding(Text.assemble((f"{number}. ", "bold"), line.part, (whole, "dim")), (0, 0, 0, 6)))
    _file(console, files.get((one.picture.sha256, "boxes")))
    if one.heat is not None:
        console.print(Padding(Text(heat_title(one.heat, words)), (0, 0, 0, 4)))
        for note in heat_notes(one.heat, words):
            console.print(_indented(note))
        _file(console, files.get((one.picture.sha256, "heat")))


def _file(console: Console, path: Path | None) -> None:
    if path is not None:
        # A path is not broken into lines, so that it can be copied and clicked.
        console.print(Text(f"    {path}", style="green"), soft_wrap=True)


def _indented(text: str) -> Padding:
    return Padding(Text(text, style="dim"), (0, 0, 0, 4))
