"""PDF page by page, and e-mail with what is attached to it."""

import io
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from core.errors import DocumentError
from core.knowledge.loaders import load
from tests.unit.documents_of_tests import docx, loaded, paragraph, pdf, png, write

FIRST = (
    "Backups\n"
    "The team keeps thirty days of backups in two regions, and tests a re-\n"
    "store of them on the first Monday of every month without exception.\n"
    "- ask operations\n"
    "- ask the lead"
)


def _with_outline(data: bytes, *entries: tuple[str, int]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    for title, page in entries:
        writer.add_outline_item(title=title, page_number=page)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_lines_of_a_page_are_joined_to_sentences(tmp_path: Path) -> None:
    document = loaded(tmp_path, "ops.pdf", pdf(FIRST, "Second page"))

    assert document.text == (
        "Backups\n\nThe team keeps thirty days of backups in two regions, and tests a restore of them on the first"
        " Monday of every month without exception.\n- ask operations\n- ask the lead\n\nSecond page"
    )
    assert [part.page for part in document.sections] == [1, 2]


def test_outline_gives_headings(tmp_path: Path) -> None:
    document = loaded(tmp_path, "ops.pdf", _with_outline(pdf(FIRST, "Second page"), ("Backups", 0), ("Annex", 1)))

    assert [(part.page, part.heading_path) for part in document.sections] == [(1, ("Backups",)), (2, ("Annex",))]


def test_without_an_outline_larger_lines_are_headings(tmp_path: Path) -> None:
    long = "The team keeps thirty days of backups in two regions, and tests them on every first Monday."
    document = loaded(tmp_path, "ops.pdf", pdf(f"# Operations\n{long}\n# Backups and\n# restores\n{long}", long))

    assert document.title == "Operations"
    assert [(part.page, part.heading_path) for part in document.sections] == [
        (1, ("Operations",)),
        (1, ("Backups and restores",)),
        (2, ("Backups and restores",)),
    ]


def test_lines_that_run_through_all_pages_are_left_out(tmp_path: Path) -> None:
    pages = [f"Staff handbook\nWords of page {word}.\n{number} of 4" for number, word in enumerate("abcd", start=1)]

    assert loaded(tmp_path, "a.pdf", pdf(*pages)).text == "\n\n".join(f"Words of page {word}." for word in "abcd")


def _scan(*pictures: Image.Image) -> bytes:
    written = io.BytesIO()
    pictures[0].save(written, "PDF", save_all=True, append_images=list(pictures[1:]))
    return written.getvalue()


def test_scanned_pages_keep_their_pictures(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (200, 300), "white"), Image.new("RGB", (200, 300), "black")]
    document = loaded(tmp_path, "scan.pdf", _scan(*pages))

    assert document.text == ""
    assert [(picture.name, picture.page) for picture in document.pictures] == [
        ("scan.pdf#picture-1", 1),
        ("scan.pdf#picture-2", 2),
    ]


def test_turned_page_gives_an_upright_picture(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(_scan(Image.new("RGB", (200, 300), "white")))))
    writer.pages[0].rotate(90)
    written = io.BytesIO()
    writer.write(written)
    document = loaded(tmp_path, "scan.pdf", written.getvalue())

    assert Image.open(io.BytesIO(document.pictures[0].data)).size == (300, 200)


def test_encrypted_pdf_is_a_clear_error(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("secret"))))
    writer.encrypt("password", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)

    with pytest.raises(DocumentError, match=r"a\.pdf is encrypted"):
        load(write(tmp_path, "a.pdf", written.getvalue()), tmp_path)


@pytest.mark.parametrize("data", [b"%PDF-1.4\nnothing", pdf("x")[:60]], ids=["no objects", "cut off"])
def test_damaged_pdf_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DocumentError):
        load(write(tmp_path, "a.pdf", data), tmp_path)


def _message(**parts: bytes) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Backups im Büro"
    message["From"] = "Ann <ann@example.org>"
    message["To"] = "team@example.org"
    message.set_content("Hello,\n\nwe keep thirty days.\n")
    for name, data in parts.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name.replace("_", ".", 1))
    return message


def test_message_and_its_attachments_are_one_document(tmp_path: Path) -> None:
    message = _message(notes_docx=docx(paragraph("Attached words.")), plan_png=png(), data_bin=b"\x00\x01\x02")
    document = loaded(tmp_path, "mail/backup.eml", message.as_bytes())

    assert document.title == "Backups im Büro"
    assert document.text == (
        "Backups im Büro\n\nFrom: Ann <ann@example.org>\nTo: team@example.org\n\nHello,\n\nwe keep thirty days.\n\n"
        "Attachment: notes.docx\n\nAttached words.\n\nAttachment: plan.png\n\nAttachment: data.bin"
    )
    (picture,) = document.pictures
    assert (picture.name, picture.heading_path) == ("mail/backup.eml/plan.png", ("Attachment: plan.png",))
    assert document.warnings == (
        "The attachment data.bin was not read: mail/backup.eml/data.bin is of a kind that can't be read.",
    )


def test_html_message_shows_its_inline_picture(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Screen"
    message.set_content("See the picture.")
    message.add_alternative('<p>Press <b>here</b>:</p><img src="cid:shot" alt="The button">', subtype="html")
    message.get_payload()[1].add_related(png(), "image", "png", cid="<shot>", filename="shot.png")  # type: ignore[union-attr,index]
    document = loaded(tmp_path, "a.eml", message.as_bytes())

    assert document.text == "Screen\n\nPress here:"
    assert [(picture.alt, picture.name) for picture in document.pictures] == [("The button", "a.eml/shot.png")]


def test_messages_in_messages_are_followed_only_so_far(tmp_path: Path) -> None:
    message = _message()
    for depth in range(8):
        outer = EmailMessage()
        outer["Subject"] = f"Forward {depth}"
        outer.set_content("see below")
        outer.add_attachment(message)
        message = outer
    document = loaded(tmp_path, "a.eml", message.as_bytes())

    assert "Forward 7" in document.text
    assert "Forward 4" in document.text
    assert "Forward 2" not in document.text
    assert any("nested too deeply" in warning for warning in document.warnings)


def test_an_email_is_as_old_as_its_date(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["Date"] = "Ports", "Fri, 01 Mar 2024 08:00:00 +0800"
    message.set_content("The gateway listens on 8080.")

    assert loaded(tmp_path, "a.eml", message.as_bytes()).modified == 1709251200
