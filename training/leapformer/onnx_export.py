"""Exports a model folder as ONNX: any number of tokens per call, states as inputs and outputs.

Inputs:  tokens [1, T] int64; for each layer N state.N [1, h, E, e] and, with a convolution,
         convolution.N [1, 3 d, 3], all zeros at the start of a document.
Outputs: logits [1, T, vocabulary], or [1, 1, vocabulary] for the last token only;
         next_state.N and next_convolution.N.

In each layer, the recurrence is one LinearAttention node, the convolution one CausalConvWithState.
`<|endoftext|>` does not reset the states inside the graph: start each document with zeros.

Forms of the file (`ONNX_FORMS`):
    float32       operators of `com.microsoft`, which ONNX Runtime also has on the web; MatMul
    int8          the same, large matrices as MatMulNBits: int8 rows, float32 activations
    int4          the same for a model folder in int4: its int4 groups, and its int8 rows for the
                  logits; a matrix is float32 if its spans are not multiples of 32 columns
    int8-dynamic  the same, large matrices as DynamicQuantizeMatMul: int8 rows, activations rounded
                  to int8 at each product
    standard      float32, only operators of ONNX opset 27
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from .config import ModelConfig
from .files import UserError, atomic
from .reference import Tensors, log_softmax
from .weights import GROUP, dequantize, quantize, read_stored, span_of, unpack

MICROSOFT = "com.microsoft"
TOLERANCE = 1e-4  # allowed difference to the golden logits, as a share of their rms (float32)


class _Graph:
    """The nodes, constants, inputs and outputs of a graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.inputs = [helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "T"])]
        self.outputs: list[onnx.ValueInfoProto] = []

    def constant(self, value: np.ndarray | float | list) -> str:
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, outputs: int | list[str] = 1, **attributes):
        """Appends a node; returns the name of its output, or the names of its outputs."""
        count = outputs if isinstance(outputs, int) else len(outputs)
        made = [f"{kind}_{len(self.nodes)}_{i}" for i in range(count)]
        names = outputs if isinstance(outputs, list) else made
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if count == 1 else names

    def output(self, name: str, shape: list) -> None:
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def state(self, name: str, shape: list[int]) -> tuple[str, str]:
        """Declares a state; returns the names of its input and its output."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        self.output(f"next_{name}", shape)
        return name, f"next_{name}"


class _Builder(_Graph):
    """Builds the graph of a model in one of `ONNX_FORMS`."""

    def __init__(self, config: ModelConfig, stored: Tensors, form: str, last_only: bool) -> None:
        super().__init__()
        self.config, self.form, self.last_only = config, form, last_only
        self.standard = form == "standard"
        self.domain = "" if self.standard else MICROSOFT
        self.tensors, self.stored = dequantize(stored, config), stored
        if form.startswith("int8"):
            self.stored = quantize(self.tensors, "int8", config)
            self.tensors = dequantize(self.stored, config)

    def linear(self, x: str, name: str) -> str:
        """x W^T + b with the float32 weights of a small layer."""
        return self.affine(x, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def affine(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        return self.add("Add", self.add("MatMul", x, self.constant(weight.T)), self.constant(bias))

    def product(self, x: str, name: str, output: str | None = None) -> str:
        """x W^T with a large matrix W [rows, columns], in the precision of this form."""
        outputs: int | list[str] = [output] if output else 1
        rows, columns = self.tensors[name].shape
        is_odd = self.form == "int4" and span_of(name, self.config) % GROUP > 0
        if self.form in ("float32", "standard") or is_odd:
            weight = self.constant(self.tensors[name].T)
            return self.add("MatMul", x, weight, outputs=outputs)
        values, scales = self.stored[name], self.stored[f"{name}_scale"]
        if self.form == "int8-dynamic":
            # ONNX Runtime's sums of signed weights saturate on CPUs without VNNI
            zeros = np.full(rows, 128, np.uint8)
            weight = map(self.constant, (_unsigned(values).T, scales, zeros))
            return self.add("DynamicQuantizeMatMul", x, *weight, outputs=outputs, domain=MICROSOFT)
        if values.dtype == np.int32:
            bits, size = 4, GROUP
            unsigned = (unpack(values, columns) + 8).astype(np.uint8)
            unsigned = unsigned[:, ::2] | unsigned[:, 1::2] << 4
        else:
            bits, size = 8, _block_size(columns)
            unsigned = _unsigned(values)
            scales = np.repeat(scales, columns // size)  # each block has the scale of its row
        weight = unsigned.reshape(rows, columns // size, -1), scales.astype(np.float32).ravel()
        sizes = {"K": columns, "N": rows, "bits": bits, "block_size": size}
        constants = map(self.constant, weight)
        return self.add("MatMulNBits", x, *constants, outputs=outputs, domain=MICROSOFT, **sizes)

    def rms(self, x: str, weight: np.ndarray) -> str:
        kind = "RMSNormalization" if self.standard else "SimplifiedLayerNormalization"
        epsilon = self.config.rms_norm_eps
        return self.add(kind, x, self.constant(weight), axis=-1, epsilon=epsilon)

    def add_and_norm(self, x: str, delta: str, name: str) -> tuple[str, str]:
        """x + delta, and the rms norm of that sum."""
        weight = self.tensors[f"{name}.weight"]
        if self.standard:
            total = self.add("Add", x, delta)
            return total, self.rms(total, weight)
        normed, total = (f"{kind}_{len(self.nodes)}" for kind in ("normed", "sum"))
        self.add(
            "SkipSimplifiedLayerNormalization",
            *(x, delta, self.constant(weight)),
            outputs=[normed, "", "", total],
            domain=MICROSOFT,
            epsilon=self.config.rms_norm_eps,
        )
        return total, normed

    def split_by_proportion(self, x: str, name: str) -> str:
        """[1, T, d] -> [1, T, 2 d]: x cos(pi/2 P) and x sin(pi/2 P) of each head.

        cos(pi/2 P) is computed as sin(pi/2 (1 - P)). With P = sigmoid(u), 1 - P = 1 / (1 + e^u)
        keeps its precision where P is close to 1; subtracting P from 1 would lose it. Sigmoid is
        not used because ONNX Runtime's is imprecise for small results.
        """
        c, w = self.config, self.tensors
        heads, e = c.num_attention_heads, c.head_size
        x = self.add("Reshape", x, self.constant([0, 0, heads, 1, e]))
        hidden = self.add("Relu", self.linear(x, f"{name}.hidden"))
        weight, bias = w[f"{name}.output.weight"], w[f"{name}.output.bias"]
        signed = np.concatenate([weight, -weight]), np.concatenate([bias, -bias])
        both = self.affine(hidden, *signed)  # u and -u
        total = self.add("Add", self.add("Exp", both), self.constant(np.float32(1)))
        right_angle = self.constant(np.float32(np.pi / 2))
        angles = self.add("Div", right_angle, total)  # pi/2 (1 - P), pi/2 P
        factors = self.add("Reshape", self.add("Sin", angles), self.constant([0, 0, heads, 2, 1]))
        return self.add(
            "Reshape", self.add("Mul", x, factors), self.constant([0, 0, 2 * c.hidden_size])
        )

    def convolve(self, u: str, layer: int) -> str:
        """The short convolution of q, k, v [1, T, 3 d]; scales q by 1 / sqrt(e) in its taps."""
        c = self.config
        past, new_past = self.state(
            f"convolution.{layer}", [1, 3 * c.hidden_size, c.conv_kernel - 1]
        )
        taps = self.tensors[f"layers.{layer}.attention.convolution.weight"].copy()
        taps[: c.hidden_size] *= np.float32(c.head_size**-0.5)
        mixed = f"convolved.{layer}"
        self.add(
            "CausalConvWithState",
            *(self.add("Transpose", u, perm=[0, 2, 1]), self.constant(taps[:, None, :]), "", past),
            outputs=[mixed, new_past],
            domain=self.domain,
            activation="none",
            **({} if self.standard else {"ndim": 1}),
        )
        return self.add("Transpose", mixed, perm=[0, 2, 1])

    def attention(self, n: str, layer: int) -> str:
        """The output of an attention layer for its normed input n [1, T, d]."""
        c, w, name = self.config, self.tensors, f"layers.{layer}.attention"
        d, h, e = c.hidden_size, c.num_attention_heads, c.head_size
        u = self.product(n, f"{name}.qkv.weight")
        if c.conv_kernel:
            u = self.convolve(u, layer)
        q, k, v = self.add("Split", u, self.constant([d, d, d]), outputs=3, axis=-1)
        q, k = self.add("Relu", q), self.add("Relu", k)
        if not c.conv_kernel:
            q = self.add("Mul", q, self.constant(np.float32(e**-0.5)))
        if c.reweighting == "leap":
            q = self.split_by_proportion(q, f"{name}.query_proportion")
            k = self.split_by_proportion(k, f"{name}.key_proportion")
        rule, gate = "linear", []
        if c.decay:  # log sigmoid(g) = -softplus(-g)
            negative = self.add("Neg", self.linear(n, f"{name}.decay"))
            rule, gate = "gated", [self.add("Neg", self.add("Softplus", negative))]
        state, new_state = self.state(f"state.{layer}", [1, h, c.feature_size, e])
        o = f"heads.{layer}"
        self.add(
            "LinearAttention",
            *(q, k, v, state, *gate),
            outputs=[o, new_state],
            domain=self.domain,
            q_num_heads=h,
            kv_num_heads=h,
            update_rule=rule,
            scale=1.0,
        )
        o = self.rms(self.add("Reshape", o, self.constant([0, 0, h, e])), np.ones(e, np.float32))
        o = self.add("Reshape", o, self.constant([0, 0, d]))
        o = self.add("Mul", o, self.constant(w[f"{name}.output_norm.weight"]))
        return self.product(o, f"{name}.output.weight")

    def build(self) -> onnx.ModelProto:
        c = self.config
        table = self.tensors["embedding.weight"] * np.float32(c.embedding_scale)
        x = self.add("Gather", self.constant(table), "tokens", axis=0)
        n = self.rms(x, self.tensors["layers.0.attention_norm.weight"])
        self.output("logits", [1, 1 if self.last_only else "T", c.vocab_size])
        for layer in range(c.num_hidden_layers):
            name, following = f"layers.{layer}", f"layers.{layer + 1}.attention_norm"
            x, n = self.add_and_norm(x, self.attention(n, layer), f"{name}.mlp_norm")
            up = self.add("Relu", self.product(n, f"{name}.mlp.up.weight"))
            down = self.product(self.add("Mul", up, up), f"{name}.mlp.down.weight")
            last = layer == c.num_hidden_layers - 1
            x, n = self.add_and_norm(x, down, "final_norm" if last else following)
        if self.last_only:
            n = self.add("Gather", n, self.constant([-1]), axis=1)
        self.product(n, "embedding.weight", "logits")
        graph = helper.make_graph(
            self.nodes, "leapformer", self.inputs, self.outputs, self.constants
        )
        opsets = [helper.make_opsetid("", 27 if self.standard else 18)]
        opsets += [] if self.standard else [helper.make_opsetid(MICROSOFT, 1)]
        version = helper.find_min_ir_version_for(opsets, ignore_unknown=True)
        return helper.make_model(graph, opset_imports=opsets, ir_version=version)


def _unsigned(values: np.ndarray) -> np.ndarray:
    """int8 values as uint8 with the zero point 128."""
    return (values.astype(np.int16) + 128).astype(np.uint8)


def _block_size(columns: int) -> int:
    """The largest block of MatMulNBits, up to 128, that divides a row. Raises UserError if none."""
    for size in (128, 64, 32, 16):
        if columns % size == 0:
            return size
    raise UserError(
        f"ONNX form int8 needs matrices with a multiple of 16 columns, not {columns}: "
        "use form int8-dynamic or float32"
    )


def export_onnx(folder: Path, out: Path, form: str = "float32", last_only: bool = False) -> None:
    """Writes a model folder as one ONNX file in one of `ONNX_FORMS`.

    `last_only`: compute only the logits after the last token of a call. Raises UserError if ONNX
    cannot express the model.
    """
    config = ModelConfig.read(folder / "config.json")
    fits = config.attention == "linear" and config.reweighting in ("leap", "none")
    if not fits or config.normalizer != "rms" or config.position != "none":
        raise UserError(
            f"{folder}: ONNX needs attention linear, normalizer rms, reweighting leap or none, "
            "and position none: LinearAttention has neither a denominator nor positions"
        )
    stored = read_stored(folder)
    if form == "int4" and all(value.dtype != np.int32 for value in stored.values()):
        raise UserError(f"{folder} is not in int4: use `quantize` first, or another form")
    model = _Builder(config, stored, form, last_only).build()
    with atomic(out) as file:
        file.write(model.SerializeToString())


def check_onnx(file: Path, golden: dict, exact: bool = False) -> dict[str, float]:
    """Largest differences to golden vectors, in one call and token by token.

    `log_probabilities` is missing if the file computes only the last logits. With `exact`, raises
    UserError if a difference is larger than `TOLERANCE`.
    """
    session = onnxruntime.InferenceSession(file.read_bytes())
    names = [o.name for o in session.get_outputs()]
    zeros = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()[1:]}
    tokens = np.array([golden["tokens"]])
    final = np.array(golden["finalLogits"])

    logits = session.run(["logits"], {"tokens": tokens, **zeros})[0][0]
    states = zeros
    for token in tokens[0]:
        last, *new = session.run(names, {"tokens": np.array([[token]]), **states})
        states = {n.removeprefix("next_"): v for n, v in zip(names[1:], new, strict=True)}
    differences = {
        "logits": float(np.abs(logits[-1] - final).max()),
        "logits_step_by_step": float(np.abs(last[0, 0] - final).max()),
    }
    if len(logits) == tokens.size:
        chosen = log_softmax(logits[:-1])[np.arange(tokens.size - 1), tokens[0, 1:]]
        error = np.abs(chosen - golden["logProbabilities"]).max()
        differences["log_probabilities"] = float(error)
    if exact and not max(differences.values()) <= TOLERANCE * np.sqrt((final**2).mean()):
        raise UserError(
            f"{file} does not agree with golden.json ({differences}): do not use it; "
            f"try another version of onnxruntime than {onnxruntime.__version__}"
        )
    return differences
