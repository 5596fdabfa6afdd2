"""index.json, beside the published folders: the facts that the page needs before it loads a model.

It lists the models that write texts (`models`) and those that translate (`translators`). Every
entry names a folder by `id`. Order, ids, summaries, `saveData` (true for the model that opens in
browsers that save data) and `older` (true for a model that a later one replaces) are written by
hand, and kept. The command fills in `name`,
`parameters` and `precision`, the SHA-256 of the weights (`digest`) and of the tokenizer
(`tokenizer`), the total size of the files that the page loads (`bytes`), and `proof`: the beginning
of golden.json, which a graphics device must reproduce before the page uses it.
"""

import json
from pathlib import Path

from .files import read_json, write_text

LISTS = ("models", "translators")
LOADED = ("config.json", "tokenizer.json", "model.safetensors")
PROOF_TOKENS = 16


def write_index(weights: Path) -> dict:
    """Fills in the entries of `weights`/index.json from their folders; returns the index."""
    path = weights / "index.json"
    index = read_json(path)
    for name in LISTS:
        if name in index:
            index[name] = [_complete(entry, weights / entry["id"]) for entry in index[name]]
    write_text(path, json.dumps(index, indent=2, ensure_ascii=False) + "\n")
    return index


def _complete(entry: dict, folder: Path) -> dict:
    manifest, golden = read_json(folder / "manifest.json"), read_json(folder / "golden.json")
    files = manifest["files"]
    return entry | {
        "name": manifest["name"],
        "parameters": manifest["parameters"],
        "precision": manifest["precision"],
        "digest": manifest["digest"],
        "tokenizer": files["tokenizer.json"]["sha256"],
        "bytes": sum(files[name]["bytes"] for name in LOADED),
        "proof": {
            "tokens": golden["tokens"][:PROOF_TOKENS],
            "logProbabilities": golden["logProbabilities"][: PROOF_TOKENS - 1],
        },
    }
