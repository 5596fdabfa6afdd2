"""The ONNX export of a model computes what the torch model computes, in every form."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.numpy import load_file
from test_folder import publish

from leapformer.config import ONNX_FORMS, ModelConfig
from leapformer.files import UserError
from leapformer.folder import read_model
from leapformer.model import LeapFormer
from leapformer.onnx_export import check_onnx, export_onnx

CONFIG = ModelConfig(300, hidden_size=32, num_hidden_layers=2, num_attention_heads=2)
# of the logits' rms; int8-dynamic rounds activations to int8
TOLERANCE = {"float32": 1e-4, "standard": 1e-4, "int4": 1e-4, "int8": 1e-4, "int8-dynamic": 0.1}


@pytest.mark.parametrize("form", ["float32", "standard"])
@pytest.mark.parametrize(
    "options",
    [{}, {"reweighting": "none"}, {"decay": False}, {"conv_kernel": 0, "hidden_size": 24}],
    ids=str,
)
def test_onnx_matches_golden(prepared: Path, tmp_path: Path, options: dict, form: str) -> None:
    torch.manual_seed(0)
    model = LeapFormer(dataclasses.replace(CONFIG, **options))
    publish(model, prepared, tmp_path / "m")
    export_onnx(tmp_path / "m", tmp_path / "m.onnx", form)
    file = onnx.load(tmp_path / "m.onnx")
    standard = form == "standard"
    if standard:
        onnx.checker.check_model(file, full_check=True)
    assert {o.domain for o in file.opset_import} == ({""} if standard else {"", "com.microsoft"})
    golden = json.loads((tmp_path / "m/golden.json").read_text())
    differences = check_onnx(tmp_path / "m.onnx", golden, exact=True)
    assert len(differences) == 3 and max(differences.values()) < 1e-4
    golden["finalLogits"][7] += 0.01
    with pytest.raises(UserError, match=r"m\.onnx does not agree with golden\.json"):
        check_onnx(tmp_path / "m.onnx", golden, exact=True)


@pytest.fixture(scope="module")
def saturated(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model folders with proportions within 1e-4 of 1 for queries and of 0 for keys.

    Large q and k keep the small products of their cosines and sines above the norm's epsilon.
    """
    torch.manual_seed(0)
    model = LeapFormer(CONFIG)
    model.initialize(wide_proportions=True)
    with torch.no_grad():
        for layer in model.layers:
            torch.nn.init.normal_(layer.attention.qkv.weight, std=2)
            torch.nn.init.normal_(layer.attention.output.weight)
            layer.attention.query_proportion.output.bias.fill_(13)
            layer.attention.key_proportion.output.bias.fill_(-13)
            for proportion in (layer.attention.query_proportion, layer.attention.key_proportion):
                proportion.hidden.weight *= 0.02
    folder = tmp_path_factory.mktemp("saturated")
    for dtype in ("int8", "int4"):
        publish(model, prepared, folder / dtype, dtype)
    return folder


def run(file: Path, tokens: np.ndarray, sizes: list[int]) -> np.ndarray:
    """The logits of calls with `sizes` tokens each and carried state, concatenated."""
    session = onnxruntime.InferenceSession(file.read_bytes())
    names = [o.name for o in session.get_outputs()]
    states = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()[1:]}
    logits = []
    for part in np.split(tokens, np.cumsum(sizes)[:-1]):
        out, *new = session.run(names, {"tokens": part[None], **states})
        states = {n.removeprefix("next_"): v for n, v in zip(names[1:], new, strict=True)}
        logits.append(out[0])
    return np.concatenate(logits)


@pytest.mark.parametrize("last_only", [False, True], ids=["all", "last"])
@pytest.mark.parametrize("form", ONNX_FORMS)
def test_onnx_matches_torch_at_saturated_proportions(
    saturated: Path, tmp_path: Path, form: str, last_only: bool
) -> None:
    """Fails if 1 - P is computed by subtraction, which keeps one digit at P = 1 - 1e-6."""
    folder = saturated / ("int4" if form == "int4" else "int8")
    model = read_model(folder).double()
    proportions = []
    for layer in model.layers:
        for module in (layer.attention.query_proportion, layer.attention.key_proportion):
            module.register_forward_hook(lambda _, __, out: proportions.append(out.detach()))
    tokens = np.random.default_rng(0).integers(1, 300, 40)
    tokens[0] = 0
    with torch.no_grad():
        expected = model(torch.from_numpy(tokens[None]), model.empty_state(1))[0][0].numpy()
    for query, key in zip(proportions[::2], proportions[1::2], strict=True):
        assert query[0].min() > 0 and query[0].max() < 1e-4
        assert key[1].min() > 0 and key[1].max() < 1e-4

    export_onnx(folder, tmp_path / "m.onnx", form, last_only)
    bound = TOLERANCE[form] * np.sqrt((expected**2).mean())
    for sizes in ([40], [30, 1, 9], [1] * 40):
        actual = run(tmp_path / "m.onnx", tokens, sizes)
        wanted = expected[np.cumsum(sizes) - 1] if last_only else expected
        assert actual.shape == wanted.shape
        assert np.abs(actual - wanted).max() < bound


def test_int8_forms_hold_the_rows_of_the_model_folder(prepared: Path, tmp_path: Path) -> None:
    publish(LeapFormer(CONFIG), prepared, tmp_path / "m")
    export_onnx(tmp_path / "m", tmp_path / "m.onnx", "int8")
    stored = load_file(tmp_path / "m/model.safetensors")
    constants = [
        onnx.numpy_helper.to_array(c) for c in onnx.load(tmp_path / "m.onnx").graph.initializer
    ]
    for name, values in stored.items():
        if values.dtype == np.int8:
            unsigned = (values.astype(np.int16) + 128).astype(np.uint8)
            assert any(
                c.dtype == np.uint8 and np.array_equal(c.reshape(len(c), -1), unsigned)
                for c in constants
            ), name


@pytest.mark.parametrize(
    ("width", "heads", "bits"),
    [
        (64, 2, [4, 4, 4, 4, 8]),  # qkv, output, up, down, logits
        (96, 4, [4, None, 4, 4, 8]),  # heads of 24
        (60, 3, [None, None, None, None, None]),
    ],
)
def test_int4_form_holds_the_groups_of_the_model_folder(
    prepared: Path, tmp_path: Path, width: int, heads: int, bits: list
) -> None:
    torch.manual_seed(0)
    config = ModelConfig(300, width, 1, heads, intermediate_size=128 if width > 60 else 100)
    publish(LeapFormer(config), prepared, tmp_path / "m", "int4")
    export_onnx(tmp_path / "m", tmp_path / "m.onnx", "int4")
    golden = json.loads((tmp_path / "m/golden.json").read_text())
    check_onnx(tmp_path / "m.onnx", golden, exact=True)
    graph = onnx.load(tmp_path / "m.onnx").graph
    products = [n for n in graph.node if n.op_type in ("MatMul", "MatMulNBits")]
    large = {c.name for c in graph.initializer if np.prod(c.dims) >= width * width // 2}
    found = [
        next((a.i for a in node.attribute if a.name == "bits"), None)
        for node in products
        if node.input[1] in large
    ]
    assert found == bits


def test_int4_form_needs_a_model_folder_in_int4(prepared: Path, tmp_path: Path) -> None:
    publish(LeapFormer(CONFIG), prepared, tmp_path / "m")
    with pytest.raises(UserError, match="not in int4: use `quantize` first"):
        export_onnx(tmp_path / "m", tmp_path / "m.onnx", "int4")


def test_onnx_refuses_models_that_it_cannot_express(prepared: Path, tmp_path: Path) -> None:
    config = ModelConfig(300, 32, 1, 2, normalizer="denominator")
    publish(LeapFormer(config), prepared, tmp_path / "m")
    with pytest.raises(UserError, match="ONNX needs attention linear, normalizer rms"):
        export_onnx(tmp_path / "m", tmp_path / "m.onnx")


def test_int8_needs_whole_blocks(prepared: Path, tmp_path: Path) -> None:
    publish(LeapFormer(ModelConfig(300, 24, 1, 2)), prepared, tmp_path / "m")
    with pytest.raises(UserError, match="multiple of 16 columns, not 24: use form int8-dynamic"):
        export_onnx(tmp_path / "m", tmp_path / "m.onnx", "int8")
