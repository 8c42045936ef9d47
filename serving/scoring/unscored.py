"""Rows of the batch without a score, each with the reason why."""

import pandas as pd

from serving.scoring.score_records import SCHEMA

OBJECTS = "Objects to profiling (opted_out), so there is no score and no segment."


def without_score(
    customers: pd.DataFrame, reason: str, segment: str | None, stage: str | None
) -> pd.DataFrame:
    """Rows with the facts that `customers` holds and the reason why there is no more."""
    rows = customers.reindex(columns=SCHEMA.names)
    return rows.assign(eligible=False, ineligible_reason=reason, rfm_segment=segment, journey_stage=stage)
