"""The tokenizer: byte-level BPE without loss; id 0 is `<|endoftext|>`."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .files import UserError

END_OF_TEXT = "<|endoftext|>"
_WORDS = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"  # as GPT-2


def train_tokenizer(
    texts: Iterable[str], vocabulary: int, controls: Sequence[str] = (END_OF_TEXT,)
) -> Tokenizer:
    """Trains byte-level BPE with `vocabulary` entries, at least 257: the bytes and id 0.

    `controls`: the first entries, `<|endoftext|>` before all others; no text is encoded as one.
    Raises UserError if `vocabulary` is out of range.
    """
    if not 257 <= vocabulary <= 65536:
        raise UserError(f"vocabulary = {vocabulary}: choose 257 to 65536 entries")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(controls),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """Reads a tokenizer.json. It encodes a literal `<|endoftext|>` as text, never as id 0.

    Raises UserError if the file is not a tokenizer or has another id 0.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise UserError(f"{path} is not a tokenizer.json: {error}") from error
    if tokenizer.token_to_id(END_OF_TEXT) != 0:
        raise UserError(f"{path}: id 0 must be {END_OF_TEXT}; use a tokenizer made by `prepare`")
    tokenizer.encode_special_tokens = True
    return tokenizer
