"""index.json, beside the published folders: what the page must know of each before it loads one.

Every entry names a folder by `id`. The command fills in `digest` (of the weights), `bytes` (of the
files that the page loads) and `proof`: the beginning of golden.json, which a graphics device must
compute before the page uses it. Order, names and summaries are written by hand, and kept.
"""

import json
from pathlib import Path

from .files import UserError, write_text

LOADED = ("config.json", "tokenizer.json", "model.safetensors")
PROOF_TOKENS = 16


def write_index(weights: Path) -> dict:
    """Fills in the entries of `weights`/index.json from their folders; returns the index."""
    path = weights / "index.json"
    index = _read(path)
    models = [entry | _facts(weights / entry["id"]) for entry in index["models"]]
    index = index | {"models": models}
    write_text(path, json.dumps(index, indent=2, ensure_ascii=False) + "\n")
    return index


def _facts(folder: Path) -> dict:
    manifest, golden = _read(folder / "manifest.json"), _read(folder / "golden.json")
    return {
        "digest": manifest["digest"],
        "bytes": sum(manifest["files"][name]["bytes"] for name in LOADED),
        "proof": {
            "tokens": golden["tokens"][:PROOF_TOKENS],
            "logProbabilities": golden["logProbabilities"][: PROOF_TOKENS - 1],
        },
    }


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
