from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1
from scipy.stats import beta

from models.discount import Discount
from models.dropout import discounted_while_alive


def one(horizon, shape, rate, a, b):
    rows = np.array([shape]), np.array([rate])
    return discounted_while_alive(Discount.none(horizon), *rows, a, np.array([b]))[0]


@pytest.mark.parametrize(
    ("horizon", "shape", "rate", "a", "b"),
    [
        (39, 0.24, 4.4, 0.79, 2.43),
        (90, 12.2, 200, 0.79, 14.4),
        (365, 2.5, 0.9, 3.0, 1.2),
        (300, 40, 1, 1, 30),
        (1800, 0.3, 2, 0.8, 2.5),
    ],
)
def test_equals_the_integral_over_the_chance_of_leaving(horizon, shape, rate, a, b):
    def bought(log_p):
        p = np.exp(log_p)
        return -np.expm1(-shape * np.log1p(p * horizon / rate)) * beta.pdf(p, a, b)

    edges = np.linspace(-60, 0, 121)
    expected = sum(quad(bought, *edge, epsabs=0, epsrel=1e-10)[0] for edge in pairwise(edges))
    assert one(horizon, shape, rate, a, b) == pytest.approx(expected, rel=1e-7)


def test_equals_the_hypergeometric_expression_of_the_paper():
    shape, rate, a, b, horizon = 3.2, 50.0, 1.7, 5.4, 30.0
    z = horizon / (rate + horizon)
    hypergeometric = hyp2f1(shape, b, a + b - 1, z) * (1 - z) ** shape
    assert one(horizon, shape, rate, a, b) == pytest.approx(
        (a + b - 1) / (a - 1) * (1 - hypergeometric), rel=1e-10
    )


def test_customers_who_never_leave_keep_their_rate():
    assert one(100, 2.0, 10.0, 1e-9, 1e3) == pytest.approx(20.0, rel=1e-6)


def test_customers_who_leave_at_their_next_purchase_buy_at_most_once():
    assert one(1e6, 2.0, 1.0, 1e6, 1.0) == pytest.approx(1.0, rel=1e-4)
