"""One customer's answer: the score, its past, and how far such answers can be believed."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from serving.api.answers import tell_batch
from serving.api.customer_answers import PastScore
from serving.champion import Champion
from serving.store.batches import Portrait, PublishedBatch, Score

PAST = [name for name in PastScore.model_fields if name not in ("as_of", "batch", "model_version")]


def tell_customer(portrait: Portrait, champion: Champion | None) -> dict[str, Any]:
    """A customer who has a row in the served batch, as CustomerAnswer."""
    score = portrait.score
    assert score is not None
    return {
        **score,
        "batch": tell_batch(portrait.batch),
        "attributes": portrait.attributes,
        "own_segments": portrait.own_segments,
        "history": [_past(batch, past) for batch, past in portrait.history],
        "reliability": reliability(score, champion),
    }


def reliability(score: Score, champion: Champion | None) -> dict[str, Any] | None:
    """How the model's answers near this one did on its held-out date; None where that cannot be told."""
    risk = score["churn_probability"]
    if risk is None or champion is None or champion.version != score["model_version"]:
        return None
    for low, high, told in _reliabilities(champion):
        if low <= risk < high or risk == high == 1:
            return told
    return None


@lru_cache(maxsize=2)
def _reliabilities(champion: Champion) -> tuple[tuple[float, float, dict[str, Any]], ...]:
    """Of each part of the scale that anybody was scored in: from where, up to where, and what to tell."""
    evidence = champion.model.evidence or {"reliability": ()}
    return tuple(
        (like["low"], like["high"], _reliability(like, evidence))
        for like in evidence["reliability"]
        if like["customers"]
    )


def _reliability(like: Mapping[str, Any], evidence: Mapping[str, Any]) -> dict[str, Any]:
    share = like["churned"] / like["customers"]
    of = "customer" if like["customers"] == 1 else "customers"
    return {
        "sentence": f"Of {like['customers']:,} {of} scored {like['low']:.2g} to {like['high']:.2g} on "
        f"{evidence['as_of']}, {share:.0%} did not return within {evidence['window_days']} days.",
        **{name: like[name] for name in ("low", "high", "customers", "churned", "mean_probability")},
        "share": share,
    }


def _past(batch: PublishedBatch, score: Score) -> dict[str, Any]:
    return {
        "as_of": batch.as_of,
        "batch": batch.sequence,
        "model_version": batch.model_version,
        **{name: score[name] for name in PAST},
    }
