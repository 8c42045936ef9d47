"""The model card: what a version is for, what it learned from and how far it can be believed, on one page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from features.catalog import describe
from training.train import TrainingResult

LIMITS = (
    "It knows what a log of purchases tells. Prices, stock, rivals and what is planned are unknown to it.",
    "A season that the log has not shown at least once cannot be foreseen.",
    "Probabilities are of customers like this one; what becomes of any single customer stays open.",
    "It tells who is likely to leave, which is not who is best kept by a campaign: that takes a control group.",
    "Not for decisions about credit, employment, insurance or anything else that binds a person.",
)


def write_card(result: TrainingResult, data: Mapping[str, Any], objectors: int) -> str:
    """Markdown; `data` is what `tracking.describe_data` found, `objectors` how many object to profiling."""
    model, grade = result.model, result.grade
    horizons = model.horizons
    families = Counter(feature.family for feature in describe(model.plan))
    lines = [
        f"# Model card: trained as of {model.trained_as_of}",
        "",
        f"For every customer: the probability of no purchase in the next {horizons.churn_window_days} days, and the "
        f"net spend of the next {horizons.clv_horizon_days} days with its 10-90 interval"
        f"{_money(horizons.margin, horizons.annual_discount_rate)}. Made for choosing whom to write to, and for "
        "planning.",
        "",
        "## What it learned from",
        "",
        f"{data['data_orders']:,} orders of {data['data_customers']:,} customers from {data['data_first_day']} to "
        f"{data['data_last_day']}; {data['data_interactions']:,} interactions. Days begin at midnight in "
        f"{_plain(model.plan.timezone)}.",
        "",
        f"{_plain(model.why)} (kind: {model.kind}, seed {model.seed})",
        "",
        "## How far it can be believed",
        "",
        f"- Churn, grade {grade.churn or 'none'}: {grade.churn_sentence}",
        f"- Value, grade {grade.value or 'none'}: {grade.value_sentence}",
        "",
        "A beats the best simple guess on a held-out past date beyond chance, B equals it, C does not.",
        "",
        *_evidence(model.evidence),
        *_metrics(grade.metrics),
        "## What it looks at",
        "",
        *_table(("family of features", "how many"), [(_plain(name), f"{n}") for name, n in families.items()]),
        "## Who is left out",
        "",
        f"Customers who object to profiling (`opted_out`) teach it nothing, get no score and are on no list: "
        f"{_counted(objectors)} at this training. No row of any customer is in the model or in this card.",
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in LIMITS),
        "",
    ]
    return "\n".join(lines)


def _money(margin: float, rate: float) -> str:
    told = [f"times a margin of {margin:g}"] if margin != 1 else []
    told += [f"discounted by {rate:.1%} a year"] if rate else []
    return f", {', '.join(told)}" if told else ""


def _evidence(evidence: Mapping[str, Any] | None) -> list[str]:
    if evidence is None:
        return ["No past date could be held out, so nothing was measured.", ""]
    above, below = (evidence["interval"][tail] for tail in ("above_high", "below_low"))
    rows = [
        (
            peer["forecaster"],
            *(_number(peer[name]) for name in ("roc_auc", "log_loss", "normalized_gini", "total_bias")),
        )
        for peer in evidence["peers"]
    ]
    return [
        f"Held out: {evidence['window_days']} days from {evidence['as_of']}, {evidence['customers']:,} customers. "
        f"Of those whose bound was above zero, {_share(above)} spent more than `clv_high` and {_share(below)} less "
        "than `clv_low`.",
        "",
        *_table(("forecaster", "roc_auc", "log_loss", "normalized_gini", "total_bias"), rows),
    ]


def _metrics(measured: Mapping[str, float]) -> list[str]:
    return _table(("metric", "Tenure"), [(name, _number(value)) for name, value in measured.items()])


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    cells = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return [*(f"| {' | '.join(row)} |" for row in cells), ""]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _share(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _counted(objectors: int) -> str:
    return f"{objectors:,} customer{'' if objectors == 1 else 's'}"


def _plain(text: str) -> str:
    """Text of the shop as Markdown shows it: neither markup nor the end of a cell."""
    return escape(" ".join(text.split())).replace("|", "\\|")
