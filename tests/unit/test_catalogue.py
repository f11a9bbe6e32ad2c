"""The catalogue of models: its form, what fits which machine, and what is recommended."""

import re
from pathlib import Path

import pytest

from core.models.catalogue.advice import BENCHMARKS, CPU_CAPTIONS, advise
from core.models.catalogue.downloaded import cache_folder, is_downloaded
from core.models.catalogue.entries import BYTES, NOT_CHECKED, ChatEntry, catalogue
from core.models.catalogue.memory import fit, needs
from core.models.machine import Accelerator, Machine

GB = 1_000_000_000
LAPTOP = Machine(cores=4, memory=8 * GB, available=6 * GB)
TINY = Machine(cores=1, memory=1 * GB, available=GB // 4)
GPU = Accelerator("cuda", "a card", 24 * GB, 23 * GB, bfloat16=True)
WORKSTATION = Machine(cores=16, memory=64 * GB, available=60 * GB, accelerators=(GPU,))


def chat(title: str) -> ChatEntry:
    entry = catalogue().find(title)
    assert isinstance(entry, ChatEntry)
    return entry


def test_every_entry_says_what_it_is_and_every_figure_where_it_stands() -> None:
    known = (*catalogue().chat, *catalogue().encoder)
    assert len({entry.name for entry in known}) == len({entry.title for entry in known}) == len(known)
    for entry in known:
        assert entry.languages and entry.licence
        assert entry.licence_note == ("" if re.match(r"https://[\w.-]+/\S+", entry.licence_source) else NOT_CHECKED)
        assert set(entry.unread) <= set(type(entry).model_fields)
        for group in entry.figures:
            assert re.match(r"https://[\w.-]+/\S+", group.source)
            assert group.values
    for entry in catalogue().chat:
        for benchmark in BENCHMARKS:
            value = entry.figure(benchmark)
            assert value is None or 0 < value <= (1000 if benchmark == "OCRBench" else 100)


def test_an_entry_is_found_by_its_name_or_title() -> None:
    for said in ("Qwen/Qwen3-VL-4B-Instruct", "qwen3-vl-4b-instruct", "Qwen3-VL 4B", "local:Qwen/Qwen3-VL-4B-Instruct"):
        assert chat(said).title == "Qwen3-VL 4B"
    assert catalogue().find("Qwen9") is None


def test_memory_grows_with_precision_and_with_what_is_read() -> None:
    entry = chat("Qwen3-VL 4B")
    assert needs(entry, "float32") > needs(entry, "bfloat16") > needs(entry, "int8") > needs(entry, "int4")
    # 36 layers of 8 heads of 128 numbers, keys and values, two bytes each: 147,456 bytes a token.
    assert needs(entry, "bfloat16", tokens=2000) - needs(entry, "bfloat16", tokens=1000) == 147_456_000
    for name in BYTES:
        assert needs(entry, name) >= 1.2 * entry.parameters * 1e9 * BYTES[name]  # what the local engine asks for


@pytest.mark.parametrize(
    ("title", "machine", "fits", "precision"),
    [
        ("SmolVLM 256M", LAPTOP, True, "float32"),
        ("Qwen3-VL 2B", LAPTOP, False, "bfloat16"),
        ("Qwen3-VL 8B", LAPTOP, False, "bfloat16"),
        ("Qwen3-VL 8B", WORKSTATION, True, "int8"),
        ("Qwen3-VL 4B", WORKSTATION, True, "bfloat16"),
        ("SmolVLM 256M", TINY, False, "bfloat16"),
    ],
)
def test_what_fits(title: str, machine: Machine, fits: bool, precision: str) -> None:
    found = fit(chat(title), machine)
    assert (found.fits, found.precision) == (fits, precision)
    assert found.fits == (found.needs * 1.1 <= found.free)


@pytest.mark.parametrize("machine", [LAPTOP, WORKSTATION, TINY])
def test_what_is_recommended_fits_and_reads_what_it_should(machine: Machine) -> None:
    advice = {one.task: one for one in advise(catalogue(), machine)}
    assert len(advice) == 5
    for one in advice.values():
        assert one.reason
        assert all(re.fullmatch(r'\w+ = ".*"', line) for line in one.lines)
        assert one.entry is None or fit(one.entry, machine).fits
    both = advice["answers in English and Chinese"].entry
    assert both is None or {"en", "zh"} <= set(both.languages)
    captions = advice["captions at ingestion"].entry
    assert machine is not LAPTOP or (captions is not None and captions.parameters <= CPU_CAPTIONS)
    assert machine is not TINY or advice["questions about pictures"].lines == ('model = "extractive"',)


def test_a_download_is_seen_in_the_cache_once_it_is_whole(tmp_path: Path) -> None:
    cache = cache_folder({"HF_HOME": str(tmp_path)})
    assert cache == tmp_path / "hub"
    assert cache_folder({"HF_HUB_CACHE": str(tmp_path / "x")}) == tmp_path / "x"
    snapshot = cache / "models--team--model" / "snapshots" / "abc"
    blobs = cache / "models--team--model" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (snapshot / "model.safetensors").symlink_to(blobs / "1")
    assert not is_downloaded("team/model", cache)
    (blobs / "1").write_bytes(b"weights")
    assert is_downloaded("team/model", cache)
    (blobs / "2.incomplete").touch()
    assert not is_downloaded("team/model", cache)
