"""A tokenizer for tiny models, trained on the spot: a few words, everything else as bytes."""

from typing import Any, cast

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

WORDS = (
    "what color shape is it this do you see describe the picture red blue green yellow circle square triangle two",
    "three one and or not left out a an of in on with means stop go wait user assistant system tool name arguments",
)
_MARKS = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}


def make_tokenizer(special: list[str], plain: list[str] | None = None) -> Any:
    """A byte-level tokenizer that knows the words above, `special` tokens, and `plain` ones, which have a text."""
    tokenizer = cast(Any, Tokenizer(models.BPE()))
    tokenizer.pre_tokenizer = cast(Any, pre_tokenizers).ByteLevel(add_prefix_space=False)
    tokenizer.decoder = cast(Any, decoders).ByteLevel()
    tokenizer.train_from_iterator(
        [text for word in " ".join(WORDS).split() for text in (" " + word, word)] * 3,
        cast(Any, trainers).BpeTrainer(
            vocab_size=1000,
            special_tokens=[*_MARKS.values(), *special],
            initial_alphabet=sorted(cast(Any, pre_tokenizers).ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    made = cast(Any, transformers).PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, additional_special_tokens=special, model_max_length=4096, **_MARKS
    )
    made.add_tokens(plain or [])
    return made
