"""The commands of docs/gpu-playbook.md, in order, on a CPU with a tiny model."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, make_articles

from leapformer.folder import read_model

PLAYBOOK = (ROOT / "docs/gpu-playbook.md").read_text()
MIB = 2**20
# the command line of the playbook -> that of the dry run
SMALLER = {
    "--size 61_000_000": "--size 30_000",
    "--size 16_000_000": "--size 160_000",
    "--minutes 14": "--minutes 0.1",
    "configs/wiki-55m.toml --data": "tiny.toml --data",
    "profile configs/wiki-55m.toml": "profile tiny.toml --steps 2",
    # what int8 costs a model trained for seconds depends on how many steps they allow
    "--id wiki-55m-v1": "--id wiki-55m-v1 --dtype float16",
}
TINY = """
name = "wiki-55m"
tokens = 1_000_000
compile = false
log_every = 1
[model]
hidden_size = 32
num_hidden_layers = 1
num_attention_heads = 2
[data]
streams = 4
segment = 32
micro_batch = 2
weights = { featured = 3 }
[optimizer]
warmup_steps = 4
cooldown_fraction = 1.0
"""


def blocks(place: str) -> list[str]:
    return re.findall(rf"```bash {place}\n(.*?)```", PLAYBOOK, re.DOTALL)


class Machine:
    """A folder in which commands run: the repository here, or its copy on the GPU machine."""

    def __init__(self, folder: Path) -> None:
        self.root, self.out, self.tmp = folder / "tree", folder / "out", folder / "tmp"
        ignore = shutil.ignore_patterns(".venv", "__pycache__", "tests", ".*_cache")
        shutil.copytree(ROOT / "training", self.root / "training", ignore=ignore)
        (self.root / "training/tiny.toml").write_text(TINY)
        (folder / "bin").mkdir()
        (folder / "bin/python3").symlink_to(sys.executable)
        for path in (self.out, self.tmp):
            path.mkdir()
        search = f"{folder / 'bin'}:{os.environ['PATH']}"
        python = str(Path(sys.prefix) / "bin/python")
        self.environment = os.environ | {"PATH": search, "OUT": str(self.out)}
        self.changes = {
            **SMALLER,
            "/tmp/": f"{self.tmp}/",
            "--out /tmp ": f"--out {self.tmp} ",
            ".venv/bin/python": python,
            "python3": python,
        }

    def run(self, block: str) -> list[Path]:
        """Runs a command; returns the files that it left in $OUT."""
        for path in self.out.iterdir():
            path.unlink()
        for old, new in self.changes.items():
            block = block.replace(old, new)
        done = subprocess.run(
            ["bash", "-ec", block],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return sorted(self.out.iterdir())


def steps(machine: Machine) -> list[tuple[int, float]]:
    """Step and rate of the records of the run's log."""
    lines = (machine.tmp / "run/log.jsonl").read_text().splitlines()
    return [(r["step"], r["rate"]) for r in map(json.loads, lines) if "rate" in r]


def test_the_commands_fit_the_limits_of_the_machine() -> None:
    plain = re.findall(r"```bash\n(.*?)```", PLAYBOOK, re.DOTALL)
    away = [*blocks("away"), *(command for command in plain if "/tmp" in command)]
    assert len(away) == 10 and max(map(len, away)) < 2000
    assert all(command.count("\n") == 1 for command in away)
    sizes = {int(size) for size in re.findall(r"--size (\S+)", PLAYBOOK)}
    assert sizes == {61_000_000, 16_000_000}  # of a carry with the working tree, and of a file
    assert max(sizes) < 62 * MIB and min(sizes) < 16 * MIB


def test_the_playbook_publishes_a_model(tmp_path: Path) -> None:
    for line in SMALLER:
        assert line in PLAYBOOK
    texts, wiki, runs = (tmp_path / name for name in ("texts", "wiki", "runs"))
    texts.mkdir()
    wiki.mkdir()
    make_articles(texts / "train-00.jsonl", 150)
    article = " = Stone = \n \n" + " The old king was built in a city . \n" * 80
    for name in ("wiki.valid.raw", "wiki.test.raw"):
        (wiki / name).write_text(article * 2)
    home, away = Machine(tmp_path / "home"), Machine(tmp_path / "away")
    home.environment |= {"TEXT": str(texts), "WIKI": str(wiki), "RUNS": str(runs)}
    weights = home.root / "public/weights"
    (weights / "wiki-10m-v3").mkdir(parents=True)
    shutil.copy(ROOT / "public/weights/wiki-10m-v3/tokenizer.json", weights / "wiki-10m-v3")
    before, after = blocks("home")
    copy, profile, train, resume, *back = blocks("away")

    (runs / "back").mkdir(parents=True)
    home.run(before)
    trip, carried = home.root / ".cache/trip", away.root / ".cache/trip"
    pieces = sorted(trip.glob("piece-*"))
    assert len(pieces) > 2
    for piece in pieces:  # each call carries one piece, and replaces the one before
        shutil.rmtree(carried, ignore_errors=True)
        carried.mkdir(parents=True)
        for name in ("pieces.json", piece.name):
            shutil.copy(trip / name, carried)
        away.run(copy)
    away.run(profile)
    away.run(train.replace("--minutes 14", "--minutes 14 --until 5"))
    assert [step for step, _ in steps(away)] == [1, 2, 3, 4, 5]
    away.run(resume)
    last, rate = steps(away)[-1]
    assert [step for step, _ in steps(away)] == list(range(1, last + 1)) and last > 5 and rate < 0.5
    for command in back:
        came = away.run(command)
        assert 1 <= len(came) <= 8
        for path in came:
            shutil.copy(path, runs / "back")
    home.run(after)

    published = weights / "wiki-55m-v1"
    manifest = json.loads((published / "manifest.json").read_text())
    model = read_model(published)
    assert sum(p.numel() for p in model.parameters()) == manifest["parameters"]
