"""The kinds of interactions a simulated shop records, and how common each is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`share` of a keen customer's interactions; `channels` it comes through; `scale` of its score.

    High scores are good ones, also of survey_ces: 7 means no effort at all.
    """

    name: str
    share: float
    channels: tuple[str, ...] = ()
    scale: tuple[int, int] | None = None


ENGAGEMENT: tuple[Kind, ...] = (
    Kind("session", 0.28, ("web", "app")),
    Kind("email_open", 0.13),
    Kind("email_click", 0.05),
    Kind("push_open", 0.04),
    Kind("social", 0.04, ("instagram", "facebook", "tiktok")),
    Kind("support", 0.03, ("email", "phone", "chat")),
    Kind("survey_csat", 0.02, scale=(1, 5)),
    Kind("survey_nps", 0.02, scale=(0, 10)),
    Kind("survey_ces", 0.01, scale=(1, 7)),
    Kind("review", 0.02, scale=(1, 5)),
    Kind("loyalty_earn", 0.05),
    Kind("loyalty_redeem", 0.02),
    Kind("cart_abandoned", 0.05, ("web", "app")),
    Kind("referral", 0.01),
    Kind("store_visit", 0.03),
)

EXPOSURE: tuple[Kind, ...] = (
    Kind("email_sent", 0.12),
    Kind("push_sent", 0.05),
    Kind("campaign_received", 0.03, ("mail", "email")),
)

KINDS = ENGAGEMENT + EXPOSURE
EXPOSURE_SHARE = sum(kind.share for kind in EXPOSURE)
