"""Random numbers that are the same on every machine and with every version of numpy."""

import hashlib

import numpy as np


class Draw:
    """A stream of random numbers, given by a key such as ("recall", "train", seed, step).

    The raw bits are those of Philox. The numbers are made from them here, because numpy may change
    the algorithms of its Generator.
    """

    def __init__(self, *key: int | str) -> None:
        digest = hashlib.sha256(repr(key).encode()).digest()
        self.bits = np.random.Philox(key=int.from_bytes(digest[:16], "little"))

    def below(self, bound: int, *shape: int) -> np.ndarray:
        """Integers in [0, bound), bound < 2^31, as int64 [shape]."""
        raw = self.bits.random_raw(int(np.prod(shape))).reshape(shape)
        return (((raw >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)

    def uniform(self, *shape: int) -> np.ndarray:
        """Numbers in [0, 1), multiples of 2^-53, as float64 [shape]."""
        raw = self.bits.random_raw(int(np.prod(shape))).reshape(shape)
        return (raw >> np.uint64(11)) * 2.0**-53

    def orders(self, rows: int, n: int) -> np.ndarray:
        """Random orders of 0 to n - 1, one in each row: int64 [rows, n]."""
        raw = self.bits.random_raw(rows * n).reshape(rows, n)
        return raw.argsort(-1, kind="stable")
