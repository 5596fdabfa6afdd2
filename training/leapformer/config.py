"""The configuration of a model (config.json) and of its training run (TOML)."""

import dataclasses
import json
import math
import tomllib
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from .files import UserError

T = TypeVar("T")

# key -> its words in the model card
REWEIGHTINGS = {
    "leap": "learned proportions (LeaPformer)",
    "static": "static proportions (cosFormer)",
    "none": "no re-weighting",
}
LEARNED = ("leap", "leap-frozen")  # with modules for proportions
# compared in docs/study.md, and not published
UNPUBLISHED = ("none-twice", "none-gate", "leap-frozen", "leap-summed")
PRECISIONS = ("int8", "int4", "float16", "float32")  # of a model folder, see weights.py
ONNX_FORMS = ("float32", "int8", "int8-dynamic", "int4", "standard")  # see onnx_export.py


def feature_factor(reweighting: str) -> int:
    """The features of a query or key, per number of it."""
    return 1 if reweighting in ("none", "none-gate") else 2


@dataclass(frozen=True)
class ModelConfig:
    """A model, with the keys of its config.json.

    `attention`: "linear" (LeaPformer, arXiv 2405.13046) or "softmax" (the control of the study:
    rotary positions, the last `window` tokens; trained here, not published). Only for linear:
    `reweighting`: "leap" (learned proportions, eq. 7-9), "static" (cosFormer: proportion =
    min(position / static_length, 1)), "none", or one of UNPUBLISHED (`reweighting.py`);
    `normalizer`: "denominator" (the paper's, at least `denominator_floor`) or "rms"; `decay`: one
    data-dependent gate a head. For both: `conv_kernel`: 0 or 4 taps over the rows of q, k and v;
    `position`: "none" or "sinusoidal".
    `encoder_layers`: if not 0, that many layers are an encoder and the others a decoder with
    cross-attention (`crossed.py`, for sentence pairs; trained here, not published).
    """

    vocab_size: int = 8192
    hidden_size: int = 256
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    intermediate_size: int = 0  # 0: four times hidden_size
    attention: str = "linear"
    reweighting: str = "leap"
    normalizer: str = "rms"
    decay: bool = True
    conv_kernel: int = 4
    position: str = "none"
    proportion_hidden_size: int = 0  # 0: a quarter of the head's width
    static_length: int = 1024
    denominator_floor: float = 0.1
    window: int = 256
    encoder_layers: int = 0
    rms_norm_eps: float = 1e-6
    embedding_scale: float = 0.0  # 0: the square root of hidden_size
    model_type: str = "leapformer"
    hidden_act: str = "relu2"
    tie_word_embeddings: bool = True
    bos_token_id: int = 0

    def __post_init__(self) -> None:
        computed = {
            "intermediate_size": 4 * self.hidden_size,
            "proportion_hidden_size": max(1, self.head_size // 4),
            "embedding_scale": math.sqrt(self.hidden_size),
        }
        for key, value in computed.items():
            if getattr(self, key) == 0:
                object.__setattr__(self, key, value)
        allowed = {
            "attention": ("linear", "softmax"),
            "reweighting": (*REWEIGHTINGS, *UNPUBLISHED),
            "normalizer": ("denominator", "rms"),
            "conv_kernel": (0, 4),
            "position": ("none", "sinusoidal"),
            "model_type": ("leapformer",),
            "hidden_act": ("relu2",),
            "tie_word_embeddings": (True,),
            "bos_token_id": (0,),
        }
        for key, values in allowed.items():
            if getattr(self, key) not in values:
                raise UserError(f"{key} = {getattr(self, key)!r}: choose one of {values}")
        if self.encoder_layers and (
            self.encoder_layers >= self.num_hidden_layers
            or (self.attention, self.normalizer) != ("linear", "rms")
            or self.reweighting not in ("leap", "none")
        ):
            raise UserError(
                f"encoder_layers = {self.encoder_layers} needs more num_hidden_layers, attention = "
                '"linear", normalizer = "rms", and reweighting = "leap" or "none"'
            )
        if self.reweighting == "leap-summed" and self.normalizer != "rms":
            raise UserError('leap-summed has negative weights: set normalizer = "rms"')
        if self.hidden_size % self.num_attention_heads or self.head_size % 4:
            raise UserError(
                f"hidden_size {self.hidden_size} over {self.num_attention_heads} heads must give "
                "a head width that is a whole multiple of 4"
            )

    @property
    def head_size(self) -> int:
        """The width of a head, e."""
        return self.hidden_size // self.num_attention_heads

    @property
    def feature_size(self) -> int:
        """The width of q~ and k~."""
        return self.head_size * feature_factor(self.reweighting)

    def to_json(self) -> dict[str, Any]:
        """config.json, without the keys that this model does not use.

        `attention` is missing if it is linear: the playground reads no other.
        """
        softmax = self.attention == "softmax"
        unused = {
            "attention": not softmax,
            "reweighting": softmax,
            "normalizer": softmax,
            "denominator_floor": softmax,
            "decay": softmax,
            "static_length": softmax or self.reweighting != "static",
            "proportion_hidden_size": softmax or self.reweighting not in LEARNED,
            "window": not softmax,
            "encoder_layers": self.encoder_layers == 0,
        }
        return {k: v for k, v in dataclasses.asdict(self).items() if not unused.get(k, False)}

    @staticmethod
    def read(path: Path) -> "ModelConfig":
        """Reads a config.json. Raises UserError on unknown keys and on invalid values."""
        try:
            values = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise UserError(f"cannot read {path}: {error}") from error
        return build(ModelConfig, values, str(path))


@dataclass(frozen=True)
class DataConfig:
    """Batches: `streams` parallel streams of text, each with its own carried state.

    A step takes `segment` tokens from every stream, `micro_batch` streams at a time. Small
    micro-batches fit the cache: on two cores 8 x 256 tokens trained a third faster than 32 x 256.
    `offline`: sentence pairs are read whole before their translation, instead of at random k.
    """

    streams: int = 32
    segment: int = 256
    micro_batch: int = 8
    weights: dict[str, int] = field(default_factory=dict)  # source -> repeats per epoch (default 1)
    offline: bool = False


@dataclass(frozen=True)
class OptimizerConfig:
    """Muon for the matrices, AdamW for the rest. Learning rates are the peaks of the schedule."""

    matrix_lr: float = 0.02
    rest_lr: float = 0.003
    proportion_lr: float = 0.003
    weight_decay: float = 0.1  # of Muon, times its learning rate
    momentum: float = 0.95  # of Muon
    betas: tuple[float, float] = (0.9, 0.95)
    clip: float = 1.0  # maximum gradient norm of the AdamW parameters
    warmup_steps: int = 50
    cooldown_fraction: float = 0.2  # last share of all tokens: the learning rate falls to zero


@dataclass(frozen=True)
class RunConfig:
    """One run: [model], [data], [cooldown_data] (the data during the cooldown), [optimizer].

    `start`: a model folder, or another run (its last weights), to initialize the weights from; that
    model may be smaller (`grow.py`). `minutes`: the run also ends after so many minutes of
    training, and the learning rate falls to zero by then, at any speed.
    """

    name: str
    tokens: int  # of the whole run, cooldown included
    minutes: float | None = None
    start: str | None = None
    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    cooldown_data: DataConfig | None = None
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    seed: int = 0
    wide_proportions: bool = True
    dropout: float = 0.0  # share of zeros in the embedding and in the outputs of attention and MLP
    label_smoothing: float = 0.0  # share of the target spread over the vocabulary
    bfloat16: bool = True  # products on a graphics card
    compile: bool = True
    average: float = 0.999  # decay per step of the exponential moving average of the weights
    checkpoint_minutes: float = 10.0
    validate_every: int = 500  # steps
    log_every: int = 10  # steps

    def __post_init__(self) -> None:
        final = self.cooldown_data or self.data
        for data in (self.data, final):
            if data.streams % data.micro_batch:
                raise UserError(
                    f"streams = {data.streams} must be a multiple of "
                    f"micro_batch = {data.micro_batch}"
                )
        if final.streams * final.segment != self.data.streams * self.data.segment:
            raise UserError("[data] and [cooldown_data] must have equal streams * segment")
        if self.steps < 1:
            raise UserError(
                f"tokens = {self.tokens} is less than one step of {self.tokens_per_step}: raise it"
            )
        if self.minutes is not None:
            if self.minutes <= 0:
                raise UserError(f"minutes = {self.minutes} must be positive")
            if self.cooldown_start > 0:  # its step would not be known in advance
                raise UserError(
                    "minutes needs a learning rate that falls from the first step on: "
                    "set optimizer.cooldown_fraction = 1.0"
                )
        if not 0 <= self.dropout < 1:
            raise UserError(f"dropout = {self.dropout} must be at least 0 and less than 1")
        if not 0 <= self.label_smoothing < 1:
            raise UserError(
                f"label_smoothing = {self.label_smoothing} must be at least 0 and less than 1"
            )

    @property
    def tokens_per_step(self) -> int:
        return self.data.streams * self.data.segment

    @property
    def steps(self) -> int:
        return self.tokens // self.tokens_per_step

    @property
    def cooldown_start(self) -> int:
        """The first step of the cooldown."""
        return self.steps - round(self.steps * self.optimizer.cooldown_fraction)

    def progress(self, step: int, seconds: float) -> float:
        """The share of the run that is done: of its tokens, or of its minutes if that is more."""
        of_time = seconds / (60 * self.minutes) if self.minutes else 0.0
        return max(step / self.steps, of_time)

    @staticmethod
    def read(path: Path, overrides: list[str] | None = None) -> "RunConfig":
        """Reads a TOML file and applies `overrides` like "tokens=1000" or "model.decay=false".

        Raises UserError on unknown keys and on invalid values.
        """
        return build(RunConfig, read_toml(path, overrides), str(path))


def read_toml(path: Path, overrides: list[str] | None = None) -> dict[str, Any]:
    """The values of a TOML file after `overrides` like "model.decay=false".

    Raises UserError if either cannot be read.
    """
    try:
        values = tomllib.loads(path.read_text())
        for override in overrides or []:
            values = merge(values, tomllib.loads(override))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    return values


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy of `base` updated with `changes`, table by table."""
    result = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        result[key] = merge(base[key], value) if both else value
    return result


def build(kind: type[T], values: dict[str, Any], where: str) -> T:
    """Makes a dataclass from plain values. Raises UserError on unknown keys and wrong types."""
    types = get_type_hints(kind)
    if type(values) is not dict:
        raise UserError(f"{where} = {values!r} must be a table of keys: {', '.join(types)}")
    unknown = sorted(set(values) - set(types))
    if unknown:
        raise UserError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(types)}")
    for key in dataclasses.fields(kind):
        required = key.default is MISSING and key.default_factory is MISSING
        if required and key.name not in values:
            raise UserError(f"{where}: key {key.name!r} is missing: add it")
    return kind(**{k: _convert(types[k], v, f"{where}: {k}") for k, v in values.items()})


def _convert(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, UnionType):
        if value is None:
            return None
        kind = get_args(kind)[0]
    if dataclasses.is_dataclass(kind):
        return build(kind, value, where)
    if get_origin(kind) is tuple and isinstance(value, list | tuple):
        return tuple(value)
    plain = get_origin(kind) or kind
    if plain is float and type(value) is int:
        return float(value)
    if type(value) is not plain:
        raise UserError(f"{where} = {value!r} must be {plain.__name__}")
    return value
