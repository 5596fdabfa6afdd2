"""Packs files and folders into pieces for a journey, and joins the pieces. Needs no package.

python3 -m leapformer.pieces pack PATH... --out FOLDER --size BYTES [--xz]
python3 -m leapformer.pieces join FOLDER --out FOLDER

piece-00, piece-01, ...   a tar stream, cut every BYTES bytes
pieces.json               the name, the size and the SHA-256 of each piece, in order
"""

import hashlib
import json
import sys
import tarfile
from argparse import ArgumentParser
from pathlib import Path
from typing import BinaryIO

from .files import UserError, sha256, write_text

INDEX = "pieces.json"


class _Cutter:
    """A stream to write to. It ends up in files of at most `size` bytes in a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        self._file: BinaryIO | None = None
        self.pieces: list[dict] = []

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            if self._file is None:
                name = f"piece-{len(self.pieces):02}"
                self._file = open(self._folder / name, "wb")  # noqa: SIM115
                self._digest = hashlib.sha256()
                self.pieces.append({"name": name, "bytes": 0})
            piece = self.pieces[-1]
            part = rest[: self._size - piece["bytes"]]
            self._file.write(part)
            self._digest.update(part)
            piece["bytes"] += len(part)
            rest = rest[len(part) :]
            if piece["bytes"] == self._size:
                self.close()
        return len(data)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self.pieces[-1]["sha256"] = self._digest.hexdigest()


class _Reader:
    """The pieces as one stream."""

    def __init__(self, paths: list[Path]) -> None:
        self._files = (open(path, "rb") for path in paths)  # noqa: SIM115
        self._file = next(self._files)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        while len(data) < size and (following := next(self._files, None)):
            self._file.close()
            self._file = following
            data += following.read(size - len(data))
        return data


def pack(paths: list[Path], out: Path, size: int, xz: bool) -> list[dict]:
    """Writes files and folders as pieces of at most `size` bytes to `out`; returns their index.

    `xz`: compress them, which is worth its time for tokens and text. Raises UserError if a path is
    missing, or `out` has pieces already.
    """
    for path in paths:
        if not path.exists():
            raise UserError(f"{path} does not exist")
    if (out / INDEX).exists():
        raise UserError(f"{out} holds pieces already: delete it, or choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    cutter = _Cutter(out, size)
    with tarfile.open(fileobj=cutter, mode="w|xz" if xz else "w|") as tar:
        for path in paths:
            tar.add(path, arcname=path.resolve().name)
    cutter.close()
    write_text(out / INDEX, json.dumps(cutter.pieces, indent=1) + "\n")
    return cutter.pieces


def join(folder: Path, out: Path) -> list[dict]:
    """Checks the pieces in `folder`, then unpacks them into `out`; returns their index.

    Raises UserError, before anything is unpacked, if one is missing or damaged.
    """
    try:
        pieces = json.loads((folder / INDEX).read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {folder / INDEX}: {error}") from error
    paths = [folder / piece["name"] for piece in pieces]
    wrong = [
        path.name
        for path, piece in zip(paths, pieces, strict=True)
        if not path.is_file() or sha256(path) != piece["sha256"]
    ]
    if wrong:
        raise UserError(f"{folder}: {', '.join(wrong)} missing or damaged: copy them again")
    out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=_Reader(paths), mode="r|*") as tar:
        tar.extractall(out, filter="data")
    return pieces


def main() -> None:
    parser = ArgumentParser(prog="leapformer.pieces", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    command = commands.add_parser("pack", help="write files and folders as pieces")
    command.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--size", type=int, required=True, help="most bytes of a piece")
    command.add_argument("--xz", action="store_true", help="compress them")
    command = commands.add_parser("join", help="check pieces and unpack them")
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    a = parser.parse_args()
    try:
        if a.command == "pack":
            pieces = pack(a.paths, a.out, a.size, a.xz)
        else:
            pieces = join(a.folder, a.out)
    except UserError as error:
        sys.exit(f"error: {error}")
    print(f"{len(pieces)} pieces, {sum(piece['bytes'] for piece in pieces):,} bytes")


if __name__ == "__main__":
    main()
