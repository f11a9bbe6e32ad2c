"""A CLIP that is trained in seconds to put drawn shapes and the words for them into one space.

So small that a test can make it, and real all the same: transformers' CLIP, saved as a folder that
sentence-transformers loads by its path, as it would load one from the hub.
"""

import importlib
import random
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageDraw

COLOURS = ("red", "green", "blue", "yellow")
SHAPES = ("circle", "square", "triangle")
NAMES = tuple(f"{colour} {shape}" for colour in COLOURS for shape in SHAPES)
SIDE = 32
STEPS = 450
DRAWINGS = 80
FORMS = ("{}", "a {}", "the picture of a {}")
_TONES = {"red": (220, 40, 40), "green": (40, 170, 60), "blue": (40, 80, 220), "yellow": (230, 210, 40)}


def drawn(name: str, chance: random.Random, side: int = SIDE) -> Image.Image:
    """A shape ("red circle") about the middle of a light ground, in a tone of its colour that varies a little."""
    colour, shape = name.split()
    ground = chance.randint(225, 255)
    image = Image.new("RGB", (side, side), (ground, ground, ground))
    tone = tuple(min(255, max(0, one + chance.randint(-25, 25))) for one in _TONES[colour])
    size = chance.uniform(0.6, 0.8) * side
    left, top = ((side - size) / 2 + chance.uniform(-0.06, 0.06) * side for _ in "xy")
    box = (left, top, left + size, top + size)
    draw = ImageDraw.Draw(image)
    if shape == "circle":
        draw.ellipse(box, fill=tone)
    elif shape == "square":
        draw.rectangle(box, fill=tone)
    else:
        draw.polygon([(left + size / 2, top), (left, top + size), (left + size, top + size)], fill=tone)
    return image


def train_tiny_clip(folder: Path, seed: int = 7, steps: int = STEPS) -> Path:
    """Train one and save it in `folder`; `steps` 0 saves one that has learned nothing."""
    torch: Any = importlib.import_module("torch")  # partly untyped
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model, processor = _untrained()
            if steps:
                _train(torch, model, processor, random.Random(seed), steps)
    finally:
        torch.set_num_threads(threads)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _untrained() -> tuple[Any, Any]:
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    # CLIP takes an end token of 2 for a sign of its first release, and then looks for the largest id instead.
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    vocabulary = {
        word: at for at, word in enumerate([*special.values(), *COLOURS, *SHAPES, "a", "the", "of", "picture"])
    }
    words = cast(Any, Tokenizer)(cast(Any, models).WordLevel(vocabulary, unk_token=special["unk_token"]))
    words.pre_tokenizer = cast(Any, pre_tokenizers).Whitespace()
    words.post_processor = cast(Any, processors).TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    tokenizer = cast(Any, transformers.PreTrainedTokenizerFast)(
        tokenizer_object=words,
        **special,
        model_max_length=16,
    )
    size = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 4}
    text = {"vocab_size": len(vocabulary), "max_position_embeddings": 16}
    config = cast(Any, transformers.CLIPConfig)(
        text_config={**size, **text, "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0, "projection_dim": 32},
        vision_config={**size, "image_size": SIDE, "patch_size": 8, "projection_dim": 32},
        projection_dim=32,
    )
    pixels = cast(Any, CLIPImageProcessorPil)(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    processor = cast(Any, transformers.CLIPProcessor)(image_processor=pixels, tokenizer=tokenizer)
    return cast(Any, transformers.CLIPModel)(config), processor


def _train(torch: Any, model: Any, processor: Any, chance: random.Random, steps: int) -> None:
    """Every batch has one picture of each name, so that all the others are what it is not."""
    drawings = [drawn(name, chance) for name in NAMES for _ in range(DRAWINGS)]
    pixels = processor(images=drawings, return_tensors="pt")["pixel_values"].unflatten(0, (len(NAMES), DRAWINGS))
    words = [processor(text=[form.format(name) for name in NAMES], return_tensors="pt") for form in FORMS]
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps)
    model.train()
    for _ in range(steps):
        one_of_each = [chance.randrange(DRAWINGS) for _ in NAMES]
        optimizer.zero_grad()
        shown = pixels[torch.arange(len(NAMES)), one_of_each]
        model(**chance.choice(words), pixel_values=shown, return_loss=True).loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()


def save_tiny_siglip(folder: Path) -> Path:
    """A SigLIP of the same size that has learned nothing, for what is its own: how its texts are padded."""
    import transformers
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    _, clip = _untrained()
    pixels = cast(Any, SiglipImageProcessorPil)(size={"height": SIDE, "width": SIDE})
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    special = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    config = cast(Any, transformers.SiglipConfig)(
        text_config={**size, **special, "vocab_size": len(clip.tokenizer), "max_position_embeddings": 16},
        vision_config={**size, "image_size": SIDE, "patch_size": 8},
    )
    cast(Any, transformers.SiglipModel)(config).save_pretrained(folder)
    cast(Any, transformers.SiglipProcessor)(image_processor=pixels, tokenizer=clip.tokenizer).save_pretrained(folder)
    return folder
