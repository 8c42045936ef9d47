"""How far ahead a model looks, and how spend becomes value."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Days = Annotated[int, Field(ge=1, le=3650)]


class Horizons(BaseModel):
    """The windows a model answers for: `[as_of, as_of + days)`; margin and discount turn spend into value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    churn_window_days: Days
    clv_horizon_days: Days
    margin: Annotated[float, Field(gt=0, le=1)] = 1.0
    annual_discount_rate: Annotated[float, Field(ge=0, le=1)] = 0.0


class HorizonSettings(BaseModel):
    """The `[horizons]` of tenure.toml; `churn_window_days = "auto"` is read off the shop's own gaps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    churn_window_days: Days | Literal["auto"] = 90
    clv_horizon_days: Days = 365
    margin: Annotated[float, Field(gt=0, le=1)] = 1.0
    annual_discount_rate: Annotated[float, Field(ge=0, le=1)] = 0.0

    def resolve(self, proposed_churn_window_days: int) -> Horizons:
        """The horizons in days, with `proposed_churn_window_days` where the shop asked for "auto"."""
        window = self.churn_window_days
        return Horizons(
            churn_window_days=proposed_churn_window_days if window == "auto" else window,
            clv_horizon_days=self.clv_horizon_days,
            margin=self.margin,
            annual_discount_rate=self.annual_discount_rate,
        )
