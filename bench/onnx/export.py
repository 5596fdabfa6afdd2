"""Writes a model folder as ONNX, for onnxruntime-web, and checks it against the folder's golden vectors.

usage: python export.py MODEL_DIR OUT_DIR

Recurrence and convolution are LinearAttention and CausalConvWithState of com.microsoft, so one graph reads any number
of tokens at a time. Three files, the same but for the matrices:
  float32.onnx       MatMul
  int8.onnx          MatMulNBits, 8 bits: int8 rows, float32 activations
  int8-dynamic.onnx  DynamicQuantizeMatMul: int8 rows, activations quantized to int8 anew at each product

inputs   tokens [1, T] int64; state.N [1, h, 2e, e] and convolution.N [1, 3d, 3] of each layer
outputs  logits [1, 1, V] after the last token; next_state.N, next_convolution.N
The recurrence is not wiped at <|endoftext|>: texts start from zeros and hold that token once, at their start.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

BLOCK = 128  # columns that share a scale in MatMulNBits; a row's blocks all get the row's scale


def quantize_rows(weight):
    """int8 rows in [-127, 127] and one float32 scale a row: the playground's own rule."""
    scales = (np.abs(weight).max(axis=1).astype(np.float64) / 127).astype(np.float32)
    scales[scales == 0] = 1
    return np.floor(weight.astype(np.float64) / scales[:, None] + 0.5).astype(np.int8), scales


class Graph:
    """Nodes and constants in the making. Values are named by strings."""

    def __init__(self, weights, form):
        self.weights, self.form = weights, form
        self.nodes, self.constants = [], {}

    def constant(self, values, name=None):
        name = name or f"constant.{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def number(self, value):
        return self.constant(np.float32(value))

    def numbers(self, *values):
        return self.constant(np.array(values, np.int64))

    def op(self, kind, *inputs, to=None, **attributes):
        """One node; returns its output's name, or its outputs' where `to` lists several."""
        outputs = to if isinstance(to, list) else [to or f"{kind}.{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, **attributes))
        return outputs if isinstance(to, list) else outputs[0]

    def multiply(self, x, name, to=None):
        """x times the transpose of a matrix [rows, columns], in the form of this file."""
        weight = self.weights[name]
        rows, columns = weight.shape
        if self.form == "float32":
            return self.op("MatMul", x, self.constant(weight.T), to=to)
        values, scales = quantize_rows(weight)
        if self.form == "int8-dynamic":
            return self.op(
                "DynamicQuantizeMatMul",
                *(x, self.constant(values.T), self.constant(scales)),
                to=to,
                domain="com.microsoft",
            )
        blocks = columns // BLOCK
        packed = (values.astype(np.int16) + 128).astype(np.uint8).reshape(rows, blocks, BLOCK)
        return self.op(
            "MatMulNBits",
            *(x, self.constant(packed), self.constant(np.repeat(scales, blocks))),
            to=to,
            domain="com.microsoft",
            **{"K": columns, "N": rows, "bits": 8, "block_size": BLOCK},
        )

    def embedding(self):
        """The embedding as this form computes with it: one row is read a token, so it stays float32."""
        weight = self.weights["embedding.weight"]
        if self.form == "float32":
            return weight
        values, scales = quantize_rows(weight)
        return values * scales[:, None]


def build(config, weights, form):
    d, h, layers = config["hidden_size"], config["num_attention_heads"], config["num_hidden_layers"]
    e, epsilon = d // h, config["rms_norm_eps"]
    g = Graph(weights, form)
    op, constant = g.op, g.constant
    inputs = [helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "T"])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1, config["vocab_size"]])]

    def state(name, shape):
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        outputs.append(helper.make_tensor_value_info(f"next_{name}", TensorProto.FLOAT, shape))
        return name, f"next_{name}"

    def norm(x, name):
        return op("SimplifiedLayerNormalization", x, constant(weights[name]), axis=-1, epsilon=epsilon)

    def add_and_norm(x, delta, name):
        """x + delta and its norm, in one node."""
        total, normed = f"residual.{len(g.nodes)}", f"norm.{len(g.nodes)}"
        op(
            "SkipSimplifiedLayerNormalization",
            *(x, delta, constant(weights[name])),
            to=[normed, "", "", total],
            domain="com.microsoft",
            epsilon=epsilon,
        )
        return total, normed

    def reweight(u, module):
        """u~ = [u cos(pi/2 P), u sin(pi/2 P)] of each head, P = sigmoid(MLP(u))."""
        u = op("Reshape", u, g.numbers(0, 0, h, e))
        hidden = op("MatMul", u, constant(weights[f"{module}.hidden.weight"].T))
        hidden = op("Relu", op("Add", hidden, constant(weights[f"{module}.hidden.bias"])))
        logit = op("MatMul", hidden, constant(weights[f"{module}.output.weight"].T))
        proportion = op("Sigmoid", op("Add", logit, constant(weights[f"{module}.output.bias"])))
        angle = op("Mul", proportion, g.number(np.pi / 2))
        both = op("Concat", op("Mul", u, op("Cos", angle)), op("Mul", u, op("Sin", angle)), axis=-1)
        return op("Reshape", both, g.numbers(0, 0, 2 * d))

    # Folded exactly: the embedding's scale, and 1 / sqrt(e) of the queries into their taps (relu lets it through).
    x = op("Gather", constant(g.embedding() * np.float32(config["embedding_scale"])), "tokens", axis=0)
    n = norm(x, "layers.0.attention_norm.weight")
    for layer in range(layers):
        attention = f"layers.{layer}.attention"
        taps = weights[f"{attention}.convolution.weight"][:, None, :].copy()
        taps[:d] *= np.float32(e**-0.5)
        past, next_past = state(f"convolution.{layer}", [1, 3 * d, 3])
        rows = op("Transpose", g.multiply(n, f"{attention}.qkv.weight"), perm=[0, 2, 1])
        mixed = f"mixed.{layer}"
        op(
            "CausalConvWithState",
            *(rows, constant(taps), "", past),
            to=[mixed, next_past],
            domain="com.microsoft",
            ndim=1,
            activation="none",
        )
        q, k, v = op(
            "Split",
            *(op("Transpose", mixed, perm=[0, 2, 1]), g.numbers(d, d, d)),
            to=[f"q.{layer}", f"k.{layer}", f"v.{layer}"],
            axis=-1,
        )
        q = reweight(op("Relu", q), f"{attention}.query_proportion")
        k = reweight(op("Relu", k), f"{attention}.key_proportion")
        gate = op("MatMul", n, constant(weights[f"{attention}.decay.weight"].T))
        gate = op("Add", gate, constant(weights[f"{attention}.decay.bias"]))
        log_decay = op("Neg", op("Softplus", op("Neg", gate)))
        S, next_S = state(f"state.{layer}", [1, h, 2 * e, e])
        heads = f"heads.{layer}"
        op(
            "LinearAttention",
            *(q, k, v, S, log_decay),
            to=[heads, next_S],
            domain="com.microsoft",
            q_num_heads=h,
            kv_num_heads=h,
            update_rule="gated",
            scale=1.0,
        )
        heads = op("Reshape", heads, g.numbers(0, 0, h, e))
        ones = constant(np.ones(e, np.float32))
        heads = op("SimplifiedLayerNormalization", heads, ones, axis=-1, epsilon=epsilon)
        heads = op("Reshape", heads, g.numbers(0, 0, d))
        heads = op("Mul", heads, constant(weights[f"{attention}.output_norm.weight"]))
        delta = g.multiply(heads, f"{attention}.output.weight")
        x, n = add_and_norm(x, delta, f"layers.{layer}.mlp_norm.weight")
        hidden = op("Relu", g.multiply(n, f"layers.{layer}.mlp.up.weight"))
        delta = g.multiply(op("Mul", hidden, hidden), f"layers.{layer}.mlp.down.weight")
        last = layer == layers - 1
        x, n = add_and_norm(
            x, delta, "final_norm.weight" if last else f"layers.{layer + 1}.attention_norm.weight"
        )
    g.multiply(op("Gather", n, g.numbers(-1), axis=1), "embedding.weight", to="logits")

    graph = helper.make_graph(g.nodes, "leapformer", inputs, outputs, list(g.constants.values()))
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def check(path, golden):
    """max|a - b| / rms(b) of the last logits, read at once and token by token."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    zeros = {
        i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs() if i.name != "tokens"
    }
    expected = np.array(golden["finalLogits"])

    def error(logits):
        return np.abs(logits.ravel() - expected).max() / np.sqrt((expected**2).mean())

    at_once = session.run(["logits"], {"tokens": np.array([golden["tokens"]]), **zeros})[0]
    states = zeros
    for token in golden["tokens"]:
        logits, *nexts = session.run(names, {"tokens": np.array([[token]]), **states})
        states = {name.removeprefix("next_"): value for name, value in zip(names[1:], nexts)}
    return error(at_once), error(logits)


def main(folder, out):
    config = json.loads((folder / "config.json").read_text())
    golden = json.loads((folder / "golden.json").read_text())
    weights = {k: v.astype(np.float32) for k, v in load_file(folder / "model.safetensors").items()}
    for form in ["float32", "int8", "int8-dynamic"]:
        path = out / f"{form}.onnx"
        model = build(config, weights, form)
        onnx.save(model, path)
        at_once, stepped = check(path, golden)
        print(f"{path.name}: {len(model.graph.node)} nodes; error at once {at_once:.1e}, token by token {stepped:.1e}")
        if form == "float32" and not max(at_once, stepped) < 1e-4:
            sys.exit(f"{path} does not agree with golden.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
