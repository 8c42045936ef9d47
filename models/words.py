"""A column of words, empty where there is none to say."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def words_where(known: npt.NDArray[np.bool_], words: npt.NDArray[Any], index: pd.Index) -> "pd.Series[str]":
    """The words of the rows that are `known`, and missing ones of the others."""
    column = pd.Series(words, index=index, dtype="str")
    return column if known.all() else column.where(known)
