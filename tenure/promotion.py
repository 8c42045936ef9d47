"""Which version answers: a newer one takes over when it is not worse than the champion beyond noise.

`training.contest` says on which past dates they meet and why that is honest. Beside it the grade must hold, for
churn and for value: by the same customers, where the two have met on a date of which neither knew the outcome. The
letters that they were registered with were given on different dates, so that the shop may have moved and not the
model: they may differ by A and B where the same date has graded both, but never fall to C or to none.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from features.shop import Shop
from models.champions import crown
from models.registry import Registry, quiet
from training.contest import Contender, Contest, contest
from training.graded import SUBJECTS, Subject
from training.papers import read_rehearsals
from training.past import Past

WORST_FIRST = ("none", "C", "B", "A")
FORCED = "tenure.forced"
DECISION = "tenure.promotion"
DECISIONS = "promotions.log"
WHAT_TO_DO = (
    "The champion goes on answering. Train again when more days have passed, or promote it all the same with "
    "--force, which is written down."
)
MOST_TAG = 4_000  # characters that MLflow surely keeps


@dataclass(frozen=True)
class Decision:
    """Whether the version is champion now, and why; `contest` is None where there was nobody to meet."""

    promoted: bool
    sentence: str
    contest: Contest | None = None


def promote(
    registry: Registry, version: str, shop: Shop, until: date, seed: int, force: bool, at: datetime, by: str
) -> Decision:
    """Let `version` answer if it may; with `force` also if it may not, which is written down.

    `until` is the day after the newest event, `at` the moment and `by` the person who asks. The decision is
    a tag of the version and a line in the log of its run, whatever it is.
    """
    champion = registry.champion_version()
    if version == champion:
        return Decision(True, f"Version {version} is the champion already.")
    if champion is None:
        crown(registry, version, at, by, "first")
        return Decision(True, f"Version {version} is the champion now. Run `tenure score` next.")
    ours, theirs = (_contender(registry, number) for number in (version, champion))
    objection, met = _objection(Past(shop, seed), ours, theirs, until)
    if objection and not force:
        said = f"Version {version} stays a challenger: {objection}"
        _write_down(registry, version, {DECISION: said}, f"{_when(at)} {by}: {said}")
        return Decision(False, f"{said} {WHAT_TO_DO}", met)
    said = f"Version {version} is the champion now in place of version {champion}"
    said += f" (forced although {objection[:-1]})." if objection else f": {_not_worse(met)}"
    forced = {FORCED: f"{_when(at)} by {by}, although {objection}"} if objection else {}
    _write_down(registry, version, {DECISION: said, **forced}, f"{_when(at)} {by}: {said}")
    crown(registry, version, at, by, "forced" if objection else "promoted")
    return Decision(True, f"{said} Run `tenure score` next.", met)


def _contender(registry: Registry, version: str) -> Contender:
    return Contender(version, registry.load(version), read_rehearsals(registry.papers(version)))


def _objection(
    past: Past, challenger: Contender, champion: Contender, until: date
) -> tuple[str, Contest | None]:
    """Why the challenger may not take over, in a sentence; empty where it may."""
    ours, theirs = challenger.model.horizons, champion.model.horizons
    for name in ("churn_window_days", "clv_horizon_days"):
        new, old = getattr(ours, name), getattr(theirs, name)
        if new != old:
            return (
                f"it answers another question than version {champion.version}: its {name} is {new}, the "
                f"champion's {old}, so the two cannot be compared.",
                None,
            )
    met = contest(past, challenger, champion, until)
    objections = [bout.sentence() for bout in met.lost]
    for subject in SUBJECTS:
        together = [pair for pair in met.grades if pair.subject == subject]
        fallen = [pair.sentence() for pair in together if pair.has_fallen]
        objections += fallen or _registered_fall(challenger, champion, subject, bool(together))
    return "; ".join(objections) + "." if objections else "", met


def _registered_fall(
    challenger: Contender, champion: Contender, subject: Subject, graded_together: bool
) -> list[str]:
    """What is said against the letter that the challenger was registered with; nothing where it holds."""
    new, old = (_letter(one.model.grade, subject) for one in (challenger, champion))
    falls = WORST_FIRST.index(new) < WORST_FIRST.index(old)
    if not falls or (new == "B" and graded_together):
        return []
    return [
        f"the challenger's grade for {subject} has fallen from {old}, which the champion (version "
        f"{champion.version}) was registered with, to {new}"
    ]


def _not_worse(met: Contest | None) -> str:
    if met is None or not met.bouts:
        return "no past window can compare them, and its grades are no lower."
    better = sum(bout.word == "better" for bout in met.bouts)
    days = ", ".join(sorted({str(bout.as_of) for bout in met.bouts}))
    return (
        f"in {len(met.bouts)} paired comparisons from {days} on it is better in {better}, worse in none, "
        "and its grades hold."
    )


def _write_down(registry: Registry, version: str, tags: dict[str, str], line: str) -> None:
    import mlflow

    with quiet():
        client = registry.client()
        for name, text in tags.items():
            client.set_model_version_tag(registry.model_name, version, name, text[:MOST_TAG])
        run_id = client.get_model_version(registry.model_name, version).run_id
        client.set_tag(run_id, DECISION, line[:MOST_TAG])
        before = ""
        if DECISIONS in {artifact.path for artifact in client.list_artifacts(run_id)}:
            before = mlflow.artifacts.load_text(f"runs:/{run_id}/{DECISIONS}")
        client.log_text(run_id, f"{before}{line}\n", DECISIONS)


def _letter(grade: dict[str, Any] | None, subject: str) -> str:
    return "none" if grade is None else grade[subject] or "none"


def _when(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")
