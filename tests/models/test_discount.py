import numpy as np
import pytest

from models.discount import Discount


def worth(discount, expected):
    return sum(w * expected(t) for t, w in zip(discount.moments, discount.weights, strict=True))


def test_without_a_rate_a_purchase_is_a_purchase():
    for discount in (Discount.none(90), Discount.by_the_moment(90, 0.0), Discount.by_the_period(30, 3, 0.0)):
        assert worth(discount, lambda t: t / 30) == pytest.approx(3.0)


def test_by_the_period_counts_each_period_at_its_end():
    discount = Discount.by_the_period(30, 3, 0.1)
    assert worth(discount, lambda t: t / 30) == pytest.approx(1 / 1.1 + 1 / 1.21 + 1 / 1.331)


def test_by_the_moment_is_the_integral_over_a_steady_stream():
    assert worth(Discount.by_the_moment(400, 0.002), lambda t: t) == pytest.approx(
        (1 - np.exp(-0.8)) / 0.002, rel=1e-10
    )


def test_no_weight_is_negative():
    for discount in (Discount.by_the_moment(5_000, 0.01), Discount.by_the_period(30, 12, 0.5)):
        assert min(discount.weights) > 0
