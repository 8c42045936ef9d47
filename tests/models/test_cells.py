import numpy as np
import pandas as pd

from models.cells import Cells, group_cells, once_per_cell

SHOP = pd.DataFrame(
    [("loyal", 9, 190, 200), ("lapsed", 4, 40, 200), ("lapsed_too", 4, 40, 200), ("one_time", 0, 0, 30)],
    columns=["customer_id", "frequency", "recency", "T"],
)


def test_customers_with_the_same_history_share_a_cell():
    cells = group_cells(SHOP)
    table = np.column_stack([cells.frequency, cells.recency, cells.T, cells.weight])
    assert table.tolist() == [[0, 0, 30, 1], [4, 40, 200, 2], [9, 190, 200, 1]]
    assert cells.customers == 4


def test_each_customer_gets_the_answer_of_their_own_cell():
    asked = []

    def answer(x, t_x, age):
        asked.append(len(x))
        return 1000 * x + t_x + age / 1000

    answers = once_per_cell(answer, SHOP["frequency"], SHOP["recency"], SHOP["T"])
    assert answers.tolist() == [9190.2, 4040.2, 4040.2, 0.03]
    assert asked == [3]


def test_nobody_asked_about_gets_no_answers():
    assert once_per_cell(lambda x, t_x, age: x, [], [], []).tolist() == []


def test_a_sample_keeps_the_shares_of_the_cells():
    cells = Cells(
        np.array([0.0, 1.0]), np.array([0.0, 5.0]), np.array([9.0, 9.0]), np.array([750_000.0, 250_000.0])
    )
    sample = cells.sample(10_000, seed=3)
    assert sample.customers == 10_000
    assert abs(sample.weight[0] - 7_500) < 4 * (10_000 * 0.75 * 0.25) ** 0.5


def test_few_customers_are_not_sampled():
    cells = group_cells(SHOP)
    assert cells.sample(4, seed=0) is cells


def test_the_unit_of_time_is_a_tenth_of_the_mean_age():
    assert group_cells(SHOP).time_unit == 15.75
    assert group_cells(SHOP.assign(T=0)).time_unit == 1.0
