"""Building a small vision-language model: SigLIP for pictures, a two-layer projection, Llama with tied word vectors."""

from typing import TYPE_CHECKING, Any

from core.training.scratch_config import ScratchConfig
from core.training.word_tokenizer import CHAT_TEMPLATE, IMAGE, word_tokenizer

if TYPE_CHECKING:
    from transformers import LlavaProcessor


def build_processor(config: ScratchConfig) -> "LlavaProcessor":
    """Pictures resized to the model's side, one image token for each patch, and the words as tokens."""
    from transformers import LlavaProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    words = [*config.tokenizer.words.split(), config.naming.background]
    pictures: Any = CLIPImageProcessorPil
    create: Any = LlavaProcessor
    return create(
        image_processor=pictures(
            size={"height": config.vision.side, "width": config.vision.side},
            do_center_crop=False,
            image_mean=[0.5] * 3,
            image_std=[0.5] * 3,
        ),
        tokenizer=word_tokenizer(words, context=config.text.context),
        patch_size=config.vision.patch,
        vision_feature_select_strategy="full",
        chat_template=CHAT_TEMPLATE,
        image_token=IMAGE,
        num_additional_image_tokens=0,
    )


def build_model(config: ScratchConfig, processor: "LlavaProcessor", *, seed: int) -> Any:
    """The model with its first, random weights."""
    import torch
    from transformers import LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, SiglipVisionConfig

    tokenizer: Any = processor.tokenizer
    vision, text = config.vision, config.text
    settings: Any = LlavaConfig
    library: Any = torch
    library.manual_seed(seed)
    model: Any = LlavaForConditionalGeneration(
        settings(
            vision_config=SiglipVisionConfig(
                hidden_size=vision.width,
                intermediate_size=2 * vision.width,
                num_hidden_layers=vision.layers,
                num_attention_heads=vision.heads,
                image_size=vision.side,
                patch_size=vision.patch,
                vision_use_head=False,
            ),
            text_config=LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=text.width,
                intermediate_size=text.inner,
                num_hidden_layers=text.layers,
                num_attention_heads=text.heads,
                num_key_value_heads=text.heads,
                max_position_embeddings=text.context,
                initializer_range=text.spread,
                tie_word_embeddings=True,
                pad_token_id=tokenizer.pad_token_id,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
            ),
            image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
            vision_feature_select_strategy="full",
            vision_feature_layer=-1,
            image_seq_length=vision.grid**2,
            tie_word_embeddings=True,
        )
    )
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model
