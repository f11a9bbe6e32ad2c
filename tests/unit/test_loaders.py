"""Which files are read, which are refused, and that nothing but a DocumentError comes out."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DocumentError
from core.knowledge.loaders import MOST_BYTES, is_supported, load, load_file
from core.knowledge.loaders.source import SourceFile
from tests.unit.documents_of_tests import docx, loaded, paragraph, pdf, png, write

DATA = Path(__file__).parents[3] / "shared" / "data"
KINDS = ["md", "txt", "html", "csv", "eml", "pdf", "docx", "pptx", "xlsx", "png", "heic"]


@pytest.mark.parametrize(
    ("name", "content", "supported"),
    [
        ("a.md", "# hi", True),
        ("README", "read me", True),
        ("a.txt", b"\x00\x01\x02\x03", False),
        ("notes", b"\x7fELF\x00\x01", False),
        ("a.png", b"GIF89a....", True),
        ("picture", png(), True),
        ("report", pdf("x"), True),
        ("a.docx", docx(paragraph("x")), True),
        ("a.zip", b"PK\x03\x04....", False),
        ("data.json", "{}", False),
        ("program.exe", b"MZ\x90\x00", False),
        ("letter.doc", b"\xd0\xcf\x11\xe0", False),
    ],
)
def test_kinds_that_are_read(tmp_path: Path, name: str, content: str | bytes, supported: bool) -> None:
    assert is_supported(write(tmp_path, name, content)) is supported


def test_folder_and_missing_file_are_not_supported_and_say_so(tmp_path: Path) -> None:
    assert not is_supported(tmp_path)
    assert not is_supported(tmp_path / "gone.md")
    with pytest.raises(DocumentError, match=r"gone\.md does not exist"):
        load(tmp_path / "gone.md", tmp_path)
    with pytest.raises(DocumentError, match="is not a file"):
        load(tmp_path, tmp_path.parent)


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"\x00" * 50, b"\xef\xbb\xbf"])
def test_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DocumentError, match=r"a\.md is empty"):
        load(write(tmp_path, "a.md", content), tmp_path)


def test_page_without_words_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="neither text nor pictures"):
        load(write(tmp_path, "a.html", "<html><script>x()</script></html>"), tmp_path)


def test_too_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as opened:
        opened.truncate(MOST_BYTES + 1)

    with pytest.raises(DocumentError, match="over 64 MiB"):
        load(path, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_supported_and_says_why(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "x")
    path.chmod(0)

    assert is_supported(path)
    with pytest.raises(DocumentError, match="can't be opened: Permission denied"):
        load(path, tmp_path)


def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")

    assert not is_supported(tmp_path / "pipe.md")
    with pytest.raises(DocumentError, match="is not a file"):
        load(tmp_path / "pipe.md", tmp_path)


def test_picture_on_its_own_is_a_document_without_text(tmp_path: Path) -> None:
    document = loaded(tmp_path, "img/system-overview_v2.png", png())

    assert (document.title, document.text, document.sections) == ("system overview v2", "", ())
    assert [(picture.name, picture.data) for picture in document.pictures] == [("img/system-overview_v2.png", png())]


def test_single_file_may_be_its_own_root(tmp_path: Path) -> None:
    write(tmp_path, "a.png", png())
    path = write(tmp_path, "a.md", "See ![it](a.png)")

    assert [picture.name for picture in load(path, path).pictures] == ["a.png"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KINDS),
    data=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_whatever_is_in_a_file_it_is_a_document_or_an_error(tmp_path: Path, kind: str, data: bytes) -> None:
    try:
        document = load_file(SourceFile(path=tmp_path / f"a.{kind}", root=tmp_path, name=f"a.{kind}", data=data))
    except DocumentError as error:
        assert error.hint
    else:
        document.text.encode()
        assert "".join(document.text[part.start : part.end] for part in document.sections) == document.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.floats(0, 0.999),
    byte=st.integers(0, 255),
    whole=st.sampled_from([docx(paragraph("words"), png()), pdf("words\nmore"), png()]),
)
def test_damage_anywhere_is_a_document_or_an_error(tmp_path: Path, place: float, byte: int, whole: bytes) -> None:
    data = bytearray(whole)
    data[int(place * len(data))] = byte
    name = "a.docx" if whole.startswith(b"PK") else "a.pdf"
    try:
        load_file(SourceFile(path=tmp_path / name, root=tmp_path, name=name, data=bytes(data)))
    except DocumentError as error:
        assert error.message


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "documents").is_dir(), reason="the evaluation data is not at ../shared/data")
def test_all_sample_documents_are_read() -> None:
    folder = DATA / "documents"
    failed: list[str] = []
    for path in sorted(folder.glob("*/sources/*")):
        try:
            load(path, folder)
        except DocumentError as error:
            failed.append(f"{path.name}: {error.message}")

    assert [line.split(":")[0] for line in failed] == ["msg_simple.msg", "msg_with_attachment.msg"]
