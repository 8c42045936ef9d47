"""The members of a segment, of the RFM ones or of the shop's own, as the API and the page both list them."""

import re
from dataclasses import replace
from typing import get_args

from models.segments import PROSPECTS, SegmentName
from serving.api.lists import MembersQuery
from serving.api.problems import Problem
from serving.desk import Desk
from serving.store.batches import Page
from serving.store.filters import OWN_NAME

SEGMENTS = (*get_args(SegmentName), PROSPECTS)
UNKNOWN_SEGMENT = Problem("unknown-segment", "There is no segment of that name.")


async def members_of(desk: Desk, segment: str, query: MembersQuery) -> Page:
    """A page of a segment's members, those without a score last. Raises Problem for a segment there is not."""
    own = segment not in SEGMENTS
    if own and not re.match(OWN_NAME, segment):
        raise UNKNOWN_SEGMENT
    filters = replace(
        query.filters(),
        scored_only=False,
        rfm_segment=None if own else segment,
        own_segment=segment if own else None,
    )
    try:
        return await desk.ask(desk.store.at_risk, filters, query.limit, query.cursor, query.sort)
    except Problem as problem:
        if any(error.field == "query.own_segment" for error in problem.errors):
            raise UNKNOWN_SEGMENT from None
        raise
