"""A model as a folder of JSON and text: nothing in it can run, and nothing is read that was changed."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import ConfigurationError
from features.plan import FeaturePlan
from models.assignments import Assignments
from models.boosters import Boosters
from models.churn import LearnedReturns, ReturnModel
from models.history import TypicalHistory
from models.horizons import Horizons
from models.linear import Ridge
from models.renewals import restore_purchases
from models.spread import Spread
from models.value import LearnedSpend, SpendModel

if TYPE_CHECKING:
    from models.tenure_model import TenureModel

FORMAT = 2
MODEL_FILE = "model.json"
BOOSTERS = "boosters"


def write(model: "TenureModel", folder: Path) -> None:
    """Write `model` into `folder`, which must be new or empty."""
    (folder / BOOSTERS).mkdir(parents=True)
    stored = {
        "format": FORMAT,
        "kind": model.kind,
        "why": model.why,
        "seed": model.seed,
        "plan": json.loads(model.plan.to_json()),
        "horizons": model.horizons.model_dump(),
        "trained_as_of": model.trained_as_of.isoformat(),
        "scale": model.scale,
        "purchases": model.purchases.to_json(),
        "typical": model.typical.to_json(),
        "returns": _store_returns(model.returns, "returns", folder),
        "returns_in_horizon": None
        if model.returns_in_horizon is None
        else _store_returns(model.returns_in_horizon, "returns_in_horizon", folder),
        "spend": _store_spend(model.spend, folder),
        "spread": model.spread.to_json(),
        "assignments": None if model.assignments is None else model.assignments.to_json(),
        "metrics": model.metrics,
        "grade": model.grade,
        "evidence": model.evidence,
    }
    text = json.dumps(stored, ensure_ascii=False, allow_nan=False, indent=1)
    (folder / MODEL_FILE).write_text(text, encoding="utf-8")


def read(folder: Path) -> "TenureModel":
    """The model in `folder`; raises ConfigurationError, saying which file, where it cannot be trusted."""
    from models.tenure_model import TenureModel

    stored = _read_json(folder / MODEL_FILE)
    far = stored["returns_in_horizon"]
    return TenureModel(
        kind=stored["kind"],
        why=stored["why"],
        seed=stored["seed"],
        plan=FeaturePlan.from_json(json.dumps(stored["plan"])),
        horizons=Horizons(**stored["horizons"]),
        trained_as_of=date.fromisoformat(stored["trained_as_of"]),
        scale=stored["scale"],
        purchases=restore_purchases(stored["purchases"]),
        typical=TypicalHistory.from_json(stored["typical"]),
        returns=_restore_returns(stored["returns"], folder),
        returns_in_horizon=None if far is None else _restore_returns(far, folder),
        spend=_restore_spend(stored["spend"], folder),
        spread=Spread.from_json(stored["spread"]),
        assignments=None if stored["assignments"] is None else Assignments.from_json(stored["assignments"]),
        metrics=stored["metrics"],
        grade=stored["grade"],
        evidence=stored.get("evidence"),  # versions of before it was kept have none
    )


def read_plan(folder: Path) -> FeaturePlan:
    """The plan of the model in `folder` alone; raises ConfigurationError where it cannot be trusted."""
    return FeaturePlan.from_json(json.dumps(_read_json(folder / MODEL_FILE)["plan"]))


def _store_returns(model: ReturnModel, name: str, folder: Path) -> dict[str, Any]:
    learned = model.learned
    return {
        "churn_window_days": model.churn_window_days,
        "season": model.season,
        "learned": None
        if learned is None
        else {
            "ridge": learned.ridge.to_json(),
            "boosters": _store_boosters(learned.boosters, name, folder),
            "booster_share": learned.booster_share,
            "share": learned.share,
        },
    }


def _restore_returns(stored: Mapping[str, Any], folder: Path) -> ReturnModel:
    learned = stored["learned"]
    return ReturnModel(
        stored["churn_window_days"],
        None
        if learned is None
        else LearnedReturns(
            Ridge.from_json(learned["ridge"]),
            _restore_boosters(learned["boosters"], folder),
            learned["booster_share"],
            learned["share"],
        ),
        stored.get("season", 0.0),  # versions of before it was learned have none
    )


def _store_spend(model: SpendModel, folder: Path) -> dict[str, Any]:
    learned = model.learned
    return {
        "churn_window_days": model.churn_window_days,
        "learned": None
        if learned is None
        else {
            "if_return": _store_boosters(learned.if_return, "spend_if_return", folder),
            "ridge": learned.ridge.to_json(),
            "in_all": _store_boosters(learned.in_all, "spend_in_all", folder),
            "share": learned.share,
        },
    }


def _restore_spend(stored: Mapping[str, Any], folder: Path) -> SpendModel:
    learned = stored["learned"]
    return SpendModel(
        stored["churn_window_days"],
        None
        if learned is None
        else LearnedSpend(
            _restore_boosters(learned["if_return"], folder),
            Ridge.from_json(learned["ridge"]),
            _restore_boosters(learned["in_all"], folder),
            learned["share"],
        ),
    )


def _store_boosters(boosters: Boosters, name: str, folder: Path) -> dict[str, Any]:
    files = []
    for number, text in enumerate(boosters.to_texts()):
        path = f"{BOOSTERS}/{name}_{number}.txt"
        written = text.encode("utf-8")
        (folder / path).write_bytes(written)
        files.append({"file": path, "sha256": hashlib.sha256(written).hexdigest()})
    return {"columns": list(boosters.columns), "files": files}


def _restore_boosters(stored: Mapping[str, Any], folder: Path) -> Boosters:
    """A damaged booster can end the process or answer nonsense: its digest is checked before it is read."""
    texts = []
    for entry in stored["files"]:
        try:
            written = (folder / entry["file"]).read_bytes()
        except OSError as reason:
            raise ConfigurationError(f"{folder / entry['file']} cannot be read: {reason}.") from None
        if hashlib.sha256(written).hexdigest() != entry["sha256"]:
            raise ConfigurationError(
                f"{folder / entry['file']} is not the file that was saved: its SHA-256 differs from "
                f"the one in {MODEL_FILE}. Restore the folder, or train again."
            )
        texts.append(written.decode("utf-8"))
    return Boosters.from_texts(stored["columns"], texts)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as reason:
        raise ConfigurationError(f"{path} cannot be read as a model: {reason}.") from None
    if stored.get("format") != FORMAT:
        raise ConfigurationError(
            f"{path} has the format {stored.get('format')!r}; this version of Tenure reads {FORMAT}. "
            "Train again."
        )
    return dict(stored)
