"""Trains LeaPformer models and exports them. See `python -m leapformer COMMAND --help`."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from .config import ONNX_FORMS, PRECISIONS, RunConfig
from .files import UserError, write_text


def _prepare(a: Namespace) -> None:
    from .prepare import prepare, summary

    splits = {"train": a.train, "valid": a.valid}
    print(summary(prepare(splits, a.out, a.tokenizer, a.vocabulary, a.every)))


def _train(a: Namespace) -> None:
    from .train import train

    changes = [*(a.set or []), *([f"minutes={a.minutes}"] if a.minutes else [])]
    print(train(RunConfig.read(a.config, changes), a.data, a.out, a.until))


def _evaluate(a: Namespace) -> None:
    from .concentration import document_windows, measure
    from .evaluate import generated_repetition, long_stream, perplexity, read_text, write_samples
    from .load import load_model, tokenizer_of
    from .sample import Sampling, choose_sampling
    from .tokenizer import load_tokenizer

    model = load_model(a.model, not a.last)
    tokenizer = load_tokenizer(tokenizer_of(a.model))
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
    text = json.dumps(figures, indent=1)
    print(text)
    if a.out:
        write_text(a.out, text + "\n")


def _names(a: Namespace) -> None:
    from .names import measure_names

    for figures in measure_names(a.model, a.text, a.openings):
        print(json.dumps(figures), flush=True)


def _count(a: Namespace) -> None:
    from .counts import count, perplexities
    from .evaluate import word_text
    from .text import read_lines

    counts = count(read_lines(word_text(a.text)))
    figures: dict = dict(counts)
    if a.loss:
        nats, tokens = a.loss
        figures |= perplexities(nats * (tokens - 1), counts)
    print(json.dumps(figures, indent=1))


def _identity(a: Namespace) -> dict[str, str]:
    return {k: getattr(a, k) for k in ("id", "name", "description") if getattr(a, k)}


def _export(a: Namespace) -> None:
    from .export import Texts, export

    texts = Texts(a.valid, a.test, a.calibrate)
    manifest = export(a.run_folder, a.out, a.dtype, _identity(a), texts, not a.last)
    print(json.dumps(manifest, indent=2))


def _quantize(a: Namespace) -> None:
    from .export import Texts, quantize_folder

    texts = Texts(a.valid, a.test, a.calibrate)
    print(json.dumps(quantize_folder(a.model, a.out, _identity(a), texts), indent=2))


def _weights(a: Namespace) -> None:
    from .checkpoint import write_weights
    from .load import tokenizer_of

    print(write_weights(a.run_folder, a.out, not a.last))
    write_text(a.out / "tokenizer.json", tokenizer_of(a.run_folder).read_text("utf-8"))


def _index(a: Namespace) -> None:
    from .index import write_index

    print(f"{a.folder / 'index.json'}: {len(write_index(a.folder)['models'])} models")


def _onnx(a: Namespace) -> None:
    from .onnx_export import check_onnx, export_onnx

    export_onnx(a.model, a.out, a.form, a.last_logits)
    golden = json.loads((a.model / "golden.json").read_text())
    exact = a.form in ("float32", "int4", "standard")
    print("largest differences to golden.json:", json.dumps(check_onnx(a.out, golden, exact)))


def _bench(a: Namespace) -> None:
    from .bench import bench

    print(json.dumps(bench(RunConfig.read(a.config, a.set), a.steps)))


def _profile(a: Namespace) -> None:
    from .profile import profile, table

    print(table(profile(RunConfig.read(a.config, a.set), a.steps)))


def _study(a: Namespace) -> None:
    from .study import Plan, study, table

    print(table(study(Plan.read(a.config, a.set, a.only), a.data, a.out)))


def _make(a: Namespace) -> None:
    from .checkpoint import require_end
    from .export import Texts, check_export, export
    from .prepare import prepare, summary
    from .train import train

    config = RunConfig.read(a.config, a.set)
    check_export(config, a.out, _identity(a), [a.valid[0], *([a.test] if a.test else [])])
    data, run = a.work / "data", a.work / "run"
    splits = {"train": a.train, "valid": a.valid}
    print(summary(prepare(splits, data, a.tokenizer, a.vocabulary, a.every)))
    print(train(config, data, run))
    require_end(run, config)
    texts = Texts(a.valid[0], a.test, a.train)
    manifest = export(run, a.out, a.dtype, _identity(a), texts)
    print(json.dumps(manifest, indent=2))


def _text_options() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    files = {"type": Path, "nargs": "+", "required": True, "metavar": "FILE|FOLDER"}
    options.add_argument("--train", **files, help="WikiText files or JSON lines to train on")
    options.add_argument("--valid", **files, help="the same for validation")
    options.add_argument("--tokenizer", type=Path, help="tokenizer.json (default: train one)")
    options.add_argument(
        "--vocabulary", type=int, default=8192, help="entries of a new tokenizer (default 8192)"
    )
    options.add_argument(
        "--every", type=int, default=6, help="train it on every Nth article (default 6)"
    )
    return options


def _config_options() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument("config", type=Path, help="a TOML file, see configs/")
    options.add_argument(
        "--set",
        action="append",
        metavar="KEY=VALUE",
        help="change a key of the config, e.g. tokens=1000000",
    )
    return options


def _dtype_option() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument(
        "--dtype",
        choices=PRECISIONS,
        default="int8",
        help="precision of the weights (int8); int4: of the layers, with an int8 embedding",
    )
    return options


def _model_options() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument("--id", help="default: the name of the run with -v1, or of FOLDER")
    options.add_argument("--name", help="name of the model on the page")
    options.add_argument("--description", help="one sentence about the model")
    options.add_argument(
        "--test", type=Path, help="a WikiText file to score as well, once, for the final model"
    )
    return options


def _add_evaluate(commands: Any) -> None:
    command = commands.add_parser(
        "evaluate", help="measure perplexity, loss by position and repetition"
    )
    command.add_argument("model", type=Path, help="a model folder, run folder or checkpoint")
    command.add_argument("--text", type=Path, required=True, help="a WikiText file")
    command.add_argument(
        "--long", action="store_true", help="loss by position in a stream without state resets"
    )
    command.add_argument(
        "--concentration", action="store_true", help="how concentrated attention is, by head"
    )
    command.add_argument(
        "--window",
        type=int,
        default=0,
        metavar="N",
        help="perplexity also in windows of N tokens without carried state",
    )
    command.add_argument("--samples", type=int, default=0, help="number of continuations to write")
    command.add_argument("--sampling", action="store_true", help="choose sampler defaults")
    command.add_argument(
        "--generate", type=int, default=0, help="measure repetition in this many tokens"
    )
    command.add_argument(
        "--last", action="store_true", help="use the last weights of a run, not the averaged ones"
    )
    command.add_argument("--out", type=Path, help="write the figures to this JSON file, too")
    command.set_defaults(run=_evaluate)


def _add_onnx(commands: Any) -> None:
    command = commands.add_parser("onnx", help="export a model folder as an ONNX file")
    command.add_argument("model", type=Path, help="a model folder")
    command.add_argument("--out", type=Path, required=True, metavar="FILE")
    command.add_argument(
        "--form",
        choices=ONNX_FORMS,
        default="float32",
        help="default float32; standard: float32, only opset 27, no com.microsoft",
    )
    command.add_argument(
        "--last-logits", action="store_true", help="compute only the logits of the last token"
    )
    command.set_defaults(run=_onnx)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="leapformer", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    text, config = _text_options(), _config_options()
    dtype, model = _dtype_option(), _model_options()
    calibration = {
        "type": Path,
        "nargs": "+",
        "metavar": "FILE|FOLDER",
        "default": (),
        "help": "articles of the training text, to round to int4 with less loss",
    }

    command = commands.add_parser("prepare", parents=[text], help="convert text to token shards")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=_prepare)

    command = commands.add_parser("train", parents=[config], help="start, resume or extend a run")
    command.add_argument("--data", type=Path, required=True, help="a prepared folder")
    command.add_argument("--out", type=Path, required=True, help="the run's folder")
    command.add_argument("--until", type=int, metavar="STEP", help="stop with a checkpoint there")
    command.add_argument(
        "--minutes", type=float, metavar="M", help="end after M minutes of training, see README.md"
    )
    command.set_defaults(run=_train)

    _add_evaluate(commands)

    command = commands.add_parser(
        "names", help="compare sampler settings by near-misses of names in generated text"
    )
    command.add_argument("model", type=Path, help="a model folder")
    command.add_argument(
        "--text", type=Path, nargs="+", required=True, metavar="FILE|FOLDER", help="articles"
    )
    command.add_argument(
        "--openings", type=int, default=200, help="openings to continue (default 200)"
    )
    command.set_defaults(run=_names)

    command = commands.add_parser(
        "count", help="count the words of a text, and convert a known loss to perplexities"
    )
    command.add_argument("text", type=Path, help="a WikiText file")
    command.add_argument(
        "--loss",
        type=float,
        nargs=2,
        metavar=("NATS", "TOKENS"),
        help="nats per token, and tokens of the text",
    )
    command.set_defaults(run=_count)

    command = commands.add_parser(
        "export", parents=[dtype, model], help="export a run as a model folder"
    )
    command.add_argument("run_folder", type=Path, metavar="RUN")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--valid", type=Path, required=True, help="a WikiText file")
    command.add_argument("--calibrate", **calibration)
    command.add_argument(
        "--last", action="store_true", help="export the last weights, not the averaged ones"
    )
    command.set_defaults(run=_export)

    command = commands.add_parser(
        "quantize", parents=[model], help="write a model folder in int4 as another model folder"
    )
    command.add_argument("model", type=Path, help="a model folder")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--valid", type=Path, required=True, help="a WikiText file")
    command.add_argument("--calibrate", **calibration)
    command.set_defaults(run=_quantize)

    command = commands.add_parser("weights", help="the weights of a run in float16, for export")
    command.add_argument("run_folder", type=Path, metavar="RUN")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument(
        "--last", action="store_true", help="the last weights, not the averaged ones"
    )
    command.set_defaults(run=_weights)

    command = commands.add_parser("index", help="index.json beside model folders, from them")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where index.json stands")
    command.set_defaults(run=_index)

    _add_onnx(commands)

    command = commands.add_parser("bench", parents=[config], help="measure the speed of a step")
    command.add_argument("--steps", type=int, default=10, help="steps to time (default 10)")
    command.set_defaults(run=_bench)

    command = commands.add_parser(
        "profile", parents=[config], help="the share of each kernel in the time of a step"
    )
    command.add_argument("--steps", type=int, default=20, help="steps to profile (default 20)")
    command.set_defaults(run=_profile)

    command = commands.add_parser(
        "study", parents=[config], help="compare variants of a config, with intervals"
    )
    command.add_argument("--only", nargs="+", metavar="VARIANT", help="run only these variants")
    command.add_argument("--data", type=Path, required=True, help="a prepared folder")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=_study)

    command = commands.add_parser(
        "make",
        parents=[config, text, dtype, model],
        help="prepare, train and export in one command",
    )
    command.add_argument("--work", type=Path, required=True, help="folder for shards and run")
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
