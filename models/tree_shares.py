"""TreeSHAP of many rows at once, from tables: which way a row goes at each split says all that a tree adds.

A tree with few splits knows few kinds of rows. What it adds for each kind is worked out once, by Shapley's
formula, and then looked up: the same numbers as LightGBM's `pred_contrib`, many times faster for many rows.
Lundberg et al. (2020), From local explanations to global understanding, algorithm 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

import lightgbm
import numpy as np

from models.cells import Floats
from models.tree_kinds import Kinds, Leaf, Split, goes_left, read_leaves, read_splits
from models.tree_scores import BLOCK_ROWS


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
        added = np.empty((len(cells), cells.shape[1] + 1), order="F")
        columns = np.asfortranarray(cells).T
        for first in range(0, len(cells), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            added[block, :-1] = self._of_block(columns[:, block]).T
        added[:, -1] = self.baseline
        return added

    def _of_block(self, columns: Floats) -> Floats:
        added = np.zeros(columns.shape)
        kinds = Kinds(columns)
        shares = np.empty(columns.shape[1])
        for table in self.tables:
            kind = kinds.of(table.splits)
            for column, of_kinds in zip(table.columns, table.added, strict=True):
                np.take(of_kinds, kind, out=shares, mode="clip")
                added[column] += shares
        added /= self.members
        return added


def tabulate(members: Sequence[lightgbm.Booster]) -> TreeShares | None:
    """The tables of these boosters; None where a tree has too many splits or splits on something unusual."""
    tables, baseline = [], 0.0
    for member in members:
        for tree in member.dump_model()["tree_info"]:
            leaves = list(read_leaves(tree["tree_structure"]))
            splits = read_splits(tree["tree_structure"])
            if splits is None:
                return None
            covered = sum(leaf.cover for leaf in leaves)
            baseline += sum(leaf.value * leaf.cover for leaf in leaves) / covered
            if splits:
                tables.append(_table(splits, leaves))
    return TreeShares(tuple(tables), baseline / len(members), len(members))


def _table(splits: tuple[Split, ...], leaves: Sequence[Leaf]) -> TreeTable:
    columns = tuple(sorted({split.column for split in splits}))
    left = goes_left(splits)
    added = np.zeros((len(columns), 1 << len(splits)))
    for leaf in leaves:
        asked = sorted({step.column for step in leaf.path})
        passed = np.zeros(1 << len(splits), dtype=np.int64)
        shares = []
        for place, column in enumerate(asked):
            steps = [step for step in leaf.path if step.column == column]
            holds = np.all([left[step.split] == step.is_left for step in steps], axis=0)
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
