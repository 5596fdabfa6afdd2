"""The translate commands of `python -m leapformer`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from .. import handlers
from .rules import DIRECTIONS

_SETS = ("valid", "test", "test-long")


def _pair_options() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument(
        "--pairs",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="en-de.tsv and en-fr.tsv, plain or .xz: sentence TAB translation",
    )
    options.add_argument(
        "--test", type=int, default=2000, help="sources of each pair in a test set (default 2000)"
    )
    options.add_argument(
        "--valid", type=int, default=1000, help="sources of each pair for validation (1000)"
    )
    return options


def _set_options(default: list[str]) -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument(
        "--sets",
        nargs="+",
        choices=_SETS,
        default=default,
        help=f"splits to measure (default {' '.join(default)})",
    )
    options.add_argument("--limit", type=int, metavar="N", help="only N sources of each pair")
    return options


def _add_data(command: ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, help="from translate-prepare")


def _add_direction(command: ArgumentParser) -> None:
    command.add_argument("--direction", choices=DIRECTIONS, default="en-de")


def add_translate(commands: Any, config: Any, dtype: Any, identity: Any) -> None:
    """Adds the commands. `config`, `dtype`, `identity`: options that they share with others."""
    pairs, final = _pair_options(), _set_options(["test", "test-long"])

    command = commands.add_parser(
        "translate-prepare", parents=[pairs], help="split sentence pairs, train their tokenizer"
    )
    command.add_argument("--vocabulary", type=int, default=4096, help="entries (default 4096)")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=handlers.run_translate_prepare)

    command = commands.add_parser(
        "translate-evaluate",
        parents=[_set_options(["valid"])],
        help="measure BLEU, chrF and lagging at k = 1, 3, 5, 7 and offline",
    )
    command.add_argument("model", type=Path, help="a model folder, run folder or checkpoint")
    _add_data(command)
    command.add_argument("--last", action="store_true", help="the last weights of a run")
    command.add_argument("--out", type=Path, help="write the figures to this JSON file, too")
    command.set_defaults(run=handlers.run_translate_evaluate)

    command = commands.add_parser(
        "translate-export",
        parents=[dtype, identity, final],
        help="export a run on sentence pairs as a model folder",
    )
    command.add_argument("run_folder", type=Path, metavar="RUN")
    _add_data(command)
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--last", action="store_true", help="the last weights, not the average")
    command.set_defaults(run=handlers.run_translate_export)

    command = commands.add_parser(
        "translate-study", parents=[config], help="compare variants by BLEU, with intervals"
    )
    command.add_argument("--only", nargs="+", metavar="VARIANT", help="run only these variants")
    _add_data(command)
    command.add_argument("--split", choices=_SETS, default="test-long", help="default test-long")
    command.add_argument("--limit", type=int, metavar="N", help="only N sources of each pair")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=handlers.run_translate_study)

    command = commands.add_parser(
        "translate-curve", help="plot BLEU against lagging of a published translation model"
    )
    command.add_argument("model", type=Path, help="a model folder")
    command.add_argument("--out", type=Path, required=True, metavar="PNG")
    command.set_defaults(run=handlers.run_translate_curve)

    command = commands.add_parser(
        "translate-align-text", help="write the sentence pairs as a word aligner reads them"
    )
    _add_data(command)
    _add_direction(command)
    command.add_argument("--out", type=Path, required=True, metavar="FILE")
    command.set_defaults(run=handlers.run_translate_align_text)

    command = commands.add_parser(
        "translate-align", help="measure whether attention follows a word alignment"
    )
    command.add_argument("model", type=Path, help="a model folder, run folder or checkpoint")
    _add_data(command)
    _add_direction(command)
    command.add_argument(
        "--links",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="the aligner's links, one file for each direction; only common links count",
    )
    command.add_argument("--k", type=int, default=3, help="words to wait (default 3)")
    command.add_argument("--limit", type=int, default=500, help="sources of a split (default 500)")
    command.add_argument("--last", action="store_true", help="the last weights of a run")
    command.add_argument("--out", type=Path, help="write all heads to this JSON file, too")
    command.set_defaults(run=handlers.run_translate_align)

    command = commands.add_parser(
        "translate-make",
        parents=[config, pairs, dtype, identity, final],
        help="prepare pairs, train and export in one command",
    )
    command.add_argument("--work", type=Path, required=True, help="folder for pairs and run")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=handlers.run_translate_make)
