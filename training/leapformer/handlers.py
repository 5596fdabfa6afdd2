"""What the commands of `python -m leapformer` do.

Each imports its modules when it runs, because torch is slow to load.
"""

import json
from argparse import Namespace

from .config import RunConfig
from .files import write_text


def run_prepare(a: Namespace) -> None:
    from .prepare import prepare, summary

    splits = {"train": a.train, "valid": a.valid}
    print(summary(prepare(splits, a.out, a.tokenizer, a.vocabulary, a.every)))


def run_train(a: Namespace) -> None:
    from .train import train

    changes = [*(a.set or []), *([f"minutes={a.minutes}"] if a.minutes else [])]
    print(train(RunConfig.read(a.config, changes), a.data, a.out, a.until))


def run_evaluate(a: Namespace) -> None:
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


def run_names(a: Namespace) -> None:
    from .names import measure_long, measure_names

    rows = (
        measure_long(a.model, a.text, a.long)
        if a.long
        else measure_names(a.model, a.text, a.openings)
    )
    for figures in rows:
        print(json.dumps(figures), flush=True)


def run_adapt(a: Namespace) -> None:
    from .adapt import Settings, adapt

    settings = Settings(a.rank, a.rate, a.rounds, a.seed)
    print(json.dumps(adapt(a.model, a.text, a.out, settings)))


def run_count(a: Namespace) -> None:
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


def run_export(a: Namespace) -> None:
    from .export import Texts, export

    texts = Texts(a.valid, a.test, a.calibrate)
    manifest = export(a.run_folder, a.out, a.dtype, _identity(a), texts, not a.last)
    print(json.dumps(manifest, indent=2))


def run_quantize(a: Namespace) -> None:
    from .export import Texts, quantize_folder

    texts = Texts(a.valid, a.test, a.calibrate)
    print(json.dumps(quantize_folder(a.model, a.out, _identity(a), texts), indent=2))


def run_weights(a: Namespace) -> None:
    from .checkpoint import write_weights
    from .load import tokenizer_of

    print(write_weights(a.run_folder, a.out, not a.last))
    write_text(a.out / "tokenizer.json", tokenizer_of(a.run_folder).read_text("utf-8"))


def run_index(a: Namespace) -> None:
    from .index import write_index

    index = write_index(a.folder)
    print(f"{a.folder / 'index.json'}: {sum(len(models) for models in index.values())} models")


def run_onnx(a: Namespace) -> None:
    from .onnx_export import check_onnx, export_onnx

    export_onnx(a.model, a.out, a.form, a.last_logits)
    golden = json.loads((a.model / "golden.json").read_text())
    exact = a.form in ("float32", "int4", "standard")
    print("largest differences to golden.json:", json.dumps(check_onnx(a.out, golden, exact)))


def run_bench(a: Namespace) -> None:
    from .bench import bench

    print(json.dumps(bench(RunConfig.read(a.config, a.set), a.steps)))


def run_profile(a: Namespace) -> None:
    from .profile import profile, table

    print(table(profile(RunConfig.read(a.config, a.set), a.steps)))


def run_study(a: Namespace) -> None:
    from .study import Plan, study, table

    print(table(study(Plan.read(a.config, a.set, a.only), a.data, a.out)))


def run_arena(a: Namespace) -> None:
    from .arena.command import arena
    from .arena.plan import Plan

    plan = Plan.read(a.config, a.set, a.part)
    print(arena(plan, a.out, a.threads))
    if a.speed:
        from .arena.speed import compare_speed

        for name in plan.parts:
            print(compare_speed(plan, name, a.out))


def run_translate_prepare(a: Namespace) -> None:
    from .translate.prepare import prepare_pairs

    manifest = prepare_pairs(a.pairs, a.out, a.vocabulary, a.test, a.valid)
    print(json.dumps(manifest["pairs"]))


def run_translate_evaluate(a: Namespace) -> None:
    from .load import load_model, tokenizer_of
    from .tokenizer import load_tokenizer
    from .translate.evaluate import measure, table

    model, tokenizer = load_model(a.model, not a.last), load_tokenizer(tokenizer_of(a.model))
    figures = [measure(model, tokenizer, a.data, name, limit=a.limit) for name in a.sets]
    for part in figures:
        print(f"{part['split']}\n\n{table(part)}\n\n{json.dumps(part['signatures'])}\n")
    if a.out:
        write_text(a.out, json.dumps(figures, indent=1) + "\n")


def run_translate_export(a: Namespace) -> None:
    from .translate.export import export_translator

    options = {"sets": a.sets, "limit": a.limit, "averaged": not a.last}
    manifest = export_translator(a.run_folder, a.data, a.out, a.dtype, _identity(a), **options)
    print(json.dumps(manifest, indent=2))


def run_translate_study(a: Namespace) -> None:
    from .study import Plan
    from .translate.arms import compare, table

    print(table(compare(Plan.read(a.config, a.set, a.only), a.data, a.out, a.split, a.limit)))


def run_translate_curve(a: Namespace) -> None:
    from .translate.curve import plot_curve

    plot_curve(a.model, a.out)


def run_translate_align_text(a: Namespace) -> None:
    from .translate.align import write_aligner_text

    print(f"{write_aligner_text(a.data, a.direction, a.out):,} pairs")


def run_translate_align(a: Namespace) -> None:
    from .load import load_model, tokenizer_of
    from .tokenizer import load_tokenizer
    from .translate.align import alignment_table, measure_alignment, verdict

    model, tokenizer = load_model(a.model, not a.last), load_tokenizer(tokenizer_of(a.model))
    valid, test = (
        measure_alignment(model, tokenizer, a.data, name, a.direction, a.links, a.k, a.limit)
        for name in ("valid", "test")
    )
    print(f"{test['units']:,} units\n\n{alignment_table(verdict(valid, test))}")
    if a.out:
        write_text(a.out, json.dumps({"valid": valid, "test": test}, indent=1) + "\n")


def run_translate_make(a: Namespace) -> None:
    from .checkpoint import require_end
    from .folder import check_free
    from .train import train
    from .translate.export import export_translator
    from .translate.prepare import prepare_pairs

    config = RunConfig.read(a.config, a.set)
    check_free(config.model, a.out)
    data, run = a.work / "data", a.work / "run"
    prepare_pairs(a.pairs, data, config.model.vocab_size, a.test, a.valid)
    print(train(config, data, run))
    require_end(run, config)
    options = {"sets": a.sets, "limit": a.limit}
    manifest = export_translator(run, data, a.out, a.dtype, _identity(a), **options)
    print(json.dumps(manifest, indent=2))


def run_make(a: Namespace) -> None:
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
