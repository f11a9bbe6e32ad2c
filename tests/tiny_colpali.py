"""A tiny ColPali: the real classes of transformers with random weights, which compare words with pictures somehow."""

from pathlib import Path
from typing import Any, cast

import torch
import transformers

from tests.tiny_models.tokenizer import make_tokenizer

lib = cast(Any, transformers)


def save_tiny_colpali(folder: Path) -> str:
    """Save one as the hub has them; answer where it is."""
    cast(Any, torch).manual_seed(0)
    tokenizer = make_tokenizer(["<image>"])
    images = lib.SiglipImageProcessorPil(size={"height": 32, "width": 32})
    images.image_seq_length = 16
    processor = lib.ColPaliProcessor(image_processor=images, tokenizer=tokenizer)
    size = {"intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    vlm = lib.PaliGemmaConfig(
        vision_config=lib.SiglipVisionConfig(
            hidden_size=32, image_size=32, patch_size=8, vision_use_head=False, projection_dim=32, **size
        ),
        text_config=lib.GemmaConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_key_value_heads=1, head_dim=16, initializer_range=0.5, **size
        ),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        projection_dim=32,
        hidden_size=32,
    )
    model = lib.ColPaliForRetrieval(lib.ColPaliConfig(vlm_config=vlm, embedding_dim=16))
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)
