"""The tasks of the arena: right labels, balance, and the same examples on every machine."""

import hashlib
import statistics
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from leapformer.arena import pathfinder
from leapformer.arena.draw import Draw
from leapformer.arena.listops import CLOSE, OPERATORS, ListOps
from leapformer.arena.pathfinder import Pathfinder
from leapformer.arena.pools import Pool, Pooled
from leapformer.arena.tasks import Batch, Order, Recall

SHORT = ListOps(30, 60, train=40)


def digest(*arrays: object) -> str:
    return hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).hexdigest()[:16]


def test_draws_are_even_and_depend_on_their_key() -> None:
    counts = np.bincount(Draw("a", 1).below(7, 70_000), minlength=7)
    assert counts.min() > 9_600 and counts.max() < 10_400
    assert (Draw("a", 1).below(7, 50) == Draw("a", 1).below(7, 50)).all()
    assert (Draw("a", 1).below(7, 50) != Draw("a", 2).below(7, 50)).any()
    orders = Draw("b").orders(3000, 4)
    assert (np.sort(orders) == np.arange(4)).all()
    assert np.unique(orders, axis=0, return_counts=True)[1].min() > 80  # 24 orders, 125 each
    uniform = Draw("c").uniform(50_000)
    assert uniform.min() >= 0 and uniform.max() < 1 and abs(uniform.mean() - 0.5) < 0.005


def test_examples_are_the_same_on_every_machine() -> None:
    """The digests change only if the generators do; then results are no longer comparable."""
    recall, order = (task.source(Path()).batch(3, 5, 8) for task in (Recall(), Order()))
    listops = Pool.make(SHORT, "test", 20)
    found = {
        "recall": digest(recall.tokens, recall.labels, recall.asked),
        "order": digest(order.tokens, order.labels),
        "listops": digest(listops.tokens, listops.labels),
        "pathfinder": digest(*(Pathfinder().example("test", i)[0] for i in range(4))),
    }
    assert found == {
        "recall": "664eceece1acae36",
        "order": "7f481af3c509df1c",
        "listops": "499cd0944aa73a1f",
        "pathfinder": "771e112cd1e8b5bd",
    }


def test_recall_asks_for_the_value_of_each_key_once() -> None:
    task = Recall(length=60, pairs=12, keys=20, values=5)
    batch = task.source(Path()).batch(0, 0, 30)
    for tokens, labels, asked in zip(batch.tokens, batch.labels, batch.asked, strict=True):
        text = tokens.tolist()
        value = dict(zip(text[0:24:2], text[1:24:2], strict=True))
        assert len(value) == 12 and all(1 <= key <= 20 for key in value)
        assert [i for i, token in enumerate(text) if token and i >= 24] == asked.tolist()
        assert sorted(text[i] for i in asked) == sorted(value)
        assert [value[text[i]] - 21 for i in asked] == labels.tolist()
    assert not (task.source(Path()).batch(0, 1, 30).tokens == batch.tokens).all()


def test_order_is_balanced_and_counts_do_not_tell() -> None:
    task = Order(length=40, copies=3)
    batches = list(task.source(Path()).held_out("test"))
    labels = np.concatenate([batch.labels[:, 0] for batch in batches])
    texts = np.concatenate([batch.tokens for batch in batches]).tolist()
    assert len(texts) == 2000 and abs(labels.mean() - 0.5) < 0.04
    copies = [text.count(0) for text in texts]
    assert copies == [text.count(1) for text in texts] and set(copies) == {1, 2, 3}
    assert [text.index(0) < text.index(1) for text in texts] == labels.tolist()
    assert {token for text in texts for token in text} == set(range(32))


def evaluate(tokens: list[int]) -> tuple[int, int]:
    """The value of an expression and its depth, by reducing the innermost brackets first."""
    stack: list = []
    depth = deepest = 0
    for token in tokens:
        if token == CLOSE:
            depth -= 1
            values = []
            while not isinstance(stack[-1], str):
                values.append(stack.pop())
            assert 2 <= len(values) <= 10
            stack.append(
                {
                    "MIN": min(values),
                    "MAX": max(values),
                    "MED": int(statistics.median(values)),
                    "SM": sum(values) % 10,
                }[stack.pop()]
            )
        elif token >= 10:
            depth += 1
            deepest = max(deepest, depth)
            stack.append(OPERATORS[token - 10])
        else:
            stack.append(token)
    assert len(stack) == 1
    return stack[0], deepest


@pytest.mark.parametrize("task", [SHORT, ListOps()], ids=["short", "official"])
def test_listops_labels_are_the_values_of_the_expressions(task: ListOps) -> None:
    examples = [task.example("train", index) for index in range(60 if task == SHORT else 6)]
    for tokens, label in examples:
        assert task.shortest <= len(tokens) <= task.longest
        value, depth = evaluate(tokens.tolist())
        assert label == value and depth < 10
    assert len({label for _, label in examples}) >= 4
    assert len({len(tokens) for tokens, _ in examples}) > 4


def test_no_answer_of_listops_is_too_frequent() -> None:
    labels = [SHORT.example("valid", index)[1] for index in range(400)]
    counts = np.bincount(labels, minlength=10)
    assert counts.min() >= 15 and counts.max() <= 100


def connected(picture: np.ndarray) -> bool:
    """True if the two dots of a picture with unbroken curves are connected by bright pixels."""
    bright = picture > 60
    centre = tuple(np.argwhere(picture == 255)[0])
    reached, queue = {centre}, deque([centre])
    while queue:
        y, x = queue.popleft()
        for a in range(y - 1, y + 2):
            for b in range(x - 1, x + 2):
                inside = 0 <= a < len(picture) and 0 <= b < len(picture)
                if inside and bright[a, b] and (a, b) not in reached:
                    reached.add((a, b))
                    queue.append((a, b))
    return all(tuple(p) in reached for p in np.argwhere(picture == 255))


def test_pathfinder_labels_tell_whether_the_dots_are_connected(monkeypatch) -> None:
    monkeypatch.setattr(pathfinder, "DASH", pathfinder.PERIOD)  # so that no curve has gaps
    task = Pathfinder()
    for index in range(40):
        tokens, label = task.example("test", index)
        assert tokens.shape == (1024,) and tokens.dtype == np.uint8
        assert connected(tokens.reshape(32, 32)) == bool(label)


def test_pathfinder_has_gaps_two_dots_and_as_many_of_each_label() -> None:
    pictures, labels = zip(*(Pathfinder().example("test", i) for i in range(20)), strict=True)
    assert sum(labels) == 10
    assert all(0.05 < (p > 60).mean() < 0.35 for p in pictures)
    assert not all(connected(p.reshape(32, 32)) for p in np.array(pictures)[np.array(labels) == 1])


def rows(batch: Batch) -> list[tuple]:
    return [
        (tuple(text[seen].tolist()), int(label))
        for text, seen, label in zip(batch.tokens, batch.seen, batch.labels[:, 0], strict=True)
    ]


def test_a_pool_reads_every_example_once_an_epoch(tmp_path, monkeypatch) -> None:
    source = Pooled(SHORT, tmp_path)
    first, second = ([rows(source.batch(1, step, 8)) for step in range(b, b + 5)] for b in (0, 5))
    examples = {
        (tuple(text.tolist()), label)
        for text, label in (SHORT.example("train", index) for index in range(40))
    }
    for epoch in (first, second):
        assert {row for batch in epoch for row in batch} == examples
    assert first != second
    monkeypatch.setattr(Pool, "make", lambda *_: pytest.fail("made again"))
    again = Pooled(SHORT, tmp_path)
    assert rows(again.batch(1, 7, 8)) == second[2]  # any step, in any order
    assert rows(again.batch(1, 0, 8)) == first[0] and rows(again.batch(2, 0, 8)) != first[0]
