"""Which way a row goes at each split of a tree: a small number, its kind, that says all the tree can tell of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.cells import Floats

MOST_SPLITS = 12
BITS = 8  # as many splits are answered in one byte

KindOf = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Rows go left where `column <= threshold`, or where the cell is missing and `missing_left`."""

    column: int
    threshold: float
    missing_left: bool


@dataclass(frozen=True)
class Step:
    """One step down a tree: at which split, whether to the left, with what share of the split's rows."""

    split: int
    column: int
    is_left: bool
    share: float


@dataclass(frozen=True)
class Leaf:
    """What a tree answers at the end of a path, and how many rows of the training came there."""

    value: float
    cover: float
    path: tuple[Step, ...]


class Kinds:
    """The kinds of so many rows, one tree after the other, in memory that is used again."""

    def __init__(self, columns: Floats) -> None:
        """`columns`: one row per column, each contiguous."""
        self._columns = columns
        rows = columns.shape[1]
        self._bytes = [np.zeros(rows, dtype=np.uint8) for _ in range(-(-MOST_SPLITS // BITS))]
        self._bit = np.zeros(rows, dtype=np.uint8)
        self._kinds = np.empty(rows, dtype=np.intp)

    def of(self, splits: Sequence[Split]) -> KindOf:
        """The kind of each row; the next call overwrites it."""
        self._kinds.fill(0)
        for number, byte in enumerate(self._bytes):
            part = splits[number * BITS : (number + 1) * BITS]
            for place, split in enumerate(part):
                self._compare(split, byte if place == 0 else self._bit)
                if place > 0:
                    np.left_shift(self._bit, place, out=self._bit)
                    np.bitwise_or(byte, self._bit, out=byte)
            if part and number == 0:
                np.copyto(self._kinds, byte)
            elif part:
                self._kinds += byte.astype(np.intp) << (number * BITS)
        return self._kinds

    def _compare(self, split: Split, into: npt.NDArray[np.uint8]) -> None:
        # Whoever is missing compares as false, so the question is put such that false is where they go.
        ask = np.greater if split.missing_left else np.less_equal
        ask(self._columns[split.column], split.threshold, out=into.view(np.bool_))


def goes_left(splits: Sequence[Split]) -> list[npt.NDArray[np.bool_]]:
    """For each split, which of all kinds go left there."""
    kinds = np.arange(1 << len(splits))
    return [(kinds >> number & 1 == 1) != split.missing_left for number, split in enumerate(splits)]


def read_splits(root: Mapping[str, Any]) -> tuple[Split, ...] | None:
    """A dumped tree's splits in the order of their index; None where there are too many, or unusual ones.

    Unusual are those that are not `<=`, or take zeros for missing.
    """
    found: dict[int, Split] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if "left_child" not in node:
            continue
        if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
            return None
        # Where the training had no missing cell, LightGBM reads one as zero.
        as_zero = node["missing_type"] == "None"
        missing_left = node["threshold"] >= 0.0 if as_zero else node["default_left"]
        found[node["split_index"]] = Split(node["split_feature"], node["threshold"], missing_left)
        waiting += [node["left_child"], node["right_child"]]
    if len(found) > MOST_SPLITS:
        return None
    return tuple(found[index] for index in sorted(found))


def read_leaves(node: Mapping[str, Any], path: tuple[Step, ...] = ()) -> Iterator[Leaf]:
    """A dumped tree's leaves, each with the way to it."""
    if "left_child" not in node:
        yield Leaf(node["leaf_value"], _cover(node), path)
        return
    for side in ("left_child", "right_child"):
        child = node[side]
        share = _cover(child) / _cover(node)
        step = Step(node["split_index"], node["split_feature"], side == "left_child", share)
        yield from read_leaves(child, (*path, step))


def _cover(node: Mapping[str, Any]) -> float:
    return float(node.get("internal_count", node.get("leaf_count", 1)))
