"""The catalogue: every column of the feature table, in order."""

from features.families import (
    amounts,
    attributes,
    basket,
    calendar,
    contracts,
    engagement,
    gaps,
    kinds,
    summary,
    windows,
)
from features.feature import Feature
from features.plan import FeaturePlan

__all__ = ["Feature", "describe"]


def describe(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The features of a plan, in the order of their columns after `customer_id`."""
    return (
        *summary.catalogue(),
        *windows.catalogue(plan),
        *gaps.catalogue(),
        *amounts.catalogue(),
        *calendar.catalogue(plan),
        *basket.catalogue(plan),
        *contracts.catalogue(plan),
        *engagement.catalogue(plan),
        *kinds.catalogue(plan),
        *attributes.catalogue(plan),
    )
