"""Learn a model from what was known on a date: the recipe, and what is done where it does not fit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np

from features.errors import DataError
from features.plan import FeaturePlan
from models.churn import ReturnModel, fit_returns, rarer_events
from models.fallback import fit_shop_pace
from models.history import TypicalHistory
from models.horizons import Horizons
from models.renewals import AnyPurchases, with_pace
from models.spread import Moves, fit_spread, usual_spread
from models.tenure_model import Kind, TenureModel
from models.value import SpendModel, fit_spend
from training.examples import Examples, gather_examples
from training.if_return import spend_if_return
from training.past import Past, State
from training.season import season_shift
from training.snapshots import schedule_snapshots

Tell = Callable[[int, int, str], None]

LEAST_CUSTOMERS = 30
LEAST_EVENTS = 50.0
ENOUGH_ROWS = 10_000  # of full windows: with fewer the trees learn from the short ones too
SPEND_VARIATION = 3.0  # standard deviation over mean: of few customers, the mean tells little
YEAR_DAYS = 365
USUAL_SWING = 0.1  # log spend, of a shop too young to show its own: real logs had 0.05 to 0.2


def learn(past: Past, as_of: date, plan: FeaturePlan, horizons: Horizons, tell: Tell) -> TenureModel:
    """The model of the shop as of a date, without assignments; it knows nothing at or after `as_of`."""
    first_day = past.first_day()
    if first_day is None or first_day >= as_of:
        raise DataError(f"purchases: nobody had bought anything before {as_of}. Choose a later --as-of.")
    state = past.state(as_of, plan)
    customers = past.crowd.known(as_of)
    h, horizon = horizons.churn_window_days, horizons.clv_horizon_days
    near = _examples(past, as_of, plan, h, customers) if customers >= LEAST_CUSTOMERS else None
    kind, why = _choose_kind(past, state, near, as_of, horizons)
    if kind != "learned":
        near = far = None
    else:
        far = near if horizon == h else _examples(past, as_of, plan, horizon, customers)
    share, share_in_horizon = (_booster_share(past, as_of, days) for days in (h, horizon))
    tell(1, 3, "returns")
    returns = _returns(near, share, plan, past.seed)
    returns_in_horizon = returns if horizon == h else None
    if far is not None and horizon != h:
        returns_in_horizon = _returns(far, share_in_horizon, plan, past.seed)
    tell(2, 3, "spend")
    spend = _spend(far, plan, past.seed)
    moves = Moves(SPEND_VARIATION / float(np.sqrt(customers)), _season(past, as_of, near))
    spread = usual_spread(moves)
    if far is not None and returns_in_horizon is not None:

        def fit(some: Examples) -> tuple[ReturnModel, SpendModel]:
            return _returns(some, share_in_horizon, plan, past.seed), _spend(some, plan, past.seed)

        # The longer the horizon, the fewer windows of its length the mean was seen in.
        further = replace(moves, error=moves.error * float(np.sqrt(max(horizon / h, 1.0))))
        if_return = spend_if_return(far, returns_in_horizon, spend, fit, customers)
        spread = fit_spread(far.matrix, if_return, far.spend, far.weight, further)
    if returns_in_horizon is not None and far is not near:
        returns_in_horizon = _in_season(returns_in_horizon, far)
    returns = _in_season(returns, near)
    tell(3, 3, "done")
    purchases: AnyPurchases = state.purchases
    if kind == "base_rate":
        purchases = with_pace(state.purchases, fit_shop_pace(state.features, h))
    return TenureModel(
        kind=kind,
        why=why,
        seed=past.seed,
        plan=plan,
        horizons=horizons,
        trained_as_of=as_of,
        scale=state.scale,
        purchases=purchases,
        typical=TypicalHistory.of(state.features),
        returns=returns,
        returns_in_horizon=returns if horizon == h else returns_in_horizon,
        spend=spend,
        spread=spread,
        assignments=None,
        metrics={},
        grade=None,
        evidence=None,
    )


def _examples(
    past: Past, as_of: date, plan: FeaturePlan, window_days: int, customers: int
) -> Examples | None:
    """The rows to learn from; None where no full window lies in the past."""
    first_day = past.first_day()
    snapshots = () if first_day is None else schedule_snapshots(first_day, as_of, window_days)
    return gather_examples(past, plan, snapshots, customers) if snapshots else None


def _choose_kind(
    past: Past, state: State, near: Examples | None, as_of: date, horizons: Horizons
) -> tuple[Kind, str]:
    customers, h = past.crowd.known(as_of), horizons.churn_window_days
    first_day = past.first_day() or as_of
    span = (as_of - first_day).days
    if customers < LEAST_CUSTOMERS:
        return "base_rate", (
            f"Only {customers} customers had bought before {as_of}, and a purchase model needs "
            f"{LEAST_CUSTOMERS}: everyone is expected to keep to a pace between their own and the shop's."
        )
    if not np.isfinite(state.purchases.outlook(state.features, h).to_numpy()).all():
        return "base_rate", (
            f"No purchase model fits the {customers:,} customers: everyone is expected to keep to a pace "
            "between their own and the shop's."
        )
    if near is None:
        return "btyd", (
            f"The purchases span {span} days, too few for a full window of {h} days after some history: "
            "purchase models alone, without what is learned from past windows."
        )
    events = rarer_events(near.returned, near.weight)
    if events < LEAST_EVENTS:
        returned = float(near.weight @ near.returned)
        return "btyd", (
            f"In past windows of {h} days {returned:,.0f} customers returned and "
            f"{float(near.weight.sum()) - returned:,.0f} did not; learning needs {LEAST_EVENTS:.0f} of each: "
            "purchase models alone."
        )
    rows = f"{len(near.returned):,}"
    if near.rows_in_all > len(near.returned):
        rows += f" of the {near.rows_in_all:,}"
    return "learned", (
        f"Learned from {rows} rows of past windows of {h} days, of {customers:,} customers over {span} days."
    )


def _booster_share(past: Past, as_of: date, window_days: int) -> float:
    """The shorter the history against the window, the more is left to the linear model."""
    first_day = past.first_day() or as_of
    span = max((as_of - first_day).days, 1)
    return float(np.clip(1 - 1.2 * window_days / span, 0.4, 0.95))


def _returns(examples: Examples | None, booster_share: float, plan: FeaturePlan, seed: int) -> ReturnModel:
    if examples is None:
        return ReturnModel(plan.churn_window_days, None)
    return fit_returns(
        examples.matrix,
        examples.returned,
        examples.weight,
        examples.is_full | (examples.is_full.sum() < ENOUGH_ROWS),
        booster_share,
        plan.churn_window_days,
        _seeds(seed),
    )


def _in_season(returns: ReturnModel, examples: Examples | None) -> ReturnModel:
    if examples is None:
        return returns
    return replace(returns, season=season_shift(examples, returns.logit(examples.matrix)))


def _spend(examples: Examples | None, plan: FeaturePlan, seed: int) -> SpendModel:
    if examples is None:
        return SpendModel(plan.churn_window_days, None)
    return fit_spend(examples.matrix, examples.spend, examples.weight, plan.churn_window_days, _seeds(seed))


def _season(past: Past, as_of: date, near: Examples | None) -> float:
    """How far a shop that has not seen its whole year yet may move in the season to come; 0 after a year."""
    first_day = past.first_day() or as_of
    if (as_of - first_day).days >= YEAR_DAYS:
        return 0.0
    return USUAL_SWING if near is None else abs(near.swing)


def _seeds(seed: int) -> tuple[int, int]:
    return 2 * seed + 1, 2 * seed + 2
