"""What the shop itself tells of a customer: when they signed up, and the attributes it names.

Attributes become columns of 0 and 1, one for each common level, because their levels have no order that a
number could stand for, and because a tree and a linear model then read the same columns. The shop gives them
as they are today, not as they were on `as_of`.
"""

import ibis

from features.as_of import AsOf
from features.feature import Feature, count, known_to_some, literal
from features.plan import RESERVED_SLUGS, Attribute, FeaturePlan

OTHER, MISSING = RESERVED_SLUGS
DAY_SECONDS = 86400


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below; an attribute's name lies between two pairs of underscores."""
    entries: list[Feature] = []
    if plan.has_signed_up_at:
        entries = [
            known_to_some(
                "days_since_sign_up",
                "days",
                "age",
                "whole days from signing up to as_of",
                "signed up {value:days} ago",
                "has not signed up",
            ),
            known_to_some(
                "sign_up_to_first_purchase_days",
                "days",
                "age",
                "days from signing up to the first purchase; negative if the purchase came first",
                "first bought {value:days} after signing up",
                "has not signed up",
            ),
        ]
    for attribute in plan.attributes:
        for level in attribute.levels:
            entries.append(_entry(attribute, level.slug, level.value))
        entries.append(_entry(attribute, OTHER, "one of the rarer ones"))
        entries.append(_entry(attribute, MISSING, "unknown"))
    return tuple(entries)


def sources(plan: FeaturePlan) -> dict[str, str]:
    """The names that `columns` reads, and the columns of the customers table that they stand for."""
    signed_up = {"signed_up_at": "signed_up_at"} if plan.has_signed_up_at else {}
    return signed_up | {_source(attribute): attribute.name for attribute in plan.attributes}


def source_columns(plan: FeaturePlan) -> dict[str, str]:
    """The columns of the customers table that a plan asks for, with their types."""
    return {name: "timestamp" if name == "signed_up_at" else "string" for name in sources(plan).values()}


def columns(features: ibis.Table, moment: AsOf, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns, from features beside which stand the `sources`; a later sign-up is not known yet."""
    values = {}
    if plan.has_signed_up_at:
        seconds = moment.epoch_seconds - features.signed_up_at.epoch_seconds()
        # Rounded up, so that someone who signs up and buys on the same day does both as many days ago.
        days = (seconds.cast("float64") / DAY_SECONDS).ceil()
        known_days = moment.known(features.signed_up_at, days)
        values["days_since_sign_up"] = known_days
        values["sign_up_to_first_purchase_days"] = known_days - (features["T"] + 1)
    for attribute in plan.attributes:
        value = features[_source(attribute)]
        for level in attribute.levels:
            values[_name(attribute, level.slug)] = value == level.value
        values[_name(attribute, OTHER)] = value.notin([level.value for level in attribute.levels])
        values[_name(attribute, MISSING)] = value.isnull()
    return values


def _source(attribute: Attribute) -> str:
    return f"told__{attribute.slug}"


def _name(attribute: Attribute, slug: str) -> str:
    return f"customer__{attribute.slug}__{slug}"


def _entry(attribute: Attribute, slug: str, level: str) -> Feature:
    return count(
        _name(attribute, slug),
        "0 or 1",
        "attributes",
        f"1 where {attribute.name} is {level}",
        f"{literal(attribute.name)} {{value:is|is not}} {literal(level)}",
    )
