"""Loading a local model: what can't be loaded says what is missing, and what to do."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors import torch as safetensors

from core.errors import LorelensError, MissingPartError, ModelUnavailableError, SettingsError
from core.models.local import processors
from core.models.local.download import is_complete
from core.models.local.fitting import count_parameters, fit
from core.models.local.loading import load_local
from core.models.local.prompt import PromptBuilder
from core.models.machine import Accelerator, Machine
from core.models.notes import ModelNotes, write_notes
from tests.contract.local_models import asked
from tests.tiny_models import tiny_model

GB = 1024**3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny model that may be broken."""
    return Path(shutil.copytree(tiny_model("llava"), tmp_path / "model"))


def refused(name: str | Path, kind: type[LorelensError], **options: str) -> str:
    """What is said when loading is refused."""
    with pytest.raises(kind) as told:
        load_local(str(name), **options)
    assert told.value.hint, "and what to do"
    return told.value.message


def test_a_folder_says_how_it_wants_to_be_asked(folder: Path) -> None:
    write_notes(folder, ModelNotes(prompt="brief"))
    loaded = load_local(str(folder), device="cpu")
    assert loaded.notes.prompt == "brief"
    assert loaded.dtype == torch.float32 and loaded.device.type == "cpu" and not loaded.model.training


def test_a_model_hub_that_cannot_be_reached_is_said_and_how_to_go_round_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "can't be reached" in refused("HuggingFaceTB/SmolVLM-256M-Instruct", ModelUnavailableError)


@pytest.mark.parametrize("name", ["", "./nowhere", "/nowhere/at/all", "a/b/c", "one name", "bad name/of model"])
def test_a_name_that_is_none_is_a_matter_of_settings(name: str) -> None:
    refused(name, SettingsError)


def test_an_empty_folder_holds_no_model(tmp_path: Path) -> None:
    assert "config.json is not there" in refused(tmp_path, SettingsError)


def test_a_language_model_without_vision_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    assert "not a vision-language model" in refused(folder, SettingsError)


def test_a_kind_that_transformers_does_not_know_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "visionary-9"}))
    assert "can't be understood" in refused(folder, SettingsError)


def test_weights_that_are_cut_off_are_not_loaded(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    refused(folder, ModelUnavailableError)


def test_weights_that_lack_a_part_are_not_filled_with_random_numbers(folder: Path) -> None:
    files = cast(Any, safetensors)
    tensors = files.load_file(folder / "model.safetensors")
    tensors.pop(sorted(name for name in tensors if "mlp" in name)[0])
    files.save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert "lack 1 of the model's parts" in refused(folder, ModelUnavailableError)


def test_a_missing_tokenizer_is_named(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()
    assert "no tokenizer" in refused(folder, SettingsError)


def test_a_download_that_was_cut_off_is_not_taken_for_the_model(folder: Path) -> None:
    assert is_complete(folder)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model-2.safetensors"}}))
    assert not is_complete(folder)
    (folder / "model-2.safetensors").touch()
    assert is_complete(folder)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_an_adapter_is_loaded_over_its_base_and_answers_differently(tmp_path: Path) -> None:
    import peft

    base = tiny_model("llava")
    plain = load_local(str(base), device="cpu")
    settings = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    adapted: Any = cast(Any, peft).get_peft_model(load_local(str(base), device="cpu").model, settings)
    adapted.save_pretrained(tmp_path)
    prompt = PromptBuilder(plain.processor).build([asked("what is it?", "red")])
    with torch.no_grad():
        expected = adapted(**prompt.inputs).logits
        loaded = load_local(str(tmp_path), device="cpu")
        torch.testing.assert_close(loaded.model(**prompt.inputs).logits, expected, atol=1e-3, rtol=1e-3)
        assert not torch.allclose(plain.model(**prompt.inputs).logits, expected, atol=1e-1)


def test_an_adapter_without_a_base_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}))
    assert "base model" in refused(tmp_path, SettingsError)


def test_a_processor_that_needs_a_package_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.smolvlm import processing_smolvlm

    monkeypatch.setattr(processing_smolvlm, "num2words", None)
    assert "num2words" in refused(tiny_model("smolvlm"), MissingPartError)
    with pytest.raises(MissingPartError) as told:
        load_local(str(tiny_model("smolvlm")))
    assert told.value.hint.startswith("pip install num2words")


def test_processors_with_videos_are_saved_as_what_they_are(tmp_path: Path) -> None:
    loaded = load_local(str(tiny_model("qwen3-vl")), device="cpu")
    loaded.processor.save_pretrained(tmp_path)
    again = processors.load_processor(tmp_path, loaded.model.config)
    prompts = [PromptBuilder(one).build([asked("what is it?", "red")]) for one in (loaded.processor, again)]
    assert torch.equal(prompts[0].inputs["input_ids"], prompts[1].inputs["input_ids"])
    assert torch.equal(prompts[0].inputs["pixel_values"], prompts[1].inputs["pixel_values"])


def test_no_model_needs_torchvision() -> None:
    assert not [name for name in sys.modules if name.partition(".")[0] == "torchvision"]


def test_parameters_are_counted_without_loading() -> None:
    folder = tiny_model("llava")
    model = load_local(str(folder), device="cpu").model
    assert count_parameters(folder) == sum(parameter.numel() for parameter in model.parameters())


def machine(free: float, *accelerators: Accelerator) -> Machine:
    return Machine(cores=2, memory=64 * GB, available=int(free * GB), accelerators=accelerators)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """The header of a model of two billion parameters, without the weights."""
    header = json.dumps({"weights": {"dtype": "BF16", "shape": [2, 10**9], "data_offsets": [0, 0]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    return tmp_path


def test_the_processor_computes_in_float32_unless_memory_forbids_it(large: Path) -> None:
    assert fit(large, machine=machine(16)).dtype == torch.float32
    assert fit(large, machine=machine(6)).dtype == torch.bfloat16
    with pytest.raises(ModelUnavailableError, match=r"needs about 4\.8 GB as bfloat16; 3\.2 GB are free") as told:
        fit(large, machine=machine(3))
    assert "lorelens models" in told.value.hint


def test_an_accelerator_is_used_in_what_it_computes_in(large: Path) -> None:
    new = Accelerator("cuda", "New", 24 * GB, 20 * GB, bfloat16=True)
    old = Accelerator("cuda", "Old", 8 * GB, 7 * GB, bfloat16=False)
    chosen = fit(large, machine=machine(64, old, new))
    assert (chosen.device.type, chosen.dtype) == ("cuda", torch.bfloat16)
    assert fit(large, machine=machine(64, old)).dtype == torch.float16
    assert fit(large, device="cpu", machine=machine(64, new)).device.type == "cpu"
    with pytest.raises(SettingsError, match="does not compute in bfloat16"):
        fit(large, precision="bfloat16", machine=machine(64, old))


def test_a_device_or_precision_that_cannot_be_had_is_refused(large: Path) -> None:
    with pytest.raises(SettingsError, match="no cuda device"):
        fit(large, device="cuda", machine=machine(64))
    with pytest.raises(SettingsError, match="int4 needs a CUDA device"):
        fit(large, precision="int4", machine=machine(64))
    with pytest.raises(MissingPartError, match="bitsandbytes"):
        fit(large, precision="int4", machine=machine(64, Accelerator("cuda", "New", GB, GB, bfloat16=True)))


def test_starting_with_the_extractive_reader_imports_no_torch() -> None:
    code = "import sys, core.models.chat, core.application; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
