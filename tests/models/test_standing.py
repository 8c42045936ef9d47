"""Of whom a shop of contracts can be asked, and what the others are told. As of 2026-01-01, 30 days ahead."""

from datetime import date

import pandas as pd

from models.standing import asked, standing, withhold

AS_OF = date(2026, 1, 1)
CUSTOMERS = pd.DataFrame(
    {
        "due": [1, 1, 0, 30, None, 30],
        "later": [1, 1, 31, 365, None, 30],
        "on the edge": [1, 1, 30, 60, None, 30],
        "lost": [2, 0, None, 30, 40, 61],
        "orders since": [1, 0, None, 30, 40, 12],
        "orders only": [0, 0, None, None, None, 12],
    },
    index=[
        "contract_count",
        "contracts_running",
        "contract_renewal_due_days",
        "contract_period_days",
        "days_since_contract_end",
        "days_since_last_purchase",
    ],
    dtype=float,
).T


def test_asked_is_who_falls_due_in_the_window_or_buys_without_a_contract():
    assert dict(zip(CUSTOMERS.index, standing(CUSTOMERS, 30), strict=True)) == {
        "due": "asked",
        "later": "not due",
        "on the edge": "not due",
        "lost": "lost",
        "orders since": "asked",
        "orders only": "asked",
    }


def test_a_longer_window_asks_about_more():
    assert asked(CUSTOMERS, 32).tolist() == [True, True, True, False, True, True]


def test_everybody_is_asked_about_in_a_shop_without_contracts():
    assert asked(CUSTOMERS[["days_since_last_purchase"]], 30).all()


def test_the_others_keep_their_facts_and_are_told_why():
    answers = pd.DataFrame(
        {
            "eligible": True,
            "ineligible_reason": pd.Series(None, index=CUSTOMERS.index, dtype="str"),
            "churn_probability": 0.25,
            "risk_band": "low",
            "reasons": pd.Series([[{"text": "has renewed 7 times"}]] * 6, index=CUSTOMERS.index),
            "historic_spend": 70.0,
        },
        index=CUSTOMERS.index,
    )
    told = withhold(answers, CUSTOMERS, 30, AS_OF)
    assert told["eligible"].tolist() == [True, False, False, False, True, True]
    assert told["ineligible_reason"].dropna().tolist() == [
        "The contract is next due on 2026-02-01, after the 30 days that are looked ahead.",
        "The contract is next due on 2026-01-31, after the 30 days that are looked ahead.",
        "The last contract ended on 2025-11-22: there is no renewal to predict.",
    ]
    assert told.loc["due", "churn_probability"] == 0.25
    assert told.loc[["later", "lost"], ["churn_probability", "risk_band", "reasons"]].isna().all(axis=None)
    assert told.loc["lost", "reasons"] is None
    assert (told["historic_spend"] == 70.0).all()
