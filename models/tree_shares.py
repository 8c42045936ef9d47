"""TreeSHAP of many rows at once, from tables: which way a row goes at each split says all that a tree adds.

A tree with few splits knows few kinds of rows. What it adds for each kind is worked out once, by Shapley's
formula, and then looked up: the same numbers as LightGBM's `pred_contrib`, many times faster for many rows.
Lundberg et al. (2020), From local explanations to global understanding, algorithm 2.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from models.cells import Floats

MOST_SPLITS = 12
BLOCK_ROWS = 8192
"""So many rows of a column, and the table of a tree, stay in a processor's cache."""

Bits = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Split:
    """Rows go left where `column <= threshold`, or where the cell is missing and `missing_left`."""

    column: int
    threshold: float
    missing_left: bool


@dataclass(frozen=True)
class TreeTable:
    """`added[n]` is what `columns[n]` adds for each kind of row; a bit of a kind tells who goes left."""

    splits: tuple[Split, ...]
    columns: tuple[int, ...]
    added: Floats


@dataclass(frozen=True)
class TreeShares:
    """The tables of all trees of some boosters, whose contributions are averaged; `baseline` is their mean."""

    tables: tuple[TreeTable, ...]
    baseline: float
    members: int

    def contributions(self, cells: Floats) -> Floats:
        """One column per column of `cells`, a last one for the mean; rows sum to the mean raw score."""
        added = np.empty((len(cells), cells.shape[1] + 1))
        for first in range(0, len(cells), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            added[block, :-1] = self._of_block(np.ascontiguousarray(cells[block].T)).T
        added[:, -1] = self.baseline
        return added

    def _of_block(self, columns: Floats) -> Floats:
        added = np.zeros(columns.shape)
        for table in self.tables:
            kind = np.zeros(columns.shape[1], dtype=np.uint16)
            for number, split in enumerate(table.splits):
                cells = columns[split.column]
                left = ~(cells > split.threshold) if split.missing_left else cells <= split.threshold
                kind |= left.astype(np.uint16) << np.uint16(number)
            for column, shares in zip(table.columns, table.added, strict=True):
                added[column] += shares[kind]
        return added / self.members


def tabulate(members: Sequence[lightgbm.Booster]) -> TreeShares | None:
    """The tables of these boosters; None where a tree has too many splits or splits on something unusual."""
    tables, baseline = [], 0.0
    for member in members:
        for tree in member.dump_model()["tree_info"]:
            leaves = list(_leaves(tree["tree_structure"], ()))
            splits = _splits(tree["tree_structure"])
            if splits is None or len(splits) > MOST_SPLITS:
                return None
            covered = sum(leaf.cover for leaf in leaves)
            baseline += sum(leaf.value * leaf.cover for leaf in leaves) / covered
            if splits:
                tables.append(_table(splits, leaves))
    return TreeShares(tuple(tables), baseline / len(members), len(members))


@dataclass(frozen=True)
class _Step:
    """One step down a tree: at which split, whether to the left, with what share of the split's rows."""

    split: int
    column: int
    is_left: bool
    share: float


@dataclass(frozen=True)
class _Leaf:
    value: float
    cover: float
    path: tuple[_Step, ...]


def _leaves(node: Mapping[str, Any], path: tuple[_Step, ...]) -> Iterator[_Leaf]:
    if "left_child" not in node:
        yield _Leaf(node["leaf_value"], _cover(node), path)
        return
    for side in ("left_child", "right_child"):
        child = node[side]
        share = _cover(child) / _cover(node)
        step = _Step(node["split_index"], node["split_feature"], side == "left_child", share)
        yield from _leaves(child, (*path, step))


def _cover(node: Mapping[str, Any]) -> float:
    return float(node.get("internal_count", node.get("leaf_count", 1)))


def _splits(root: Mapping[str, Any]) -> tuple[Split, ...] | None:
    """In the order of their index; None where one is not `<=` or takes zeros for missing."""
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
    return tuple(found[index] for index in sorted(found))


def _table(splits: tuple[Split, ...], leaves: Sequence[_Leaf]) -> TreeTable:
    columns = tuple(sorted({split.column for split in splits}))
    kinds = np.arange(1 << len(splits))
    goes_left = [(kinds >> number & 1).astype(bool) for number in range(len(splits))]
    added = np.zeros((len(columns), len(kinds)))
    for leaf in leaves:
        asked = sorted({step.column for step in leaf.path})
        passed = np.zeros(len(kinds), dtype=np.int64)
        shares = []
        for place, column in enumerate(asked):
            steps = [step for step in leaf.path if step.column == column]
            holds = np.all([goes_left[step.split] == step.is_left for step in steps], axis=0)
            passed |= holds.astype(np.int64) << place
            shares.append(float(np.prod([step.share for step in steps])))
        of_leaf = _shapley(leaf.value, np.array(shares))
        for place, column in enumerate(asked):
            added[columns.index(column)] += of_leaf[place][passed]
    return TreeTable(splits, columns, added)


def _shapley(value: float, shares: Floats) -> Floats:
    """What each column on the way to a leaf adds, for every set of columns whose conditions a row meets.

    The leaf counts `value` times, for a known column, 1 or 0 as it meets its conditions, and for an unknown
    one, the share of rows that do.
    """
    number = len(shares)
    met = (np.arange(1 << number)[:, None] >> np.arange(number) & 1).astype(float)
    weights = [factorial(k) * factorial(number - k - 1) / factorial(number) for k in range(number)]
    added = np.empty((number, len(met)))
    for own in range(number):
        # Coefficient k: the sum over all sets of k known columns beside this one.
        by_known = np.zeros((len(met), number))
        by_known[:, 0] = 1.0
        for other in range(number):
            if other != own:
                grown = by_known * shares[other]
                grown[:, 1:] += by_known[:, :-1] * met[:, other, None]
                by_known = grown
        added[own] = value * (met[:, own] - shares[own]) * (by_known @ weights)
    return added
