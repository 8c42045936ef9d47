"""Every filter against a plain reading of the rows, alone and all together, rare and common."""

import dataclasses
import itertools
import json

import pytest

from serving.store import filters as store_filters
from serving.store.errors import UnknownNameError
from serving.store.store import Filters

CUSTOMERS = 120


@pytest.fixture
def published(writer, batch, many_scores):
    """Customers of two countries, one of them in ten also with a plan; the rows as they were published."""
    scores = many_scores(CUSTOMERS, 1.0).assign(
        clv=[float(n % 11) for n in range(CUSTOMERS)],
        value_tier=[("top", "low")[n % 3 == 0] for n in range(CUSTOMERS)],
        journey_stage=[("purchase", "retention")[n % 4 == 0] for n in range(CUSTOMERS)],
        churn_percentile=[1 + n * 100 // CUSTOMERS for n in range(CUSTOMERS)],
        days_since_last_purchase=[n % 60 for n in range(CUSTOMERS)],
        own_segments=['["fifth"]' if n % 5 == 0 else None for n in range(CUSTOMERS)],
    )
    countries = [("MY", "TH")[n % 2] for n in range(CUSTOMERS)]
    told = [
        {"country": country, **({"plan": "gold"} if n % 10 == 0 else {})}
        for n, country in enumerate(countries)
    ]
    own = dataclasses.replace(batch, own_segments=(("fifth", "every fifth"),))
    writer.publish(own, [scores.assign(attributes=[json.dumps(said) for said in told])])
    rows = scores.assign(
        country=countries,
        plan=["gold" if n % 10 == 0 else "" for n in range(CUSTOMERS)],
        fifth=[n % 5 == 0 for n in range(CUSTOMERS)],
    )
    return rows


FILTERS = {
    "rfm_segment": ("LOYAL", lambda r: r.rfm_segment == "LOYAL"),
    "own_segment": ("fifth", lambda r: r.fifth),
    "risk_band": ("high", lambda r: r.risk_band == "high"),
    "value_tier": ("top", lambda r: r.value_tier == "top"),
    "journey_stage": ("purchase", lambda r: r.journey_stage == "purchase"),
    "min_value_at_risk": (5.0, lambda r: r.value_at_risk >= 5),
    "max_value_at_risk": (40.0, lambda r: r.value_at_risk <= 40),
    "min_clv": (2.0, lambda r: r.clv >= 2),
    "max_clv": (8.0, lambda r: r.clv <= 8),
    "min_churn_percentile": (20, lambda r: r.churn_percentile >= 20),
    "max_churn_percentile": (95, lambda r: r.churn_percentile <= 95),
    "min_days_since_last_purchase": (3, lambda r: r.days_since_last_purchase >= 3),
    "max_days_since_last_purchase": (50, lambda r: r.days_since_last_purchase <= 50),
    "attributes": ((("country", "MY"), ("plan", "gold")), lambda r: (r.country == "MY") & (r.plan == "gold")),
}


@pytest.mark.parametrize("rare", [0, 10_000], ids=["walked", "sorted"])
def test_every_filter_and_every_pair_of_them_finds_who_it_should(published, reader, rare, monkeypatch):
    monkeypatch.setattr(store_filters, "RARE", rare)
    asked = [(name,) for name in FILTERS] + list(itertools.combinations(FILTERS, 2)) + [tuple(FILTERS)]
    for names in asked:
        expected = published
        for name in names:
            expected = expected[FILTERS[name][1](expected)]
        expected = expected.sort_values(["value_at_risk", "customer_id"], ascending=[False, True])

        page = reader.at_risk(Filters(**{name: FILTERS[name][0] for name in names}), CUSTOMERS)

        assert [score["customer_id"] for score in page.scores] == list(expected.customer_id), names


def test_a_walk_through_a_rare_attribute_meets_each_customer_once(published, reader):
    seen, cursor = [], None
    while True:
        page = reader.at_risk(Filters(attributes=(("plan", "gold"),)), 5, cursor, "clv")
        seen += [score["customer_id"] for score in page.scores]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == [f"c{n:04}" for n in range(0, CUSTOMERS, 10)]


def test_attributes_are_counted_and_told_of_each_customer(published, reader):
    assert reader.attributes() == {"country": {"MY": 60, "TH": 60}, "plan": {"gold": 12}}
    assert reader.portrait("c0010").attributes == {"country": "MY", "plan": "gold"}
    assert reader.at_risk(Filters(attributes=(("country", "SG"),)), 5).scores == []
    with pytest.raises(UnknownNameError, match=r"attribute is none that .* there are country, plan"):
        reader.at_risk(Filters(attributes=(("county", "MY"),)), 5)
