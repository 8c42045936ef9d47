"""Bands and tiers that take the batch before into account."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from models.steadiness import Steadiness

Before = Callable[[Sequence[str]], Mapping[str, Mapping[str, str | None]]]
"""The drawers of some customers in the batch before, by customer and column; who was not there is left out."""


def settle(answers: pd.DataFrame, steadiness: Steadiness, before: Before) -> pd.DataFrame:
    """The answers, where whoever stands near an edge keeps the drawer of the batch before.

    Only the batch of the newest earlier `as_of` counts, so scoring a day again gives the same drawers.
    """
    drawers = steadiness.drawers()
    values = {column: answers[of].astype(float) for column, (of, _) in drawers.items()}
    near = pd.Series(False, index=answers.index)
    for column, (_, edges) in drawers.items():
        near |= edges.near(values[column])
    if not near.any():
        return answers
    found = before(answers["customer_id"][near].tolist())
    settled = answers.copy()
    ids = answers["customer_id"][near]
    for column, (_, edges) in drawers.items():
        was = ids.map({i: row[column] for i, row in found.items()}).astype(object)
        settled.loc[near, column] = edges.keep(answers[column][near], values[column][near], was)
    return settled
