"""A tokenizer for a small model: each word of its domain is one token, anything else is spelled in bytes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.errors import SettingsError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS, IMAGE = "<pad>", "<bos>", "<eos>", "<image>"
ROLES = ("<user>", "<assistant>", "<system>")

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<' + message['role'] + '>' }}"
    "{% if message['content'] is string %}{{ ' ' + message['content'] | trim }}{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ ' ' + part['text'] | trim }}{% endif %}"
    "{% endfor %}{% endif %}"
    "{{ '<eos>' if message['role'] == 'assistant' else '' }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
"""Pictures first, then the text: so all questions about a picture begin alike, and can share its tokens."""


def word_tokenizer(words: Iterable[str], *, context: int) -> "PreTrainedTokenizerFast":
    """A tokenizer with one token for each word, the space before it included.

    Text is read in lower case and with its white space evened out, so that a word is the same token wherever it stands.

    Raises:
        SettingsError: a word is none, or the words can't all be made tokens.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    wanted = [f" {word.lower()}" for word in dict.fromkeys(words)]
    library: Any = Tokenizer
    tokenizer = library(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"[ \t]+"), " "),
            normalizers.Replace(Regex(r"\s*\n\s*"), "\n "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    # The space before a text's first word belongs to the template, not to the answer.
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Strip(" ", 1, 0)])
    tokenizer.train_from_iterator(
        # Byte pairs are merged by how often they occur; each word often enough becomes whole.
        [word for word in wanted for _ in range(4)],
        trainers.BpeTrainer(
            vocab_size=16_384,
            min_frequency=2,
            special_tokens=[PAD, BOS, EOS, *ROLES, IMAGE],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    broken = [word for word in wanted if len(tokenizer.encode(word).ids) != 1]
    if broken:
        raise SettingsError(
            f"These can't be one token each: {', '.join(map(str.strip, broken))}.",
            hint="Words consist of letters, or of digits; give punctuation no place among them.",
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        additional_special_tokens=[*ROLES, IMAGE],
        padding_side="left",
        model_max_length=context,
    )
