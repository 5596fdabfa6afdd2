"""index.json follows from the folders that it names."""

import json
import shutil

import pytest
from conftest import ROOT

from leapformer.files import UserError
from leapformer.index import write_index

WEIGHTS = ROOT / "public/weights"


def entries(index: dict) -> list[dict]:
    return [entry for models in index.values() for entry in models]


@pytest.fixture
def weights(tmp_path):
    """A copy of the published folders, without their weights."""
    for entry in entries(json.loads((WEIGHTS / "index.json").read_text())):
        folder = tmp_path / entry["id"]
        folder.mkdir()
        for name in ("manifest.json", "golden.json"):
            shutil.copy(WEIGHTS / entry["id"] / name, folder)
    shutil.copy(WEIGHTS / "index.json", tmp_path)
    return tmp_path


def test_the_published_index_is_up_to_date(weights) -> None:
    published = (WEIGHTS / "index.json").read_text()
    write_index(weights)
    assert (weights / "index.json").read_text() == published


def test_facts_are_filled_in_and_handwritten_keys_are_kept(weights) -> None:
    path = weights / "index.json"
    whole = json.loads(path.read_text())
    by_hand = ("id", "summary", "saveData", "older")
    written = {
        name: [{k: entry[k] for k in by_hand if k in entry} for entry in models]
        for name, models in whole.items()
    }
    assert [entry.get("saveData") for entry in written["models"]].count(True) == 1
    path.write_text(json.dumps(written))
    assert write_index(weights) == whole
    for entry in entries(whole):
        assert len(entry["digest"]) == len(entry["tokenizer"]) == 64
        assert entry["parameters"] > 1e6
        assert entry["name"]
        assert len(entry["proof"]["logProbabilities"]) == len(entry["proof"]["tokens"]) - 1 == 15


def test_a_missing_folder_is_named(weights) -> None:
    (weights / "index.json").write_text('{"models": [{"id": "nowhere"}]}')
    with pytest.raises(UserError, match=r"nowhere/manifest\.json"):
        write_index(weights)
