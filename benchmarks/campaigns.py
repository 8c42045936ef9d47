"""Does sizing a list by profit pay, and does `tenure lift` tell the truth? Both on simulated shops.

    python -m benchmarks.campaigns --customers 2000 --seeds 5

The first table holds lists against the hidden truth: what contacting each customer truly earns on average. The
second repeats a campaign whose effect is known and counts how often the interval holds it.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from features.build import build_features
from features.door.open import open_shop
from models.assignments import AssignmentRules
from models.profit import Costs, Numbers, expected_cost, expected_profit
from serving.decide.arms import held_back
from serving.decide.plan import plan_list
from tenure.settings import load_settings
from tenure.simulator import Scenario, SimulatedShop, simulate, simulate_blocks, write_shop
from tenure.simulator.campaigns import run_campaign
from tenure.simulator.expectations import expected_purchases, probability_of_return
from training.lift import Behaviour, Estimate, Lift, measure_lift
from training.train import train

COSTS = Costs(contact_cost=1.0, offer_cost=10.0, accept_rate=0.3)
CLV = 200.0
TENTHS = tuple(tenths / 10 for tenths in range(1, 11))
WINDOW_DAYS = 90
CONTROL_SHARE = 0.3


@dataclass(frozen=True)
class Earned:
    """What lists truly earn on average on some shops together, in currency; budgets None: no limit.

    A fixed cut-off is one churn probability, or one share of the list, for all shops: .1, .2 ... of either.
    `hindsight` is what the best of them earns, called `rule`, chosen by the truth of these very shops after the
    fact, which nobody can do; `ahead` is what each shop earns with the one that was best on the others.
    """

    ours: float
    hindsight: float
    rule: str
    ahead: float
    posterior: float
    size: int


def earn(shops: Sequence[pd.DataFrame], value: str, budget: float | None = None) -> Earned:
    """Hold lists of the same shops against the truth; `budget` is that of each shop.

    A shop has, per customer, `churn_probability` and `value_at_risk` by the model, `posterior_churn` and
    `posterior_value`, `true_churn` and `true_value`; money scaled so that the mean true value is CLV. With
    `value` "one" every customer is worth CLV, as in the paper; with "own" each what they are worth.
    """
    ours, posterior, size = 0.0, 0.0, 0
    cuts: list[dict[str, float]] = []
    for known in shops:
        p, best_p, true_p = (
            known[name].to_numpy() for name in ("churn_probability", "posterior_churn", "true_churn")
        )
        if value == "one":
            at_risk, best, truth = p * CLV, best_p * CLV, true_p * CLV
        else:
            at_risk = known["value_at_risk"].to_numpy()
            best = best_p * known["posterior_value"].to_numpy()
            truth = true_p * known["true_value"].to_numpy()
        worth = expected_profit(true_p, truth, COSTS)
        plan = plan_list(p, at_risk, COSTS, budget)
        ours += float(worth[plan.places].sum())
        posterior += float(worth[plan_list(best_p, best, COSTS, budget).places].sum())
        size += plan.size
        cuts.append({rule: float(worth[listed].sum()) for rule, listed in _fixed_lists(p, budget).items()})
    together = {rule: sum(cut[rule] for cut in cuts) for rule in cuts[0]}
    rule = max(together, key=lambda rule: together[rule])
    ahead = 0.0
    for own in cuts:
        elsewhere = {rule: together[rule] - own[rule] for rule in together}
        ahead += own[max(elsewhere, key=lambda rule: elsewhere[rule])]
    return Earned(ours, together[rule], rule, ahead if len(cuts) > 1 else np.nan, posterior, size)


def _fixed_lists(p: Numbers, budget: float | None) -> dict[str, "np.typing.NDArray[np.int64]"]:
    """The riskiest first up to each cut-off, as far as the budget goes: in practice, money ends a list too."""
    order = np.argsort(-p, kind="stable")
    lists = {f"p >= {cut:g}": order[p[order] >= cut] for cut in TENTHS}
    lists |= {f"top {share:.0%}": order[: round(share * len(order))] for share in TENTHS}
    if budget is not None:
        for rule, listed in lists.items():
            lists[rule] = listed[np.cumsum(expected_cost(p[listed], COSTS)) <= budget]
    return lists


def known_customers(scenario: Scenario) -> pd.DataFrame:
    """Train on the shop, score it, and lay truth and posterior beside the scores; see `earn`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_shop(simulate_blocks(scenario), scenario, folder)
        configuration = load_settings(folder / "tenure.toml")
        settings = configuration.settings
        shop = open_shop(settings.data, configuration.folder)
        horizons = settings.horizons.resolve(scenario.churn_window_days)
        result = train(
            shop, scenario.as_of, horizons, AssignmentRules(), settings.data.attributes, 0, lambda *_: None
        )
        features = build_features(
            shop.purchases, shop.interactions, shop.customers, scenario.as_of, result.model.plan
        )
        answers = result.model.answer(features.to_pyarrow().to_pandas(), scenario.as_of)
        truth = pq.read_table(folder / "truth.parquet").to_pandas().set_index("customer_id")
    return beside_truth(answers.set_index("customer_id"), truth, scenario)


def beside_truth(answers: pd.DataFrame, truth: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """The columns that `earn` asks for, in the BG/NBD world, whose horizons are one.

    What a saved customer is worth: their spend in the window, given that they return in it. For customers who
    have left, it is what they spent while they had not.
    """
    truth = truth.loc[answers.index]
    days = np.full(len(truth), float(scenario.clv_horizon_days))
    now, rate = np.zeros(len(truth)), truth["purchase_rate"].to_numpy()
    steady, stays = np.ones(len(truth), dtype=np.int64), np.zeros(len(truth))
    leaves = rate * truth["dropout_probability"].to_numpy()
    purchases = expected_purchases(days, now, rate, steady, leaves)
    value = truth["mean_spend"].to_numpy() * purchases / probability_of_return(days, now, rate, steady, stays)
    posterior = truth["posterior_expected_spend"] / truth["posterior_probability_of_return"]
    scale = CLV / value.mean()
    return pd.DataFrame(
        {
            "churn_probability": answers["churn_probability"],
            "value_at_risk": answers["value_at_risk"] * scale,
            "posterior_churn": 1 - truth["posterior_probability_of_return"],
            "posterior_value": posterior * scale,
            "true_churn": 1 - truth["probability_of_return"],
            "true_value": value * scale,
        }
    )


@dataclass(frozen=True)
class Repeated:
    """Campaigns on one shop, drawn again and again: each one's lift beside the true effect."""

    lifts: tuple[Lift, ...]
    return_effect: float
    spend_effect: float

    def return_coverage(self) -> float:
        """The share of intervals of the return rate that hold the truth."""
        return _held([lift.return_rate for lift in self.lifts], self.return_effect)

    def spend_coverage(self) -> float:
        """The share of intervals of the spend that hold the truth."""
        return _held([lift.spend for lift in self.lifts], self.spend_effect)

    def cannot_tell(self) -> float:
        """The share of campaigns of which it is said that one cannot tell."""
        return float(np.mean([lift.verdict == "cannot tell" for lift in self.lifts]))


def repeat_campaign(
    population: SimulatedShop,
    scenario: Scenario,
    size: int,
    control_share: float,
    accept_rate: float,
    repetitions: int,
) -> Repeated:
    """Draw `size` of the population at random, hold a part of them back, contact the others, measure; again.

    The true effect is that on the whole population.
    """
    everybody = population.truth["customer_id"].to_pylist()
    truth = run_campaign(population, scenario, everybody, accept_rate, 0)
    # Bought and spent without the campaign, so that only the orders it won are left to each repetition.
    before = _window(population.future_purchases, scenario).reindex(everybody).fillna(0.0)
    shop = replace(population, future_purchases=population.future_purchases.slice(0, 0))
    lifts = []
    for repetition in range(repetitions):
        rng = np.random.default_rng(repetition)
        drawn = [everybody[place] for place in rng.choice(len(everybody), size, replace=False)]
        control = held_back(drawn, "benchmark", control_share, str(repetition))
        contacted = [customer for customer in drawn if customer not in control]
        campaign = run_campaign(shop, scenario, contacted, accept_rate, repetition + 1)
        won = _window(campaign.future_purchases, scenario)
        after = before.loc[drawn].add(won.reindex(drawn).fillna(0.0))
        lift = measure_lift(
            _behaviour(after.loc[contacted]), _behaviour(after.loc[sorted(control)]), 1.0, 1.0, 10.0
        )
        assert lift is not None
        lifts.append(lift)
    return Repeated(tuple(lifts), truth.return_effect, truth.spend_effect)


def _window(purchases: pa.Table, scenario: Scenario) -> pd.DataFrame:
    """Orders and net spend of each customer in the churn window."""
    end = np.datetime64(scenario.as_of, "us") + np.timedelta64(scenario.churn_window_days, "D")
    log = purchases.select(["customer_id", "ordered_at", "amount"]).to_pandas()
    log = log[log["ordered_at"].dt.tz_localize(None) < end] if len(log) else log
    by_customer = log.assign(orders=(log["amount"] >= 0).astype(float)).groupby("customer_id")
    return by_customer.agg(orders=("orders", "sum"), spend=("amount", "sum"))


def _behaviour(customers: pd.DataFrame) -> Behaviour:
    return Behaviour((customers["orders"] > 0).to_numpy(float), customers["spend"].to_numpy(float))


def _held(estimates: Sequence[Estimate], truth: float) -> float:
    return float(np.mean([estimate.low <= truth <= estimate.high for estimate in estimates]))


def one_horizon(customers: int, seed: int) -> Scenario:
    """A shop whose posterior is known, and whose value is that of the churn window."""
    return Scenario(
        customers,
        seed,
        "bgnbd",
        history_days=365,
        churn_window_days=WINDOW_DAYS,
        clv_horizon_days=WINDOW_DAYS,
        interactions_per_year=0,
        refund_share=0.0,
    )


def simulate_population(scenario: Scenario) -> SimulatedShop:
    """The customers of whom campaigns are drawn."""
    options = {
        name: value for name, value in vars(scenario).items() if name not in ("customers", "seed", "world")
    }
    return simulate(scenario.customers, scenario.seed, scenario.world, **options)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each list as it is done, then a table of the lifts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, default=5, help="how many shops, from seed 1 on")
    parser.add_argument("--repetitions", type=int, default=200)
    chosen = parser.parse_args(arguments)
    print(
        "shops",
        "value",
        "budget",
        *Earned.__annotations__,
        "of_hindsight",
        "of_ahead",
        "of_posterior",
        sep="\t",
    )
    shops: list[pd.DataFrame] = []
    for seed in range(1, chosen.seeds + 1):
        shops.append(known_customers(one_horizon(chosen.customers, seed)))
        _print_lists(f"seed {seed}", shops[-1:], 0.75 * chosen.customers)
    _print_lists("together", shops, 0.75 * chosen.customers)
    lifts = Table("accept rate", "true effect", "returns held", "spend held", "cannot tell")
    scenario = one_horizon(10 * chosen.customers, 1)
    population = simulate_population(scenario)
    for accept_rate in (0.0, 0.3):
        found = repeat_campaign(
            population, scenario, chosen.customers, CONTROL_SHARE, accept_rate, chosen.repetitions
        )
        shares = (found.return_coverage(), found.spend_coverage(), found.cannot_tell())
        lifts.add_row(f"{accept_rate:g}", f"{found.return_effect:.3f}", *(f"{x:.1%}" for x in shares))
    Console().print(lifts)


def _print_lists(name: str, shops: Sequence[pd.DataFrame], budget: float) -> None:
    for value in ("one", "own"):
        for limit in (None, budget):
            earned = earn(shops, value, limit)
            others = (earned.hindsight, earned.ahead, earned.posterior)
            told = (*vars(earned).values(), *(round(earned.ours / other, 4) for other in others))
            figures = [one if isinstance(one, str) else f"{one:.6g}" for one in told]
            print(name, value, limit or "-", *figures, sep="\t", flush=True)


if __name__ == "__main__":
    main()
