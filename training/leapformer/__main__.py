"""LeaPformer: from raw text to a published model. `python -m leapformer COMMAND --help`."""

import argparse
import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .files import UserError


def _prepare(a: Namespace) -> None:
    from .prepare import prepare, summary

    splits = {"train": a.train, "valid": a.valid}
    print(summary(prepare(splits, a.out, a.tokenizer, a.vocabulary, a.every)))


def _train(a: Namespace) -> None:
    from .config import RunConfig
    from .train import train

    print(train(RunConfig.read(a.config, a.set), a.data, a.out, a.until))


def _evaluate(a: Namespace) -> None:
    from .concentration import document_windows, measure
    from .evaluate import generated_repetition, long_stream, perplexity, read_text, write_samples
    from .export import load_any, write_figures
    from .sample import Sampling, choose_sampling
    from .tokenizer import load_tokenizer

    model, path = load_any(a.model, not a.last)
    tokenizer = load_tokenizer(path)
    figures: dict = {"perplexity": perplexity(model, tokenizer, a.text)}
    if a.window:
        figures["by_windows"] = perplexity(model, tokenizer, a.text, a.window)
    tokens = read_text(a.text, tokenizer)[0]
    if a.long:
        figures["long_stream"] = long_stream(model, tokens)
    if a.concentration:
        figures["concentration"] = measure(model, document_windows(tokens))
    if a.sampling or a.generate or a.samples:
        chosen, figures["sampling"] = choose_sampling(model, tokens)
        figures["sampling"]["chosen"] = chosen
        sampler = Sampling(**chosen)
        if a.samples:
            figures["samples"] = write_samples(model, tokenizer, tokens, sampler, a.samples)
        if a.generate:
            figures["repetition"] = generated_repetition(model, tokens, sampler, a.generate)
    write_figures(figures, a.out)


def _identity(a: Namespace) -> dict[str, str]:
    return {k: getattr(a, k) for k in ("id", "name", "description") if getattr(a, k)}


def _export(a: Namespace) -> None:
    from .export import export

    manifest = export(a.run_folder, a.out, a.dtype, _identity(a), a.valid, a.test, not a.last)
    print(json.dumps(manifest, indent=2))


def _index(a: Namespace) -> None:
    from .index import write_index

    print(f"{a.folder / 'index.json'}: {len(write_index(a.folder)['models'])} models")


def _onnx(a: Namespace) -> None:
    from .onnx_export import check_onnx, export_onnx

    export_onnx(a.model, a.out, a.standard)
    golden = json.loads((a.model / "golden.json").read_text())
    print("largest differences to golden.json:", json.dumps(check_onnx(a.out, golden)))


def _bench(a: Namespace) -> None:
    from .bench import bench
    from .config import RunConfig

    print(json.dumps(bench(RunConfig.read(a.config, a.set), a.steps)))


def _study(a: Namespace) -> None:
    from .study import Plan, study, table

    print(table(study(Plan.read(a.config, a.set, a.only), a.data, a.out)))


def _make(a: Namespace) -> None:
    from . import checkpoint
    from .config import RunConfig
    from .export import check_export

    texts = [a.valid[0], *([a.test] if a.test else [])]
    config = RunConfig.read(a.config, a.set)
    check_export(config, a.out, _identity(a), texts)
    a.data, a.until, a.run_folder, folder = a.work / "data", None, a.work / "run", a.out
    a.out = a.data
    _prepare(a)
    a.out = a.run_folder
    _train(a)
    checkpoint.require_end(a.run_folder, config.steps)
    a.valid, a.out, a.last = a.valid[0], folder, False
    _export(a)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="leapformer", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    text = argparse.ArgumentParser(add_help=False)
    text.add_argument("--train", type=Path, nargs="+", required=True, metavar="FILE|FOLDER")
    text.add_argument("--valid", type=Path, nargs="+", required=True, metavar="FILE|FOLDER")
    text.add_argument("--tokenizer", type=Path, help="a tokenizer.json; else one is trained")
    text.add_argument("--vocabulary", type=int, default=8192, help="entries (default 8192)")
    text.add_argument("--every", type=int, default=6, help="train it on each Nth article")

    settings = argparse.ArgumentParser(add_help=False)
    settings.add_argument("config", type=Path, help="a TOML file, see configs/")
    settings.add_argument(
        "--set", action="append", metavar="KEY=VALUE", help="change the config, e.g. tokens=1000000"
    )

    identity = argparse.ArgumentParser(add_help=False)
    identity.add_argument("--dtype", choices=("int8", "float16", "float32"), default="int8")
    identity.add_argument("--id", help="default: the run's name and -v1")
    identity.add_argument("--name")
    identity.add_argument("--description")
    identity.add_argument("--test", type=Path, help="score this text too; once, at the very end")

    command = commands.add_parser("prepare", parents=[text], help="raw text to token shards")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=_prepare)

    command = commands.add_parser("train", parents=[settings], help="train a run, or go on with it")
    command.add_argument("--data", type=Path, required=True, help="a prepared folder")
    command.add_argument("--out", type=Path, required=True, help="the run's folder")
    command.add_argument("--until", type=int, metavar="STEP", help="stop there with a checkpoint")
    command.set_defaults(run=_train)

    command = commands.add_parser("evaluate", help="perplexity, long streams, repetition")
    command.add_argument("model", type=Path, help="a model folder, run folder or checkpoint")
    command.add_argument("--text", type=Path, required=True, help="a WikiText file")
    command.add_argument("--long", action="store_true", help="loss by position, never wiped")
    command.add_argument(
        "--concentration", action="store_true", help="how concentrated attention is, by head"
    )
    command.add_argument(
        "--window", type=int, default=0, metavar="N", help="also by windows of N tokens, no state"
    )
    command.add_argument("--samples", type=int, default=0, help="continuations to write")
    command.add_argument("--sampling", action="store_true", help="choose sampler defaults")
    command.add_argument("--generate", type=int, default=0, help="tokens to measure repetition in")
    command.add_argument("--last", action="store_true", help="a run's last weights, not averaged")
    command.add_argument("--out", type=Path, help="write the figures here as JSON too")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("export", parents=[identity], help="a run to a model folder")
    command.add_argument("run_folder", type=Path, metavar="RUN")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--valid", type=Path, required=True, help="a WikiText file")
    command.add_argument("--last", action="store_true", help="the last weights, not averaged")
    command.set_defaults(run=_export)

    command = commands.add_parser("index", help="index.json beside model folders, from them")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where index.json stands")
    command.set_defaults(run=_index)

    command = commands.add_parser("onnx", help="a model folder to an ONNX file")
    command.add_argument("model", type=Path)
    command.add_argument("--out", type=Path, required=True, metavar="FILE")
    command.add_argument(
        "--standard", action="store_true", help="opset 27 alone, without com.microsoft"
    )
    command.set_defaults(run=_onnx)

    command = commands.add_parser("bench", parents=[settings], help="speed of a whole step")
    command.add_argument("--steps", type=int, default=10)
    command.set_defaults(run=_bench)

    command = commands.add_parser(
        "study", parents=[settings], help="configurations side by side, with intervals"
    )
    command.add_argument("--only", nargs="+", metavar="VARIANT", help="these variants alone")
    command.add_argument("--data", type=Path, required=True, help="a prepared folder")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=_study)

    command = commands.add_parser(
        "make", parents=[settings, text, identity], help="prepare, train and export in one"
    )
    command.add_argument("--work", type=Path, required=True, help="shards and run go here")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=_make)
    return parser


def main() -> None:
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
