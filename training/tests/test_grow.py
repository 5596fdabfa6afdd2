"""A run can be initialized from a model of the same size or smaller and has the same loss."""

import dataclasses
import json
import shutil

import pytest
import torch
from conftest import GOLDEN_MODELS
from test_model import assert_close, load, run

from leapformer import checkpoint
from leapformer.config import RunConfig
from leapformer.files import UserError
from leapformer.grow import initialize_from
from leapformer.model import LeapFormer

FOLDERS = {p.name: p for p in GOLDEN_MODELS}


def grown(folder, tokenizer, config=None, **changes) -> LeapFormer:
    config = config or dataclasses.replace(load(folder).config, embedding_scale=0.0, **changes)
    torch.manual_seed(0)
    model = LeapFormer(config)
    model.initialize(wide_proportions=True)
    initialize_from(model, folder, tokenizer)
    return model.double()


@pytest.fixture
def small(tmp_path, prepared):
    """Copies a golden model to a folder with a tokenizer."""

    def copy(name: str):
        shutil.copytree(FOLDERS[name], tmp_path / name)
        shutil.copy(prepared / "tokenizer.json", tmp_path / name)
        return tmp_path / name

    return copy


@pytest.mark.parametrize(
    "name", ["leap-rms-decay-conv", "none-rms-decay-conv", "leap-denominator-decay-conv"]
)
def test_a_grown_model_keeps_its_function_and_learns_everywhere(small, prepared, name) -> None:
    folder = small(name)
    before = load(folder)
    c = before.config
    after = grown(
        folder,
        prepared / "tokenizer.json",
        hidden_size=c.hidden_size + 2 * c.head_size,
        num_attention_heads=c.num_attention_heads + 2,
        intermediate_size=c.intermediate_size + 12,
        num_hidden_layers=c.num_hidden_layers + 1,
    )
    tokens = json.loads((folder / "golden.json").read_text())["tokens"]
    n = len(tokens)
    # the epsilon of an rms norm has less weight with more channels
    assert_close(run(after, tokens, [n]), run(before, tokens, [n]), tolerance=1e-3)
    for _ in range(3):  # zero weights after zero weights get a gradient one step later
        x = torch.tensor([tokens])
        after(x[:, :-1], after.empty_state(1), x[:, 1:])[0].backward()
        reached = {n for n, p in after.named_parameters() if p.grad.abs().max() > 0}
        with torch.no_grad():
            for parameter in after.parameters():
                parameter -= 0.01 * parameter.grad
    assert reached == {n for n, _ in after.named_parameters()}
    assert after.embedding.weight[:, c.hidden_size :].abs().max() > 0


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("leap-rms-decay-conv", {"num_hidden_layers": 1}, "more than the run's"),
        ("leap-rms-decay-conv", {"reweighting": "none"}, "reweighting"),
        ("leap-rms-decay-conv", {"num_attention_heads": 1}, "num_attention_heads"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(small, prepared, name, changes, message) -> None:
    with pytest.raises(UserError, match=message):
        grown(small(name), prepared / "tokenizer.json", **changes)


def test_a_run_can_initialize_from_the_last_weights_of_another(small, prepared, tmp_path) -> None:
    model = load(small("leap-rms-decay-conv"))
    weights = {name: weight.float() for name, weight in model.state_dict().items()}
    config = RunConfig(name="first", tokens=10**6, model=model.config)
    average = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    shutil.copy(prepared / "tokenizer.json", tmp_path)
    saved = {"step": 1, "config": dataclasses.asdict(config), "model": weights, "average": average}
    checkpoint.save(tmp_path, saved)
    second = grown(tmp_path, prepared / "tokenizer.json", model.config)
    assert all(torch.equal(second.state_dict()[name].float(), weights[name]) for name in weights)


def test_another_tokenizer_is_refused(small, tmp_path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UserError, match="tokenizer"):
        grown(small("leap-rms-decay-conv"), tmp_path / "other.json")
