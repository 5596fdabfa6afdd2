"""Pieces of files that travel and are joined again."""

import os
from pathlib import Path

import pytest

from leapformer.files import UserError
from leapformer.pieces import join, pack


def make_folder(path: Path) -> Path:
    (path / "inner").mkdir(parents=True)
    (path / "random.bin").write_bytes(os.urandom(50_000))
    (path / "inner/empty.txt").write_text("")
    (path / "inner/zeros.bin").write_bytes(bytes(50_000))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("xz", [False, True])
@pytest.mark.parametrize("size", [1_000_000, 30_720, 20_000])
def test_joined_pieces_are_the_files(tmp_path: Path, size: int, xz: bool) -> None:
    data = make_folder(tmp_path / "data")
    (tmp_path / "one.txt").write_text("one")
    pieces = pack([data, tmp_path / "one.txt"], tmp_path / "pieces", size, xz)
    files = [path for path in (tmp_path / "pieces").iterdir() if path.name != "pieces.json"]
    assert sorted(path.name for path in files) == [piece["name"] for piece in pieces]
    assert max(path.stat().st_size for path in files) <= size
    total = sum(path.stat().st_size for path in files)
    assert len(files) == -(-total // size)
    assert (total < 60_000) == xz  # the zeros are compressed, the random bytes are not
    assert join(tmp_path / "pieces", tmp_path / "out") == pieces
    assert contents(tmp_path / "out/data") == contents(data)
    assert (tmp_path / "out/one.txt").read_text() == "one"


def test_missing_and_damaged_pieces_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    pieces = pack([make_folder(tmp_path / "data")], folder, 20_000, False)
    assert len(pieces) > 4
    (folder / "piece-01").unlink()
    with open(folder / "piece-03", "r+b") as file:
        file.seek(10_000)
        file.write(b"!?")
    os.truncate(folder / "piece-04", 5_000)
    with pytest.raises(UserError, match="piece-01, piece-03, piece-04 missing or damaged"):
        join(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_older_pieces_are_not_mixed_with_new_ones(tmp_path: Path) -> None:
    data = make_folder(tmp_path / "data")
    pack([data], tmp_path / "pieces", 20_000, False)
    with pytest.raises(UserError, match="holds pieces already"):
        pack([data], tmp_path / "pieces", 90_000, False)
    with pytest.raises(UserError, match="nothing does not exist"):
        pack([tmp_path / "nothing"], tmp_path / "other", 90_000, False)
    with pytest.raises(UserError, match=r"cannot read .*pieces\.json"):
        join(tmp_path / "other", tmp_path / "out")
