"""Every purchase and interaction feature, computed again from the words of the catalogue in plain Python."""

import itertools
import math
import random
import statistics
from collections import Counter, defaultdict

import pandas as pd
import pytest

CUSTOMERS = [f"customer {number}" for number in range(40)]
KINDS = ["session", "support", "survey_nps", "loyalty_earn", "referral", "email_sent", "store visit"]
CHANNELS = ["web", "shop", None]
CATEGORIES = ["tea", "pots", "cups", None]


def random_log(seed):
    """Purchases and interactions as (customer, days ago, amount or kind, cells); some still lie ahead."""
    dice = random.Random(seed)
    purchases = []
    for customer in CUSTOMERS:
        first, every = dice.uniform(0.1, 1000), dice.uniform(1, 120)
        at = first
        while at > -60 and dice.random() > 0.03:
            amount = dice.choice([round(dice.lognormvariate(3, 1), 2), 10, 0])
            told = {
                "quantity": dice.choice([None, 1, 2.5, 7]),
                "discount": dice.choice([None, 0, 1.25]),
                "is_guest": dice.choice([None, True, False]),
                "channel": dice.choice(CHANNELS),
                "category": dice.choice(CATEGORIES),
            }
            purchases.append((customer, at, amount, told))
            if dice.random() < 0.1:
                purchases.append((customer, at - dice.uniform(0, 20), -amount - 0.01, told))
            at -= dice.choice([dice.expovariate(1 / every), 0.01, every])
    interactions = []
    for _ in range(1500):
        customer, kind = dice.choice(CUSTOMERS[5:]), dice.choice(KINDS)
        # Whole 64ths of a day are whole seconds, and every measure has at most four decimals.
        at, told = round(dice.uniform(-60, 800) * dice.random() * 64) / 64, {}
        if kind == "session":
            told = {
                "duration_seconds": dice.choice([None, round(dice.uniform(0, 900), 3)]),
                "pages": dice.choice([None, 3]),
            }
        if kind == "support":
            told = {"resolved_at": dice.choice([None, at - dice.randrange(2000) / 64])}
        if kind == "survey_nps":
            told = {"score": dice.choice([None, *range(11)])}
        if kind == "loyalty_earn":
            told = {"points": dice.randrange(100)}
        interactions.append((customer, at, kind, told))
    return purchases, interactions


@pytest.mark.parametrize(("seed", "h"), [(1, 90), (2, 30), (3, 400)])
def test_features_equal_an_independent_computation(seed, h, open_small_shop, features_of):
    purchases, interactions = random_log(seed)
    features = features_of(open_small_shop(purchases, interactions), churn_window_days=h)
    typical = typical_gap(purchases, h)
    expected = {}
    for customer in CUSTOMERS:
        told = purchase_features([event for event in purchases if event[0] == customer], h, typical)
        if told:
            mine = [event for event in interactions if event[0] == customer]
            expected[customer] = told | basket_features([e for e in purchases if e[0] == customer])
            expected[customer] |= interaction_features(mine, h)
    table = pd.DataFrame.from_dict(
        expected, orient="index", columns=features.columns.tolist(), dtype="float64"
    )
    calendar = ["as_of_month", "as_of_year_sin", "as_of_year_cos"]
    table = table.drop(columns=calendar).sort_index()
    found = features.drop(columns=calendar).astype("float64")
    assert len(table) > 30
    assert table.notna().any().all(), "a feature that the oracle does not know, or that the log never shows"
    pd.testing.assert_frame_equal(found, table, check_names=False, rtol=1e-9, atol=2e-9)


def day(days_ago):
    return math.ceil(days_ago)


def mean(numbers):
    return sum(numbers) / len(numbers) if numbers else math.nan


def spread(numbers):
    return statistics.stdev(numbers) if len(numbers) > 1 else math.nan


def typical_gap(purchases, h):
    logs = []
    for customer in CUSTOMERS:
        days = sorted(
            {day(at) for who, at, amount, _ in purchases if who == customer and at > 0 and amount >= 0}
        )
        if len(days) > 1:
            logs.append(math.log((days[-1] - days[0]) / (len(days) - 1)))
    return round(math.exp(mean(logs)), 2) if logs else h


def purchase_features(events, h, typical):
    past = [(day(at), amount) for _, at, amount, _ in events if at > 0]
    bought = [(ago, amount) for ago, amount in past if amount >= 0]
    if not bought:
        return None
    refunds = [(ago, -amount) for ago, amount in past if amount < 0]
    spent = defaultdict(float)
    for ago, amount in bought:
        spent[ago] += amount
    days = sorted(spent, reverse=True)
    amounts = [spent[ago] for ago in days]
    gaps = [before - after for before, after in itertools.pairwise(days)]
    silence, average = days[-1], mean(amounts)
    told = {
        "frequency": len(days) - 1,
        "recency": days[0] - days[-1],
        "T": days[0] - 1,
        "monetary_value": mean(amounts[1:]),
        "days_since_last_purchase": silence,
        "purchase_count": len(bought),
        "purchase_day_count": len(days),
        "orders_per_day": len(bought) / len(days),
        "purchases_first_30d": sum(days[0] - ago < 30 for ago in days),
        "historic_spend": sum(amounts) - sum(amount for _, amount in refunds),
        "gross_spend": sum(amounts),
        "refund_count": len(refunds),
        "refund_amount": sum(amount for _, amount in refunds),
        "gap_mean_days": mean(gaps),
        "gap_std_days": spread(gaps),
        "gap_max_days": max(gaps, default=math.nan),
        "gap_last_days": gaps[-1] if gaps else math.nan,
        "silence_log_ratio": math.log(silence / ((sum(gaps) + 2 * typical) / (len(gaps) + 2))),
        "silence_gap_share": mean([gap < silence for gap in gaps]),
        "silence_to_max_gap": silence / max(gaps) if gaps else math.nan,
        "regularity": mean(gaps) ** 2 / (mean(gaps) ** 2 + spread(gaps) ** 2),
        "amount_mean": average,
        "amount_std": spread(amounts),
        "first_amount": amounts[0],
        "amount_last": amounts[-1],
        "amount_max": max(amounts),
        "amount_trend": math.nan,
        "season_purchase_share": math.nan,
    }
    if len(days) > 1 and average > 0:
        told["amount_trend"] = statistics.linear_regression(range(len(days)), amounts).slope / average
    if days[0] >= 365:
        told["season_purchase_share"] = mean([(-ago) % 365 < h for ago in days])
    for w in {7, 30, 90, 180, 365, h, 2 * h}:
        told |= window_features(f"{w}d", past, lambda ago, w=w: ago <= w)
    season = window_features("season", past, lambda ago: 365 - h < ago <= 365)
    told |= {name: season[name] for name in ("purchase_days_season", "spend_season")}
    for d in (30, 90, 360):
        told[f"purchase_rate_ew_{d}d"] = sum(math.exp(-ago / d) for ago in days) / d
    told["purchase_trend"] = trend(told[f"purchase_days_{h}d"], told[f"purchase_days_{2 * h}d"])
    return told


def window_features(name, past, inside):
    within = [(ago, amount) for ago, amount in past if inside(ago)]
    return {
        f"purchase_days_{name}": len({ago for ago, amount in within if amount >= 0}),
        f"orders_{name}": sum(amount >= 0 for _, amount in within),
        f"spend_{name}": sum(amount for _, amount in within),
        f"refunds_{name}": sum(amount < 0 for _, amount in within),
    }


def trend(recent, both):
    return math.log((1 + recent) / (1 + both - recent))


def basket_features(events):
    orders = [told for _, at, amount, told in events if at > 0 and amount >= 0]

    def given(name):
        return [told[name] for told in orders if told[name] is not None]

    categories = Counter(given("category"))
    told = {
        "items_per_order": mean(given("quantity")),
        "discount_mean": mean(given("discount")),
        "discounted_order_share": mean([discount > 0 for discount in given("discount")]),
        "guest_order_share": mean(given("is_guest")),
        "category_count": len(categories),
        "category_top_share": max(categories.values(), default=math.nan) / (categories.total() or 1),
    }
    for channel in CHANNELS[:2]:
        told[f"{channel}__order_share"] = mean([one == channel for one in given("channel")])
    return told


def interaction_features(events, h):
    past = [(day(at), kind, told, at) for _, at, kind, told in events if at > 0]
    engaged = [ago for ago, kind, _, _ in past if kind != "email_sent"]
    told = {f"engagement_count_{w}d": within(engaged, w) for w in {30, 90, 365, h, 2 * h}}
    told["engagement_kinds_90d"] = len(
        {kind for ago, kind, _, _ in past if ago <= 90 and kind != "email_sent"}
    )
    told["engagement_days_since_last"] = min(engaged, default=math.nan)
    told["engagement_trend"] = trend(within(engaged, h), within(engaged, 2 * h))
    for kind in KINDS:
        slug = kind.replace(" ", "_")
        mine = [(ago, cells, at) for ago, its, cells, at in past if its == kind]
        days = [ago for ago, _, _ in mine]
        this_year = [(cells, at) for ago, cells, at in mine if ago <= 365]
        told |= {f"{slug}__count_{w}d": within(days, w) for w in {30, 90, 365, h, 2 * h}}
        told[f"{slug}__days_since_last"] = min(days, default=math.nan)
        told[f"{slug}__trend"] = trend(within(days, h), within(days, 2 * h))
        for measure in {"session": ["duration_seconds", "pages"], "loyalty_earn": ["points"]}.get(kind, []):
            told[f"{slug}__{measure}_{h}d"] = sum(cells[measure] or 0 for ago, cells, _ in mine if ago <= h)
            given = [cells[measure] for cells, _ in this_year if cells[measure] is not None]
            told[f"{slug}__{measure}_mean_365d"] = mean(given)
        if kind == "survey_nps":
            scores = [cells["score"] for cells, _ in this_year if cells["score"] is not None]
            told[f"{slug}__score_mean_365d"] = mean(scores)
            told[f"{slug}__score_lowest_365d"] = min(scores, default=math.nan)
        if kind == "support":
            ended = [(at, cells["resolved_at"]) for cells, at in this_year if (cells["resolved_at"] or 0) > 0]
            told[f"{slug}__open_365d"] = len(this_year) - len(ended)
            told[f"{slug}__resolution_hours_365d"] = mean([(at - end) * 24 for at, end in ended])
    return told


def within(days, w):
    return sum(ago <= w for ago in days)
