"""Rules of segments of one's own: who is in, and what is refused in a sentence."""

import pandas as pd
import pytest

from serving.scoring.rule import RuleError, compile_rule, parse

COLUMNS = {"risk": "number", "clv": "number", "segment": "text", "eligible": "flag"}
FRAME = pd.DataFrame(
    {
        "risk": [0.1, 0.7, None, 0.9],
        "clv": [100.0, 50.0, 10.0, None],
        "segment": ["LOYAL", "NEW", None, "NEW"],
        "eligible": [True, True, False, True],
    },
    index=["a", "b", "c", "d"],
)


def members(rule):
    found = compile_rule(rule, COLUMNS)(FRAME)
    return "".join(found.index[found])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("risk > 0.6", "bd"),
        ("risk > 0.6 and clv >= 50", "b"),
        ("risk > 0.6 or clv == 100", "abd"),
        ("not risk > 0.6", "a"),  # of whom the risk is unknown it is not said either
        ("segment in ('NEW', 'DORMANT')", "bd"),
        ("segment not in ['NEW']", "a"),
        ("segment is None", "c"),
        ("segment is not None and eligible", "abd"),
        ("not eligible", "c"),
        ("eligible == True", "abd"),
        ("0.1 <= risk < 0.9", "ab"),
        ("risk * clv > 30", "b"),
        ("clv / 0 > 1", ""),
        ("1 / 0 > 1", ""),
        ("clv > -1", "abc"),
        ("segment != 'NEW'", "a"),
        ("2 > 1", "abcd"),
        ("(risk > 0.6) != (clv > 60)", "ab"),
    ],
)
def test_who_meets_a_rule(rule, expected):
    assert members(rule) == expected


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("rsik > 0.6", r"names 'rsik'; there is no such column; perhaps 'risk'"),
        ("churn_percentile > 90", "only known once everybody has a score; use churn_probability"),
        ("risk > 'high'", "compares a number with a text"),
        ("segment == 5", "compares a text with a number; texts stand in quotes"),
        ("segment > 0 and eligible", "compares a text with a number"),
        ("risk", "is a number, neither true nor false"),
        ("risk and eligible", "has a number where and / or takes a flag"),
        ("segment + 1 > 2", "has a text where arithmetic takes a number"),
        ("segment in 'NEW'", "needs a list after `in`"),
        ("risk is 5", "uses `is` for something other"),
        ("", "cannot be read"),
        ("risk > 1 1", "cannot be read at column"),
        ("risk = 5", "cannot be read"),
        ("__import__('os').system('true')", "which is no part of a rule"),
        ("risk.real > 0", "which is no part of a rule"),
        ("(lambda: True)()", "which is no part of a rule"),
        ("[r for r in risk]", "which is no part of a rule"),
        ("risk ** 9999999 > 1", "which is no part of a rule"),
        ("f'{risk}' == 'x'", "which is no part of a rule"),
        ("risk > 1 if eligible else clv > 1", "which is no part of a rule"),
        ("(" * 400 + "eligible" + ")" * 400, "cannot be read"),
        ("risk\x00 > 1", "cannot be read"),
    ],
)
def test_what_is_no_rule_is_refused_in_a_sentence(rule, words):
    with pytest.raises(RuleError, match=words):
        compile_rule(rule, COLUMNS)


def test_the_language_is_checked_before_the_columns_are_known():
    parse("anything > 1 and something in ('a',)")
    with pytest.raises(RuleError, match="no part of a rule"):
        parse("open('x')")
