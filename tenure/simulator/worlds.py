"""The worlds a shop can live in: which customers it has, and how they buy, pause and leave.

Every population is a set of distributions; each customer draws hidden parameters from them once. Rates
are per day of shop time (see clock.py), spend is in shop currency.
"""

from dataclasses import dataclass

from features.errors import ConfigurationError


@dataclass(frozen=True)
class Population:
    """Customers of one sort. Exactly one of the two ways to leave is given.

    `purchase_rate`: shape and rate of the gamma distribution of a customer's purchases per day.
    `gap_shapes`: a customer's gaps are Erlang with one of these shapes; 1 is BG/NBD's exponential gap.
    `leaves_after_purchase`: beta distribution of the chance to leave right after a repeat purchase (BG/NBD).
    `leaves_over_time`: shape and rate of the gamma distribution of the daily hazard of leaving (Pareto/NBD).
    `pause_probability`, `pause_days`: after a purchase, the chance of a long pause, and its mean length.
    """

    name: str
    purchase_rate: tuple[float, float]
    gap_shapes: tuple[int, ...] = (1,)
    leaves_after_purchase: tuple[float, float] | None = None
    leaves_over_time: tuple[float, float] | None = None
    pause_probability: float = 0.0
    pause_days: float = 1.0
    is_seasonal: bool = False


@dataclass(frozen=True)
class Spend:
    """Gamma-Gamma: an order is Gamma(p, nu), a customer's nu is Gamma(q, v); mean order p * v / (q - 1)."""

    p: float
    q: float
    v: float


SPEND = Spend(p=6.25, q=3.744, v=15.444)

_BGNBD = Population("bgnbd", purchase_rate=(1.2, 70.0), leaves_after_purchase=(0.8, 6.0))
_REGULAR = Population("regular", (2.0, 70.0), gap_shapes=(1, 2, 4, 8), leaves_over_time=(1.0, 200.0))
_SEASONAL = Population("seasonal", (1.2, 70.0), leaves_after_purchase=(0.8, 6.0), is_seasonal=True)
_RETURNING = Population(
    "returning", (2.0, 60.0), leaves_over_time=(1.0, 500.0), pause_probability=0.15, pause_days=180.0
)

WORLDS: dict[str, tuple[Population, ...]] = {
    "bgnbd": (_BGNBD,),
    "regular": (_REGULAR,),
    "seasonal": (_SEASONAL,),
    "returning": (_RETURNING,),
    "mixed": (_BGNBD, _REGULAR, _SEASONAL, _RETURNING),
}
"""Populations by world, in equal shares. Rates are low enough that under 2% of BG/NBD's gaps end on the day
they began: the daily summary merges such purchases, and fits to it stay close to the truth."""


SUBSCRIPTION = "subscription"
"""The world of contracts, which is simulated apart: see tenure.simulator.contracts."""


def find_world(name: str) -> tuple[Population, ...]:
    """The populations of the world called `name`."""
    if name not in WORLDS:
        raise ConfigurationError(
            f"There is no world '{name}'. Choose one of {', '.join((*WORLDS, SUBSCRIPTION))}."
        )
    return WORLDS[name]
