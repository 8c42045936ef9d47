"""Which columns an export has, and what they are called: as we call them, or as a CRM's import wants them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from models.scores import NAMES
from serving.store.batches import Score

PresetName = Literal["hubspot", "salesforce"]
PRESET_NAMES: tuple[str, ...] = get_args(PresetName)


@dataclass(frozen=True)
class Preset:
    """The header of each column and the score's column behind it; in words, reasons are their texts alone."""

    columns: tuple[tuple[str, str], ...]
    in_words: bool

    @property
    def headers(self) -> tuple[str, ...]:
        """What the columns are called."""
        return tuple(header for header, _ in self.columns)

    def rows(self, chunks: Iterable[Sequence[Score]]) -> Iterator[list[dict[str, Any]]]:
        """The scores under the headers."""
        for scores in chunks:
            yield [{header: self._cell(score, name) for header, name in self.columns} for score in scores]

    def _cell(self, score: Score, name: str) -> Any:
        if name == "reasons" and self.in_words:
            return "; ".join(reason.get("text", "") for reason in score["reasons"] or []) or None
        return score[name]


AS_WE_CALL_THEM = Preset(tuple((name, name) for name in NAMES), in_words=False)

_TOLD = {
    # column: (HubSpot's label, Salesforce's API name)
    "customer_id": ("Customer ID", "Tenure_Customer_Id__c"),
    "as_of": ("Churn Scored As Of", "Tenure_As_Of__c"),
    "model_version": ("Churn Model Version", "Tenure_Model_Version__c"),
    "churn_probability": ("Churn Probability", "Tenure_Churn_Probability__c"),
    "churn_percentile": ("Churn Percentile", "Tenure_Churn_Percentile__c"),
    "risk_band": ("Churn Risk Band", "Tenure_Risk_Band__c"),
    "value_at_risk": ("Value at Risk", "Tenure_Value_At_Risk__c"),
    "clv": ("Predicted Customer Lifetime Value", "Tenure_CLV__c"),
    "clv_low": ("Predicted CLV Low", "Tenure_CLV_Low__c"),
    "clv_high": ("Predicted CLV High", "Tenure_CLV_High__c"),
    "expected_next_purchase_at": ("Expected Next Purchase Date", "Tenure_Expected_Next_Purchase__c"),
    "historic_spend": ("Historic Spend", "Tenure_Historic_Spend__c"),
    "purchase_count": ("Number of Purchases", "Tenure_Purchase_Count__c"),
    "days_since_last_purchase": ("Days Since Last Purchase", "Tenure_Days_Since_Last_Purchase__c"),
    "rfm_segment": ("RFM Segment", "Tenure_RFM_Segment__c"),
    "value_tier": ("Value Tier", "Tenure_Value_Tier__c"),
    "journey_stage": ("Journey Stage", "Tenure_Journey_Stage__c"),
    "engagement_score": ("Engagement Score", "Tenure_Engagement_Score__c"),
    "reasons": ("Churn Reasons", "Tenure_Reasons__c"),
}

PRESETS: dict[str | None, Preset] = {
    None: AS_WE_CALL_THEM,
    "hubspot": Preset(tuple((label, name) for name, (label, _) in _TOLD.items()), in_words=True),
    "salesforce": Preset(tuple((field, name) for name, (_, field) in _TOLD.items()), in_words=True),
}
"""Neither CRM takes an e-mail address from us: rows are matched by the customer's id, kept there as well."""
