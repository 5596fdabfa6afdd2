"""Converts raw text to token shards, one per input file, listed with hashes in manifest.json.

    DIR/tokenizer.json
    DIR/train-00000.bin          tokens, uint16 little-endian; `<|endoftext|>` (0) starts a document
    DIR/train-00000.npy          [documents, 2] int64: length in tokens, index into "sources"
    DIR/manifest.json            the input of each shard, with SHA-256 of inputs, shards, tokenizer

A second run keeps the shards whose input and tokenizer have not changed.
"""

import json
from itertools import islice
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tqdm import tqdm

from .detokenize import round_trip
from .files import UserError, atomic, require_space, sha256, write_text
from .text import find_files, read_articles, read_lines
from .tokenizer import load_tokenizer, train_tokenizer

FORMAT = 1
_BATCH = 256  # articles encoded together


def prepare(
    splits: dict[str, list[Path]], out: Path, tokenizer: Path | None, vocabulary: int, every: int
) -> dict:
    """Writes the shards of the splits (name -> files or folders) to `out`; returns the manifest.

    Without a `tokenizer` file, trains one of `vocabulary` entries on every `every`-th article of
    the first split. Raises UserError if an input cannot be read or the disk is too full.
    """
    inputs = {name: find_files(paths) for name, paths in splits.items()}
    require_space(out, 2 * sum(p.stat().st_size for paths in inputs.values() for p in paths))
    out.mkdir(parents=True, exist_ok=True)
    _place_tokenizer(out, tokenizer, next(iter(inputs.values())), vocabulary, every)
    bpe = load_tokenizer(out / "tokenizer.json")
    if bpe.get_vocab_size() > 65536:
        raise UserError(
            f"{tokenizer} has {bpe.get_vocab_size()} entries: use a tokenizer of at most 65536"
        )
    digest = sha256(out / "tokenizer.json")
    old = _read_manifest(out / "manifest.json")
    known = old["splits"] if old.get("tokenizer") == digest else {}
    manifest = {"format": FORMAT, "tokenizer": digest, "sources": [], "splits": {}}
    manifest["sources"] = old.get("sources", []) if known else []
    for name, paths in inputs.items():
        done = {shard["input"]["sha256"]: shard for shard in known.get(name, [])}
        shards = manifest["splits"][name] = []
        for index, path in enumerate(paths):
            source = {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}
            stem = f"{name}-{index:05}"
            shard = done.get(source["sha256"])
            if shard is None or shard["file"] != f"{stem}.bin" or not _intact(out, shard):
                shard = _encode(bpe, path, out, stem, manifest["sources"])
            shard["input"] = source
            shards.append(shard)
            write_text(out / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return manifest


def summary(manifest: dict) -> str:
    """One line per split: tokens, documents, bytes per token."""
    lines = []
    for name, shards in manifest["splits"].items():
        tokens, size, documents = (
            sum(s[k] for s in shards) for k in ("tokens", "text", "documents")
        )
        line = f"{name}: {tokens:,} tokens, {documents:,} documents"
        line += f", {size / tokens:.3f} bytes per token"
        shares = [s["round_trip"] for s in shards if "round_trip" in s]
        if shares:
            line += f", {min(shares):.1%} of lines restored exactly after detokenizing"
        lines.append(line)
    return "\n".join(lines)


def _place_tokenizer(
    out: Path, given: Path | None, files: list[Path], vocabulary: int, every: int
) -> None:
    target = out / "tokenizer.json"
    if given is not None:
        load_tokenizer(given)
        with atomic(target) as file:
            file.write(given.read_bytes())
    elif not target.exists():
        articles = (a.text for path in files for a in read_articles(path))
        texts = tqdm(islice(articles, 0, None, every), desc="tokenizer", unit=" articles")
        write_text(target, train_tokenizer(texts, vocabulary).to_str())


def _read_manifest(path: Path) -> dict:
    if not path.exists():
        return {}
    try:
        manifest = json.loads(path.read_text())
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): delete it and prepare again") from error
    if manifest.get("format") != FORMAT:
        raise UserError(f"{path} has another format: prepare into a new folder")
    return manifest


def _intact(out: Path, shard: dict) -> bool:
    return all(
        (out / shard[name]).is_file() and sha256(out / shard[name]) == shard[f"{name}_sha256"]
        for name in ("file", "index")
    )


def _encode(bpe: Tokenizer, path: Path, out: Path, stem: str, sources: list[str]) -> dict:
    """Writes one shard and its index; returns its entry for the manifest."""
    index: list[tuple[int, int]] = []
    text_bytes = 0
    articles = read_articles(path)
    with (
        atomic(out / f"{stem}.bin") as file,
        tqdm(desc=f"{path.name} -> {stem}", unit=" tokens", unit_scale=True) as progress,
    ):
        while batch := list(islice(articles, _BATCH)):
            for article, encoding in zip(
                batch, bpe.encode_batch_fast([a.text for a in batch]), strict=True
            ):
                if article.source not in sources:
                    sources.append(article.source)
                file.write(np.array([0, *encoding.ids], dtype="<u2").tobytes())
                index.append((len(encoding.ids) + 1, sources.index(article.source)))
                text_bytes += len(article.text.encode())
                progress.update(index[-1][0])
    with atomic(out / f"{stem}.npy") as file:
        np.save(file, np.array(index, dtype=np.int64))
    shard = {
        "file": f"{stem}.bin",
        "index": f"{stem}.npy",
        "tokens": sum(length for length, _ in index),
        "documents": len(index),
        "text": text_bytes,
        "file_sha256": sha256(out / f"{stem}.bin"),
        "index_sha256": sha256(out / f"{stem}.npy"),
    }
    if ".jsonl" not in path.name and path.suffix != ".tokens":
        shard["round_trip"] = round_trip(read_lines(path))
    return shard
