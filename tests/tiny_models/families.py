"""One function a family: real classes of transformers with tiny sizes and random weights, saved as the hub has them."""

import json
from pathlib import Path
from typing import Any, cast

import torch
import transformers

from tests.tiny_models.tokenizer import make_tokenizer

lib = cast(Any, transformers)


def _text(kind: Any, tokenizer: Any, **more: Any) -> Any:
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "initializer_range": 0.25,
        "pad_token_id": tokenizer.pad_token_id,
    }
    return kind(**{**sizes, **more})


def _siglip(size: int = 32) -> Any:
    return lib.SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=size,
        patch_size=8,
        vision_use_head=False,
    )


def _template(name: str, picture: str = "") -> str:
    """A chat template of this folder; `picture` is what stands for one."""
    text = Path(__file__).with_name(f"{name}.jinja").read_text(encoding="utf-8").rstrip("\n")
    return text.replace("PICTURE", picture)


def _save(folder: Path, model: Any, tokenizer: Any, images: Any, template: str, processor: dict[str, Any]) -> None:
    for parameter in model.parameters():  # larger than usual, or every question gets the same answer
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    images.save_pretrained(folder)
    (folder / "processor_config.json").write_text(json.dumps(processor))
    (folder / "chat_template.jinja").write_text(template)


def save_llava(folder: Path, text: Any, **more: Any) -> None:
    """A LLaVA over a language model of some kind; `more` are its sizes."""
    tokenizer = make_tokenizer(["<image>"])
    config = lib.LlavaConfig(
        vision_config=_siglip(),
        text_config=_text(text, tokenizer, **more),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_seq_length=16,
    )
    images = lib.CLIPImageProcessorPil(size={"height": 32, "width": 32}, crop_size={"height": 32, "width": 32})
    said = {"processor_class": "LlavaProcessor", "patch_size": 8, "vision_feature_select_strategy": "full"}
    _save(folder, lib.LlavaForConditionalGeneration(config), tokenizer, images, _template("llava"), said)


def make_llava(folder: Path) -> None:
    """LLaVA over Llama."""
    save_llava(folder, lib.LlamaConfig)


def make_llava_sliding(folder: Path) -> None:
    """LLaVA over Mistral with a sliding window, whose cache can't take others in on the way."""
    save_llava(folder, lib.MistralConfig, sliding_window=24)


def make_llava_onevision(folder: Path) -> None:
    """LLaVA-OneVision over Qwen 2."""
    tokenizer = make_tokenizer(["<image>", "<video>", "<|im_start|>", "<|im_end|>"])
    pinpoints = [[32, 32], [32, 64], [64, 32], [64, 64]]
    config = lib.LlavaOnevisionConfig(
        vision_config=_siglip(),
        text_config=_text(lib.Qwen2Config, tokenizer),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=pinpoints,
    )
    images = lib.LlavaOnevisionImageProcessorPil(size={"height": 32, "width": 32}, image_grid_pinpoints=pinpoints)
    said = {
        "processor_class": "LlavaOnevisionProcessor",
        "num_image_tokens": 16,
        "vision_feature_select_strategy": "full",
    }
    model = lib.LlavaOnevisionForConditionalGeneration(config)
    _save(folder, model, tokenizer, images, _template("hermes", "<image>\n"), said)


def _idefics(folder: Path, name: str) -> None:
    marks = ["<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>", "<|im_start|>", "<video>"]
    marks += [f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)]
    tokenizer = make_tokenizer(marks)
    vision = getattr(lib, f"{name}VisionConfig")(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    config = getattr(lib, f"{name}Config")(
        vision_config=vision,
        text_config=_text(lib.LlamaConfig, tokenizer),
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    images = getattr(lib, f"{name}ImageProcessorPil")(size={"longest_edge": 64}, max_image_size={"longest_edge": 32})
    said = {"processor_class": f"{name}Processor", "image_seq_len": 4}
    model = getattr(lib, f"{name}ForConditionalGeneration")(config)
    _save(folder, model, tokenizer, images, _template("idefics"), said)


def make_idefics3(folder: Path) -> None:
    """Idefics3, which cuts pictures into tiles."""
    _idefics(folder, "Idefics3")


def make_smolvlm(folder: Path) -> None:
    """SmolVLM; its processor also takes videos."""
    _idefics(folder, "SmolVLM")


def _qwen(folder: Path, name: str, vision: dict[str, Any], text: Any, processor: str) -> None:
    marks = ["<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = make_tokenizer(marks, ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"])
    numbers = tokenizer.convert_tokens_to_ids
    config = getattr(lib, f"{name}Config")(
        vision_config={"depth": 2, "num_heads": 2, "spatial_merge_size": 2, **vision},
        text_config={**text(tokenizer), "pad_token_id": tokenizer.pad_token_id},
        image_token_id=numbers("<|image_pad|>"),
        video_token_id=numbers("<|video_pad|>"),
        vision_start_token_id=numbers("<|vision_start|>"),
        vision_end_token_id=numbers("<|vision_end|>"),
    )
    images = lib.Qwen2VLImageProcessorPil(
        patch_size=vision["patch_size"], size={"shortest_edge": 16 * 16, "longest_edge": 64 * 64}
    )
    template = _template("hermes", "<|vision_start|><|image_pad|><|vision_end|>")
    model = getattr(lib, f"{name}ForConditionalGeneration")(config)
    _save(folder, model, tokenizer, images, template, {"processor_class": processor})


def _qwen_text(tokenizer: Any, **more: Any) -> dict[str, Any]:
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
    made = _text(dict, tokenizer, bos_token_id=1, eos_token_id=2, rope_parameters=rope)
    return {**made, **more}


def make_qwen2_vl(folder: Path) -> None:
    """Qwen2-VL: positions of three axes."""
    vision = {"embed_dim": 32, "hidden_size": 64, "patch_size": 8}
    _qwen(folder, "Qwen2VL", vision, _qwen_text, "Qwen2VLProcessor")


def make_qwen2_5_vl(folder: Path) -> None:
    """Qwen2.5-VL: windows in its vision part."""
    vision = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "out_hidden_size": 64,
        "patch_size": 8,
        "window_size": 32,
        "fullatt_block_indexes": [1],
    }
    _qwen(folder, "Qwen2_5_VL", vision, _qwen_text, "Qwen2_5_VLProcessor")


def make_qwen3_vl(folder: Path) -> None:
    """Qwen3-VL: features of the vision part are added to several layers."""
    vision = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "out_hidden_size": 64,
        "patch_size": 8,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    }

    def text(tokenizer: Any) -> dict[str, Any]:
        rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3], "mrope_interleaved": True}
        return _qwen_text(tokenizer, head_dim=16, rope_parameters=rope)

    _qwen(folder, "Qwen3VL", vision, text, "Qwen3VLProcessor")


def make_qwen3_5(folder: Path) -> None:
    """Qwen3.5: layers of linear attention, whose state is no list of tokens."""
    vision = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "out_hidden_size": 64,
        "patch_size": 8,
        "num_position_embeddings": 64,
    }

    def text(tokenizer: Any) -> dict[str, Any]:
        rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3], "mrope_interleaved": True}
        linear = {"linear_key_head_dim": 16, "linear_value_head_dim": 16, "linear_num_key_heads": 2}
        kinds = ["linear_attention", "full_attention", "linear_attention"]
        return _qwen_text(
            tokenizer,
            head_dim=16,
            rope_parameters={**rope, "partial_rotary_factor": 1.0},
            linear_num_value_heads=4,
            layer_types=kinds,
            **linear,
        )

    _qwen(folder, "Qwen3_5", vision, text, "Qwen3VLProcessor")


def make_gemma3(folder: Path) -> None:
    """Gemma 3: sliding windows in most layers, and a template that refuses system texts and repeated roles."""
    tokenizer = make_tokenizer(
        ["<image_soft_token>", "<start_of_image>", "<end_of_image>", "<start_of_turn>", "<end_of_turn>"]
    )
    for name, token in (
        ("image_token", "<image_soft_token>"),
        ("boi_token", "<start_of_image>"),
        ("eoi_token", "<end_of_image>"),
    ):
        tokenizer.init_kwargs[name] = token
    numbers = tokenizer.convert_tokens_to_ids
    config = lib.Gemma3Config(
        vision_config=_siglip(),
        text_config=_text(lib.Gemma3TextConfig, tokenizer, head_dim=16, sliding_window=24),
        image_token_index=numbers("<image_soft_token>"),
        boi_token_index=numbers("<start_of_image>"),
        eoi_token_index=numbers("<end_of_image>"),
        mm_tokens_per_image=4,
        tie_word_embeddings=False,  # tied, the random weights only ever repeat the last token
    )
    images = lib.Gemma3ImageProcessorPil(size={"height": 32, "width": 32}, image_seq_length=4)
    said = {"processor_class": "Gemma3Processor", "image_seq_length": 4}
    _save(folder, lib.Gemma3ForConditionalGeneration(config), tokenizer, images, _template("gemma"), said)
