"""An explanation as one HTML page that fetches nothing from elsewhere and reads on a desktop, a phone and at night."""

import base64
from collections.abc import Sequence
from html import escape

from core.explaining.explainer import Drawing
from core.explaining.explanation import CitedSentence, ExplainedPicture, Explanation, PassedOver
from core.explaining.telling import Words, bearing_of, heat_notes, heat_title, no_heat, place_of, scores_of
from core.explaining.words import words_for
from core.language import is_chinese

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d24; --soft: #5d5d6b; --paper: #fff; --card: #f4f4f8; --line: #dcdce5;
  --mark: #a3174f; --bar: #a3174f; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf2; --soft: #a9a9b8; --paper: #16161b; --card: #212129;
  --line: #3a3a46; --mark: #ff8ab5; --bar: #e0558c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .75rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; white-space: pre-wrap; }
article, figure { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem;
  margin: 0 0 .8rem; }
blockquote { margin: .4rem 0; padding-left: .8rem; border-left: 3px solid var(--mark); white-space: pre-wrap; }
img { display: block; max-width: 100%; height: auto; border-radius: .3rem; margin: .5rem 0; }
figcaption, .soft { color: var(--soft); font-size: .9rem; } .number { color: var(--mark); font-weight: 600; }
.support { display: block; height: .4rem; background: var(--line); border-radius: .2rem; margin: .4rem 0; }
.support span { display: block; height: 100%; background: var(--bar); border-radius: .2rem; }
ol { margin: .3rem 0; padding-left: 1.6rem; } p { margin: .3rem 0; }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; gap: .1rem; } dd { margin-bottom: .5rem; } }
"""


def page_of(explanation: Explanation, drawings: Sequence[Drawing]) -> str:
    """The page, in the language of the question."""
    words = words_for(explanation.question)
    language = "zh" if is_chinese(explanation.question) else "en"
    body = [
        f"<h1>{escape(words['title'])}</h1>",
        _summary(explanation, words),
        f"<h2>{escape(words['cited'])}</h2>",
        *[_cited(one, words) for one in explanation.cited],
        *([] if explanation.cited else [f"<p>{escape(words['nothing_cited'])}</p>"]),
        *_pictures(explanation, drawings, words),
        *_passed_over(explanation.passed_over, words),
    ]
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(words['title'])}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _summary(explanation: Explanation, words: Words) -> str:
    rows = [(words["question"], explanation.question)]
    if explanation.searched.strip() not in {"", explanation.question.strip()}:
        rows.append((words["searched"], explanation.searched))
    rows += [(words["answer"], explanation.answer.strip()), (words["model"], explanation.model)]
    if explanation.support is not None:
        rows.append((words["support"], f"{explanation.support:.2f}"))
    if explanation.declined:
        rows.append(("", words["declined"]))
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in rows) + "</dl>"


def _cited(one: CitedSentence, words: Words) -> str:
    claim = f'<p class="soft">{escape(words["claim"])}: {escape(one.claim)}</p>' if one.claim else ""
    return (
        f'<article><p><span class="number">[{one.number}]</span> {escape(place_of(one, words))}</p>'
        f"<blockquote>{escape(one.quote)}</blockquote>{claim}"
        f'<span class="support"><span style="width:{one.support:.0%}"></span></span>'
        f'<p class="soft">{escape(bearing_of(one, words))}</p>'
        f'<p class="soft">{escape(scores_of(one.scores, words))}</p></article>'
    )


def _passed_over(passages: Sequence[PassedOver], words: Words) -> list[str]:
    if not passages:
        return []
    return [
        f"<h2>{escape(words['passed_over'])}</h2>",
        *(
            f'<article><p>{escape(place_of(one, words))}</p><p class="soft">{escape(one.text)}</p>'
            f'<p class="soft">{escape(scores_of(one.scores, words))}</p></article>'
            for one in passages
        ),
    ]


def _pictures(explanation: Explanation, drawings: Sequence[Drawing], words: Words) -> list[str]:
    if not explanation.pictures:
        return []
    parts = [f"<h2>{escape(words['pictures'])}</h2>"]
    for one in explanation.pictures:
        parts.append(_picture(one, [drawing for drawing in drawings if drawing.of is one], words))
    if explanation.no_attention:
        parts.append(f'<p class="soft">{escape(no_heat(explanation.no_attention, words))}</p>')
    return parts


def _picture(one: ExplainedPicture, drawings: Sequence[Drawing], words: Words) -> str:
    parts = [f"<p>{escape(one.source)} <span class='soft'>({escape(words[one.role])})</span></p>"]
    if one.gone:
        parts.append(f'<p class="soft">{escape(words["gone"])}</p>')
    for drawing in drawings:
        if drawing.kind == "heat" and one.heat is not None:
            title = heat_title(one.heat, words)
            parts.append(_image(drawing, title))
            parts.append(f"<figcaption>{escape(title)}</figcaption>")
            parts += [f'<p class="soft">{escape(note)}</p>' for note in heat_notes(one.heat, words)]
        else:
            parts.append(_image(drawing, words["quotes"]))
    parts.append(_lines(one, words))
    return f"<figure>{''.join(parts)}</figure>"


def _lines(one: ExplainedPicture, words: Words) -> str:
    if not one.lines:
        return f'<p class="soft">{escape(words["no_quotes"])}</p>'
    items = [
        f"<li>{escape(line.part)}"
        + (
            f' <span class="soft">({escape(words["part"])} “{escape(line.line)}”)</span>'
            if line.part != line.line
            else ""
        )
        + "</li>"
        for line in one.lines
    ]
    return f"<p>{escape(words['quotes'])}</p><ol>{''.join(items)}</ol>"


def _image(drawing: Drawing, alt: str) -> str:
    data = base64.b64encode(drawing.drawn.data).decode()
    picture = drawing.drawn.picture
    return (
        f'<img alt="{escape(alt)}" width="{picture.width}" height="{picture.height}" '
        f'src="data:{picture.media_type};base64,{data}">'
    )
