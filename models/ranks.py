"""Where a value stands among those of the training's customers, by edges that fit into the model."""

import numpy as np
import numpy.typing as npt

from models.cells import Floats


def learn_edges(values: npt.ArrayLike, levels: int) -> tuple[float, ...]:
    """The quantiles that cut the known values into `levels` equal groups; none if no value is known."""
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return ()
    return tuple(float(edge) for edge in np.quantile(known, np.arange(1, levels) / levels))


def level(values: npt.ArrayLike, edges: tuple[float, ...]) -> npt.NDArray[np.int64]:
    """The group of each value, from 0 to `len(edges)`; a missing one is taken as the largest.

    A value that equals several edges, as one that many customers share, stands in the middle of their
    groups: where all customers are alike, nobody is at the top or at the bottom.
    """
    given: Floats = np.asarray(values, dtype=float)
    below, up_to = (np.searchsorted(edges, given, side) for side in ("left", "right"))
    middle: npt.NDArray[np.int64] = (below + up_to) // 2
    return middle
