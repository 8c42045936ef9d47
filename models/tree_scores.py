"""Raw scores of many rows at once: LightGBM's own, to the last bit, in a fraction of the time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np

from models.cells import Floats
from models.tree_kinds import Kinds, Leaf, Split, goes_left, read_leaves, read_splits

BLOCK_ROWS = 32_768
"""A processor's cache holds a few columns of so many rows; of fewer, Python's own part would be felt."""


@dataclass(frozen=True)
class TreeScores:
    """For each booster, its trees: the splits, and what the tree answers for each kind of row."""

    members: tuple[tuple[tuple[tuple[Split, ...], Floats], ...], ...]

    def raw_scores(self, cells: Floats) -> list[Floats]:
        """Of each booster one score a row, added up tree by tree as LightGBM does."""
        scores = [np.zeros(len(cells)) for _ in self.members]
        columns = np.asfortranarray(cells).T
        for first in range(0, len(cells), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            kinds = Kinds(columns[:, block])
            for trees, score in zip(self.members, scores, strict=True):
                part = score[block]
                answer = np.empty(len(part))
                for splits, values in trees:
                    np.take(values, kinds.of(splits), out=answer, mode="clip")
                    part += answer
        return scores


def tabulate_scores(members: Sequence[lightgbm.Booster]) -> TreeScores | None:
    """The tables of these boosters; None where a tree has too many splits or splits on something unusual."""
    tabulated = []
    for member in members:
        trees = []
        for tree in member.dump_model()["tree_info"]:
            splits = read_splits(tree["tree_structure"])
            if splits is None:
                return None
            trees.append((splits, _values(splits, read_leaves(tree["tree_structure"]))))
        tabulated.append(tuple(trees))
    return TreeScores(tuple(tabulated))


def _values(splits: tuple[Split, ...], leaves: Iterable[Leaf]) -> Floats:
    left = goes_left(splits)
    values = np.zeros(1 << len(splits))
    for leaf in leaves:
        comes_here = np.ones(len(values), dtype=bool)
        for step in leaf.path:
            comes_here &= left[step.split] == step.is_left
        values[comes_here] = leaf.value
    return values
