"""Segments of the shop's own: named rules of tenure.toml, and who meets them."""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import orjson
import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from features.catalog import describe
from features.errors import ConfigurationError
from features.plan import FeaturePlan
from models.model_files import read_plan
from models.scores import ANSWERS
from models.segments import PROSPECTS, SegmentName
from serving.scoring.rule import Kind, RuleError, compile_rule, parse
from serving.store.filters import OWN_NAME

MOST = 50
KINDS: dict[str, Kind] = {
    "text": "text",
    "integer": "number",
    "number": "number",
    "flag": "flag",
    "date": "text",
}
LATER = ("churn_percentile", "reasons")
"""Columns that are not known, or not yet, when a rule is looked at."""


def _not_taken(name: str) -> str:
    if name in (*get_args(SegmentName), PROSPECTS):
        raise ValueError("is the name of an RFM segment; choose another one")
    return name


def _readable(rule: str) -> str:
    parse(rule)
    return rule


class OwnSegment(BaseModel):
    """One entry of `[[segments]]` in tenure.toml; see serving.scoring.rule for what a rule may say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=OWN_NAME), AfterValidator(_not_taken)]
    rule: Annotated[str, AfterValidator(_readable)]


def check_names(segments: tuple[OwnSegment, ...]) -> tuple[OwnSegment, ...]:
    """The same segments; raises ValueError for two of one name, or too many."""
    names = [segment.name for segment in segments]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"two segments are called {twice!r}")
    if len(names) > MOST:
        raise ValueError(f"there are {len(names)} segments; {MOST} at most")
    return segments


class OwnSegments:
    """The shop's own segments, ready for answers of models of `plan`.

    Raises ConfigurationError where a rule names a column that there is not, with the closest one there is.
    """

    def __init__(self, segments: Sequence[OwnSegment], plan: FeaturePlan) -> None:
        features: dict[str, Kind] = {feature.name: "number" for feature in describe(plan)}
        answers = {column.name: KINDS[column.kind] for column in ANSWERS if column.name not in LATER}
        named = {
            node.id for one in segments for node in ast.walk(parse(one.rule)) if isinstance(node, ast.Name)
        }
        self.features = [name for name in features if name not in answers and name in named]
        """The features that the rules look at."""
        self._members: dict[str, Callable[[pd.DataFrame], pd.Series[bool]]] = {}
        for segment in segments:
            try:
                self._members[segment.name] = compile_rule(segment.rule, features | answers)
            except RuleError as mistake:
                raise ConfigurationError(f"[[segments]] {segment.name}: rule {mistake}.") from None
        self.rules = tuple((segment.name, segment.rule) for segment in segments)

    def of(self, answers: pd.DataFrame, features: pd.DataFrame | None) -> list[str | None]:
        """For each answer the names of their segments as a JSON list, None where there are none.

        `features` has a row for each answer and at least the columns that the rules look at.
        Without `features` every one of them is missing. Who objects to profiling is in no segment.
        """
        if not self._members:
            return [None] * len(answers)
        frame = answers.drop(columns=list(LATER))
        if features is None:
            beside = pd.DataFrame(index=answers.index, columns=self.features, dtype="float64")
        else:
            beside = features[self.features].set_axis(answers.index)
        frame = pd.concat([frame, beside], axis=1)
        in_any: list[list[str]] = [[] for _ in range(len(answers))]
        for name, members in self._members.items():
            found = members(frame) & answers["rfm_segment"].notna()
            for place in found.to_numpy().nonzero()[0]:
                in_any[place].append(name)
        return [orjson.dumps(names).decode() if names else None for names in in_any]


def check_with_model(segments: Sequence[OwnSegment], model_folder: Path) -> None:
    """Raise ConfigurationError where a rule does not fit the model in the folder, which is to score with it.

    Without a model that can be read there is nothing to check against yet.
    """
    if not segments or not model_folder.is_dir():
        return
    try:
        plan = read_plan(model_folder)
    except ConfigurationError:
        return  # readiness says what is wrong with it
    try:
        OwnSegments(segments, plan)
    except ConfigurationError as mistake:
        raise ConfigurationError(
            f"{mistake} Mend the rule, or run `tenure train` if the data has the column by now."
        ) from None


def fingerprint_with(fingerprint: str, rules: Any) -> str:
    """What the scores were computed from, where rules of the shop's own are part of it."""
    return fingerprint if not rules else f"{fingerprint} {orjson.dumps(rules).decode()}"
