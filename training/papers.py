"""What a training leaves with its version for those who judge it later: the reference, and the rehearsals.

A rehearsal is the model that the same recipe had learned on a held-out past date, knowing no more; the grade
is its. It is the only honest witness of how a version forecasts, as long as no window has closed since the
version itself was trained.
"""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from models.tenure_model import TenureModel
from training.reference import Reference

REFERENCE = "reference.json"
REHEARSALS = "rehearsals"


def write_papers(reference: Reference, rehearsals: Iterable[TenureModel]) -> dict[str, str]:
    """Texts by path, none of which holds a customer."""
    texts = {REFERENCE: reference.to_json()}
    with tempfile.TemporaryDirectory() as scratch:
        for model in rehearsals:
            model.save(Path(scratch) / REHEARSALS / f"{model.horizons.churn_window_days}d")
        for path in sorted(Path(scratch).rglob("*")):
            if path.is_file():
                texts[str(path.relative_to(scratch))] = path.read_text(encoding="utf-8")
    return texts


def read_reference(papers: Mapping[str, str]) -> Reference | None:
    """The reference; None where the version was registered without."""
    return Reference.from_json(papers[REFERENCE]) if REFERENCE in papers else None


def read_rehearsals(papers: Mapping[str, str]) -> dict[int, TenureModel]:
    """The rehearsals by the days of their window; none where no past date could be held out."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in papers.items():
            path = Path(scratch) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for folder in sorted((Path(scratch) / REHEARSALS).glob("*")):
            model = TenureModel.load(folder)
            found[model.horizons.churn_window_days] = model
    return found
