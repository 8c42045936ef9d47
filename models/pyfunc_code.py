"""The registered model as MLflow loads it: this file is logged as code, so nothing is unpickled."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from models.pyfunc_table import to_plain_columns
from models.tenure_model import TenureModel


class TenurePythonModel(PythonModel):  # type: ignore[misc]
    """Answers for a feature table of the day `params["as_of"]`, by default that of training."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the model's folder of JSON and text."""
        self.tenure = TenureModel.load(Path(context.artifacts["model"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row of answers per row of features, in columns that Spark knows too."""
        as_of = date.fromisoformat(params["as_of"]) if params else self.tenure.trained_as_of
        return to_plain_columns(self.tenure.predict(model_input, as_of))


set_model(TenurePythonModel())
