"""Atomic file writing, and the error type for problems that the user can fix."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class UserError(Exception):
    """A problem that the user can fix. The message names the cause and the remedy."""


def sha256(path: Path) -> str:
    """SHA-256 of a file in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> dict:
    """The object in a JSON file. Raises UserError if it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}") from error


@contextmanager
def atomic(path: Path) -> Iterator[BinaryIO]:
    """Opens a temporary file that replaces `path` if the block succeeds.

    It is removed if the block fails. Raises UserError if it cannot be written (disk full).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # processes that share a folder, such as two parts of a study, may write the same file at once
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except (OSError, RuntimeError) as raised:
        # torch.save raises a RuntimeError whose context is the OSError of the file
        error: BaseException | None = raised
        while error is not None and not isinstance(error, OSError):
            error = error.__context__
        if error is None:
            raise
        free = shutil.disk_usage(path.parent).free / 1e6
        raise UserError(
            f"cannot write {path}: {error.strerror or error} ({free:.0f} MB free there); "
            "free some space or choose another folder, then run the same command again"
        ) from raised
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 text file atomically."""
    with atomic(path) as file:
        file.write(text.encode())


def require_space(folder: Path, needed: int) -> None:
    """Raises UserError unless `needed` bytes are free on the disk of `folder`."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise UserError(
            f"{folder} needs {needed / 1e6:.0f} MB but only {free / 1e6:.0f} MB are free: "
            "free some space or choose another folder"
        )
