"""Trains LeaPformer models and exports them. See `python -m leapformer COMMAND --help`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from . import handlers
from .config import ONNX_FORMS, PRECISIONS
from .files import UserError
from .translate.commands import add_translate


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


def _identity_options() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument("--id", help="default: the name of the run with -v1, or of FOLDER")
    options.add_argument("--name", help="name of the model on the page")
    options.add_argument("--description", help="one sentence about the model")
    return options


def _model_options() -> ArgumentParser:
    options = ArgumentParser(add_help=False, parents=[_identity_options()])
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
    command.set_defaults(run=handlers.run_evaluate)


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
    command.set_defaults(run=handlers.run_onnx)


def _add_adapt(commands: Any) -> None:
    command = commands.add_parser("adapt", help="teach a model a text; write an adapter of PEFT")
    command.add_argument("model", type=Path, help="a model folder")
    command.add_argument("--text", type=Path, required=True, metavar="FILE", help="plain text")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--rank", type=int, default=8, help="default 8")
    command.add_argument("--rate", type=float, default=0.003, help="default 0.003")
    command.add_argument("--rounds", type=int, default=2, help="default 2")
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=handlers.run_adapt)


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
    command.set_defaults(run=handlers.run_prepare)

    command = commands.add_parser("train", parents=[config], help="start, resume or extend a run")
    command.add_argument("--data", type=Path, required=True, help="a prepared folder")
    command.add_argument("--out", type=Path, required=True, help="the run's folder")
    command.add_argument("--until", type=int, metavar="STEP", help="stop with a checkpoint there")
    command.add_argument(
        "--minutes", type=float, metavar="M", help="end after M minutes of training, see README.md"
    )
    command.set_defaults(run=handlers.run_train)

    _add_evaluate(commands)
    _add_adapt(commands)

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
    command.add_argument(
        "--long", type=int, metavar="N", help="measure repetition in texts of N tokens instead"
    )
    command.set_defaults(run=handlers.run_names)

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
    command.set_defaults(run=handlers.run_count)

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
    command.set_defaults(run=handlers.run_export)

    command = commands.add_parser(
        "quantize", parents=[model], help="write a model folder in int4 as another model folder"
    )
    command.add_argument("model", type=Path, help="a model folder")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--valid", type=Path, required=True, help="a WikiText file")
    command.add_argument("--calibrate", **calibration)
    command.set_defaults(run=handlers.run_quantize)

    command = commands.add_parser("weights", help="the weights of a run in float16, for export")
    command.add_argument("run_folder", type=Path, metavar="RUN")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument(
        "--last", action="store_true", help="the last weights, not the averaged ones"
    )
    command.set_defaults(run=handlers.run_weights)

    command = commands.add_parser("index", help="index.json beside model folders, from them")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where index.json stands")
    command.set_defaults(run=handlers.run_index)

    _add_onnx(commands)

    command = commands.add_parser("bench", parents=[config], help="measure the speed of a step")
    command.add_argument("--steps", type=int, default=10, help="steps to time (default 10)")
    command.set_defaults(run=handlers.run_bench)

    command = commands.add_parser(
        "profile", parents=[config], help="the share of each kernel in the time of a step"
    )
    command.add_argument("--steps", type=int, default=20, help="steps to profile (default 20)")
    command.set_defaults(run=handlers.run_profile)

    command = commands.add_parser(
        "study", parents=[config], help="compare variants of a config, with intervals"
    )
    command.add_argument("--only", nargs="+", metavar="VARIANT", help="run only these variants")
    command.add_argument("--data", type=Path, required=True, help="a prepared folder")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=handlers.run_study)

    command = commands.add_parser(
        "arena", parents=[config], help="compare kinds of attention on small tasks, with intervals"
    )
    command.add_argument("--part", nargs="+", metavar="PART", help="run only these parts")
    command.add_argument("--threads", type=int, default=1, help="threads of a run (default 1)")
    command.add_argument("--speed", action="store_true", help="also measure speed on long texts")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=handlers.run_arena)

    command = commands.add_parser(
        "make",
        parents=[config, text, dtype, model],
        help="prepare, train and export in one command",
    )
    command.add_argument("--work", type=Path, required=True, help="folder for shards and run")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=handlers.run_make)

    add_translate(commands, config, dtype, _identity_options())
    return parser


def main() -> None:
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
