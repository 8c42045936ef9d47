"""The page about the features, written from the catalogue: `python -m features.reference > docs/features.md`."""

from itertools import groupby

from features.catalog import describe
from features.feature import Feature
from features.plan import Attribute, FeaturePlan, Kind, Level

SHOP = FeaturePlan(
    churn_window_days=60,
    timezone="UTC",
    typical_gap_days=30.0,
    purchase_columns=("quantity", "category", "channel", "discount", "is_guest"),
    purchase_channels=(Level("web", "web"),),
    has_interactions=True,
    kinds=(
        Kind("session", "session", ("duration_seconds", "pages")),
        Kind("loyalty_earn", "loyalty_earn", ("points",)),
        Kind("survey_nps", "survey_nps", ("score",)),
        Kind("support", "support", ("resolved_at",)),
    ),
    exposure_kinds=(Kind("email_sent", "email_sent", ()),),
    has_other_kinds=False,
    has_signed_up_at=True,
    attributes=(Attribute("country", "country", (Level("NL", "nl"),)),),
    has_contracts=True,
)
"""A shop that gives everything once: a churn window of 60 days, one channel, one attribute with one level."""

INTRODUCTION = """\
# Features

<!-- Written by `python -m features.reference > docs/features.md` from the catalogue; change it there. -->

One row per customer with a purchase before `as_of`, midnight at the start of a day in the shop's time zone.
Nothing that happened at or after `as_of` is in it. A window of the last *w* days is the half-open
`[as_of - w days, as_of)`. Money is in shop currency. What is not known is empty (NULL), never a number that
stands for it; a customer without an event of some kind has none of them, so counts and sums are 0.

Below are the columns of a shop with a churn window of 60 days. Its own churn window *h* and 2*h* take the
place of 60 and 120. Of the interactions, every kind has the columns that `session` has up to its trend, and
those of its measures: seconds and pages as `session`, points as `loyalty_earn`, scores as `survey_nps`, the
end of a case as `support`. The 20 commonest kinds have columns of their own; the others count in the
engagement as a whole. What the shop does itself (`email_sent`, `push_sent`, `campaign_received`) is
exposure, never engagement. Up to 20 levels of a channel or an attribute have a column. Columns of tables or
cells that a shop does not give do not exist.

The last column is how a feature reads in a reason, with made-up numbers.
"""

NUMBERS = {"days": 21, "shop currency": 48.5, "share": 0.4, "0 or 1": 1}


def feature_page() -> str:
    """Every kind of feature, by family, as Markdown."""
    features = describe(SHOP)
    row = {feature.name: NUMBERS.get(feature.unit, 3) for feature in features}
    lines = [INTRODUCTION]
    for family, members in groupby(sorted(features, key=lambda feature: _place(feature, features)), _family):
        lines += [
            f"## {family.capitalize()}",
            "",
            "| column | unit | type | meaning | reads |",
            "|---|---|---|---|---|",
        ]
        lines += [_line(feature, row) for feature in members]
        lines.append("")
    return "\n".join(lines)


def _family(feature: Feature) -> str:
    return feature.family


def _place(feature: Feature, features: tuple[Feature, ...]) -> int:
    return [other.family for other in features].index(feature.family)


def _line(feature: Feature, row: dict[str, float]) -> str:
    meaning = feature.meaning + ("; may be empty" if feature.may_be_missing else "")
    cells = [f"`{feature.name}`", feature.unit, feature.dtype, meaning, feature.say(row)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    print(feature_page(), end="")
