"""A published model as ONNX: any number of tokens a call, its state in and out.

Inputs: tokens [1, T] int64; S0.. [1, h, E, e] and, with a convolution, C0.. [1, 3 d, 3], one a
layer, zeros at first. Outputs: logits [1, T, vocabulary] and the new states S0_out.., C0_out...
The attention is one LinearAttention node and the convolution one CausalConvWithState a layer: the
standard ones (opset 27), or those of `com.microsoft`, which older ONNX Runtimes, also on the web,
know already. A document's start is not wiped inside: start a document with
zero states.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from .config import ModelConfig
from .files import UserError, atomic
from .reference import log_softmax
from .weights import read_tensors

MICROSOFT = "com.microsoft"


class _Graph:
    """Collects nodes and constants of a graph."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray | float | list) -> str:
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, outputs: int | list[str] = 1, **attributes):
        count = outputs if isinstance(outputs, int) else len(outputs)
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(count)]
        if isinstance(outputs, list):
            names = [given or name for given, name in zip(outputs, names, strict=True)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if count == 1 else names


class _Builder(_Graph):
    def __init__(self, config: ModelConfig, tensors: dict[str, np.ndarray], standard: bool) -> None:
        super().__init__()
        self.config, self.tensors, self.standard = config, tensors, standard
        self.domain = "" if standard else MICROSOFT

    def linear(self, x: str, name: str) -> str:
        y = self.add("MatMul", x, self.constant(self.tensors[f"{name}.weight"].T))
        bias = self.tensors.get(f"{name}.bias")
        return y if bias is None else self.add("Add", y, self.constant(bias))

    def rms(self, x: str, weight: np.ndarray) -> str:
        eps = self.config.rms_norm_eps
        kind = "RMSNormalization" if self.standard else "SimplifiedLayerNormalization"
        return self.add(kind, x, self.constant(weight), axis=-1, epsilon=eps)

    def scale(self, x: str, factor: float) -> str:
        return self.add("Mul", x, self.constant(np.float32(factor)))

    def split_by_proportion(self, x: str, name: str) -> str:
        """[1, T, d] -> [1, T, 2 d]: each head's cos part, then its sin part.

        cos(pi/2 P) = sin(pi/2 (1 - P)), and 1 - P = sigmoid(-u) = 1 / (1 + e^u): digits that a
        P near 1 has lost, and that ONNX Runtime's Sigmoid has not for small results.
        """
        c = self.config
        heads = self.constant([0, 0, c.num_attention_heads, c.head_size])
        x = self.add("Reshape", x, heads)
        hidden = self.add("Relu", self.linear(x, f"{name}.hidden"))
        logit = self.linear(hidden, f"{name}.output")
        one, parts = self.constant(np.float32(1)), []
        for power in (logit, self.add("Neg", logit)):
            proportion = self.add("Div", one, self.add("Add", one, self.add("Exp", power)))
            turn = self.add("Sin", self.scale(proportion, np.pi / 2))
            parts.append(self.add("Mul", x, turn))
        return self.add(
            "Reshape", self.add("Concat", *parts, axis=-1), self.constant([0, 0, 2 * c.hidden_size])
        )

    def attention(self, n: str, layer: int) -> str:
        c, w, name = self.config, self.tensors, f"layers.{layer}.attention"
        d, h, e = c.hidden_size, c.num_attention_heads, c.head_size
        u = self.linear(n, f"{name}.qkv")
        if c.conv_kernel:
            u, _ = self.add(
                "CausalConvWithState",
                self.add("Transpose", u, perm=[0, 2, 1]),
                self.constant(w[f"{name}.convolution.weight"][:, None, :]),
                "",
                f"C{layer}",
                outputs=["", f"C{layer}_out"],
                domain=self.domain,
                activation="none",
                **({} if self.standard else {"ndim": 1}),
            )
            u = self.add("Transpose", u, perm=[0, 2, 1])
        q, k, v = self.add("Split", u, self.constant([d, d, d]), outputs=3, axis=-1)
        q, k = self.scale(self.add("Relu", q), e**-0.5), self.add("Relu", k)
        if c.reweighting == "leap":
            q = self.split_by_proportion(q, f"{name}.query_proportion")
            k = self.split_by_proportion(k, f"{name}.key_proportion")
        rule, gate = "linear", []
        if c.decay:  # log sigmoid(g) = -softplus(-g)
            negative = self.add("Neg", self.linear(n, f"{name}.decay"))
            rule, gate = "gated", [self.add("Neg", self.add("Softplus", negative))]
        o, _ = self.add(
            "LinearAttention",
            q,
            k,
            v,
            f"S{layer}",
            *gate,
            outputs=["", f"S{layer}_out"],
            domain=self.domain,
            q_num_heads=h,
            kv_num_heads=h,
            update_rule=rule,
            scale=1.0,
        )
        o = self.rms(self.add("Reshape", o, self.constant([0, 0, h, e])), np.ones(e, np.float32))
        o = self.add("Reshape", o, self.constant([0, 0, d]))
        o = self.add("Mul", o, self.constant(w[f"{name}.output_norm.weight"]))
        return self.linear(o, f"{name}.output")

    def build(self) -> onnx.ModelProto:
        c, w = self.config, self.tensors
        states: list[tuple[str, list[int]]] = []
        embedding = self.constant(w["embedding.weight"])
        x = self.scale(self.add("Gather", embedding, "tokens", axis=0), c.embedding_scale)
        for layer in range(c.num_hidden_layers):
            name = f"layers.{layer}"
            states.append((f"S{layer}", [1, c.num_attention_heads, c.feature_size, c.head_size]))
            if c.conv_kernel:
                states.append((f"C{layer}", [1, 3 * c.hidden_size, c.conv_kernel - 1]))
            n = self.rms(x, w[f"{name}.attention_norm.weight"])
            x = self.add("Add", x, self.attention(n, layer))
            up = self.linear(self.rms(x, w[f"{name}.mlp_norm.weight"]), f"{name}.mlp.up")
            up = self.add("Relu", up)
            x = self.add("Add", x, self.linear(self.add("Mul", up, up), f"{name}.mlp.down"))
        out = self.rms(x, w["final_norm.weight"])
        matrix = self.add("Transpose", embedding, perm=[1, 0])
        self.add("MatMul", out, matrix, outputs=["logits"])

        def info(name: str, shape: list) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "T"])
        inputs = [tokens, *(info(n, s) for n, s in states)]
        outputs = [info("logits", [1, "T", c.vocab_size])]
        outputs += [info(f"{n}_out", s) for n, s in states]
        graph = helper.make_graph(self.nodes, "leapformer", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", 27 if self.standard else 18)]
        opsets += [] if self.standard else [helper.make_opsetid(MICROSOFT, 1)]
        version = helper.find_min_ir_version_for(opsets, ignore_unknown=True)
        return helper.make_model(graph, opset_imports=opsets, ir_version=version)


def export_onnx(folder: Path, out: Path, standard: bool = False) -> None:
    """Writes a published model folder as one ONNX file, float32, in either form."""
    config = ModelConfig.read(folder / "config.json")
    fits = config.normalizer == "rms" and config.reweighting in ("leap", "none")
    if not fits or config.position != "none":
        raise UserError(
            f"{folder}: ONNX needs normalizer rms, reweighting leap or none, and position none: "
            "LinearAttention knows neither a denominator nor positions"
        )
    model = _Builder(config, read_tensors(folder), standard).build()
    with atomic(out) as file:
        file.write(model.SerializeToString())


def check_onnx(file: Path, golden: dict) -> dict[str, float]:
    """Largest differences to golden vectors: all tokens in one call, and one token a call."""
    session = onnxruntime.InferenceSession(file.read_bytes())
    names = [o.name for o in session.get_outputs()]
    zeros = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()[1:]}
    tokens = np.array([golden["tokens"]])
    final = np.array(golden["finalLogits"])

    logits = session.run(None, {"tokens": tokens, **zeros})[0][0]
    chosen = log_softmax(logits[:-1])[np.arange(tokens.size - 1), tokens[0, 1:]]
    states = zeros
    for token in tokens[0]:
        last, *new = session.run(None, {"tokens": np.array([[token]]), **states})
        states = {n.removesuffix("_out"): v for n, v in zip(names[1:], new, strict=True)}
    return {
        "log_probabilities": float(np.abs(chosen - golden["logProbabilities"]).max()),
        "logits": float(np.abs(logits[-1] - final).max()),
        "logits_step_by_step": float(np.abs(last[0, 0] - final).max()),
    }
