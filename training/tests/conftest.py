"""Shared fixtures: golden vectors and a few articles to train on."""

import json
import os
import random
from pathlib import Path

import pytest

# Small models gain nothing from a second thread and lose much on a busy machine.
os.environ["OMP_NUM_THREADS"] = "1"

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
GOLDEN_MODELS = sorted(p.parent for p in (GOLDEN / "models").glob("*/config.json"))

_WORDS = ("the", "a", "of", "in", "was", "built", "king", "river", "stone", "light", "city", "war")


def make_articles(path: Path, count: int, seed: int = 0) -> Path:
    """Writes `count` short articles as JSON lines, half of them with source featured."""
    chance = random.Random(seed)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            sentences = (
                " ".join(chance.choices(_WORDS, k=chance.randint(5, 15))).capitalize() + "."
                for _ in range(chance.randint(3, 12))
            )
            source = "featured" if number % 2 else "core"
            record = {"title": f"Article {number}", "source": source, "text": " ".join(sentences)}
            file.write(json.dumps(record) + "\n")
    return path


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder with splits train and valid and 300 BPE entries."""
    from leapformer.prepare import prepare

    folder = tmp_path_factory.mktemp("prepared")
    splits = {
        "train": [make_articles(folder / "a.jsonl", 120), make_articles(folder / "b.jsonl", 60, 1)],
        "valid": [make_articles(folder / "valid.jsonl", 20, 2)],
    }
    prepare(splits, folder / "data", tokenizer=None, vocabulary=300, every=1)
    return folder / "data"
