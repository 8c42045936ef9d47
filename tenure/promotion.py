"""Which version answers: a newer one takes over when its grades on held-out past dates are no worse."""

from dataclasses import dataclass
from typing import Any

from models.registry import Registry

WORST_FIRST = ("none", "C", "B", "A")


@dataclass(frozen=True)
class Decision:
    """Whether the version is champion now, and why."""

    promoted: bool
    sentence: str


def promote(registry: Registry, version: str, force: bool) -> Decision:
    """Let `version` answer if neither its grade for churn nor that for value is below the champion's."""
    champion = registry.champion_version()
    if version == champion:
        return Decision(True, f"Version {version} is the champion already.")
    if champion is not None and not force:
        ours, theirs = registry.load(version).grade, registry.load(champion).grade
        for subject in ("churn", "value"):
            new, old = _letter(ours, subject), _letter(theirs, subject)
            if WORST_FIRST.index(new) < WORST_FIRST.index(old):
                return Decision(
                    False,
                    f"Version {version} stays a challenger: its grade for {subject} is {new}, the champion's "
                    f"(version {champion}) is {old}. --force promotes it all the same.",
                )
    registry.make_champion(version)
    instead = f" in place of version {champion}" if champion is not None else ""
    forced = " (forced)" if force else ""
    return Decision(True, f"Version {version} is the champion now{instead}{forced}. Run `tenure score` next.")


def _letter(grade: dict[str, Any] | None, subject: str) -> str:
    return "none" if grade is None else grade[subject] or "none"
