"""What is left today of spend that comes over a horizon."""

import numpy as np
import pandas as pd

from models.cells import Floats
from models.horizons import Horizons
from models.renewals import AnyPurchases

NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
YEAR_DAYS = 365.0


def discounted_share(purchases: AnyPurchases, features: pd.DataFrame, horizons: Horizons) -> Floats:
    """The discounted over the plain sum of the purchases expected in the CLV horizon, for each row.

    With d = exp(-rate t), the discounted sum is d(H) E(H) + rate * integral of d(t) E(t): no rate of
    discount makes a longer horizon worth less.
    """
    rate = np.log1p(horizons.annual_discount_rate) / YEAR_DAYS
    if rate == 0:
        return np.ones(len(features))
    horizon = float(horizons.clv_horizon_days)
    plain = purchases.expected_purchases(features, horizon)
    discounted = np.exp(-rate * horizon) * plain
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        moment = horizon * (node + 1.0) / 2.0
        expected = purchases.expected_purchases(features, moment)
        discounted += rate * horizon / 2.0 * weight * np.exp(-rate * moment) * expected
    return np.asarray(discounted / plain)
