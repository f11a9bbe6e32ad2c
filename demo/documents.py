"""Writes the documents of the handbook that are no plain text: `python -m demo.documents`, from the project's folder.

A presentation, a workbook, an e-mail and a PDF, from the words below; needs nothing that Lorelens does not need anyway.
"""

from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from textwrap import wrap
from typing import Any

HANDBOOK = Path(__file__).parent / "handbook"

SLIDES = [
    (
        "Welcome to Wrenpost",
        ["34 people, two offices, one product", "Founded in 2018 in a bicycle cellar in Rotterdam"],
    ),
    (
        "What we believe",
        [
            "Say where the parcel is, even when that is embarrassing",
            "Boring technology, exciting reliability",
            "Whoever breaks it learns the most from mending it",
        ],
    ),
    (
        "Who to ask",
        [
            "Laptop and accounts: Fatima el Amrani, #it-help",
            "Salary and contract: Sanne de Wit, people@wrenpost.example",
            "Anything else in the first month: your buddy",
        ],
    ),
    (
        "Habits worth having",
        [
            "No meetings on Wednesday mornings",
            "Town hall on the first Thursday of the month at 15:30",
            "Decisions are written down in one page, and anybody may comment for three days",
        ],
    ),
]

SHEETS: dict[str, list[list[str | float]]] = {
    "Parcels": [
        ["Month", "Parcels (millions)", "On-time estimate (%)", "Support tickets"],
        ["2026-04", 6.1, 86.4, 1952],
        ["2026-05", 6.8, 87.0, 2108],
        ["2026-06", 7.4, 88.1, 2220],
        ["2026-07", 7.9, 88.9, 2054],
        ["2026-08", 8.3, 89.2, 2158],
        ["2026-09", 9.6, 90.3, 2016],
    ],
    "Costs": [
        ["Item", "Q2 2026 (euros)", "Q3 2026 (euros)"],
        ["Servers", 84200, 91700],
        ["Text messages", 31500, 38900],
        ["Object storage", 9400, 10800],
        ["Status page and pager", 2100, 2100],
    ],
}

MAIL = {
    "From": "Ingrid Vos <ingrid@wrenpost.example>",
    "To": "engineering@wrenpost.example",
    "Date": "Mon, 02 Nov 2026 09:12:00 +0100",
    "Subject": "Two people on call during the peak freeze",
    "Message-ID": "<peak-2026@wrenpost.example>",
}
MAIL_TEXT = """Hello everybody,

between 28 November and 6 January two engineers are on call at the same time: one for carriers, one for everything else.
The weekly pay is doubled to 700 euros for both.

The quietest hours for a planned restart are Sunday 04:00 to 06:00. Please put planned work into the calendar
"Peak 2026" three days ahead, and call me on +31 10 555 0117 if you are in doubt. No question is too small in December.

Thank you for last year: 41 million parcels and not one minute of severity 1.

Ingrid
"""

REVIEW: list[tuple[str, list[str]]] = [
    (
        "Incident review: late webhooks on 14 August 2026",
        [
            "Severity 2. Commander: Tomas Lindqvist. Written by Priya Raman, 20 August 2026.",
            "Between 13:05 and 15:47 CEST webhooks were delivered late, at worst by 22 minutes. 212 shops were "
            "concerned. No event was lost.",
        ],
    ),
    (
        "What happened",
        [
            "13:05  Release 2026.33 of notify was promoted to all traffic.",
            "13:21  The alert for event log lag rang; it was taken for a carrier's burst.",
            "14:10  A shop wrote to support. Severity was raised from 3 to 2.",
            "14:32  notify was rolled back. The lag went on growing.",
            "15:02  The cause was found: the connection pool had been lowered from 64 to 8 in the same release, in the "
            "configuration, which a rollback of the code does not touch.",
            "15:10  The pool was set back to 64.",
            "15:47  The backlog was worked off.",
        ],
    ),
    (
        "Why it took long",
        [
            "Configuration was not part of a release, so a rollback left it as it was. The canary ran for 15 minutes "
            "at lunch time, when eight connections are enough.",
        ],
    ),
    (
        "What we change",
        [
            "1. Configuration is versioned with the release and rolled back with it. Owner: Zhao Min, by 30 September.",
            "2. The canary of notify takes 20 % of the traffic instead of 5 %. Owner: Priya Raman, done.",
            "3. The alert names the consumer that lags. Owner: Joost Bakker, by 15 September.",
        ],
    ),
]


def write_presentation(path: Path) -> None:
    """The slides of the welcome talk."""
    from pptx import Presentation

    deck: Any = Presentation()  # untyped
    for title, points in SLIDES:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(points)
    deck.core_properties.title = "Welcome to Wrenpost"
    deck.save(str(path))


def write_workbook(path: Path) -> None:
    """The numbers behind the metrics report."""
    from openpyxl import Workbook

    book: Any = Workbook()  # partly untyped
    book.remove(book.active)
    for name, rows in SHEETS.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def write_mail(path: Path) -> None:
    """The announcement of the doubled rotation."""
    mail = EmailMessage()
    for name, value in MAIL.items():
        mail[name] = value
    mail.set_content(MAIL_TEXT)
    path.write_bytes(mail.as_bytes())


def write_pdf(path: Path) -> None:
    """The incident review, a page for each two sections."""
    pages = [_page(REVIEW[at : at + 2]) for at in range(0, len(REVIEW), 2)]
    first = 5
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, content in enumerate(pages):
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {first + 2 * number + 1} 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    path.write_bytes(_pdf(objects))


def _page(sections: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The drawing commands of one page; sizes and places are in points."""
    commands: list[str] = []
    y = 780
    for heading, paragraphs in sections:
        commands.append(_pdf_text(heading, "F2", 17, y))
        y -= 30
        for paragraph in paragraphs:
            for line in wrap(paragraph, 84):
                commands.append(_pdf_text(line, "F1", 11, y))
                y -= 16
            y -= 8
        y -= 22
    return "\n".join(commands)


def _pdf_text(text: str, font: str, size: int, y: int) -> str:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf 64 {y} Td ({escaped}) Tj ET"


def _pdf(objects: Sequence[str]) -> bytes:
    """Objects as a file, with the table of where each begins (ISO 32000-1, 7.5)."""
    data = b"%PDF-1.4\n"
    places: list[int] = []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode("latin-1")


if __name__ == "__main__":
    write_presentation(HANDBOOK / "welcome.pptx")
    write_workbook(HANDBOOK / "metrics-q3-2026.xlsx")
    write_mail(HANDBOOK / "on-call-during-the-peak.eml")
    write_pdf(HANDBOOK / "incident-review-2026-08-14.pdf")
