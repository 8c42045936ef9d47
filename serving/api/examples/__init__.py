"""Examples for the API's documentation, by address: what is asked in a body, and what is answered."""

from typing import Any

from serving.api.examples import campaigns, changes, customers, exports, lists, model
from serving.api.examples.common import SCORE

__all__ = ["ANSWERS", "BODIES", "SCORE"]

ANSWERS: dict[str, dict[str, Any]] = {
    path: answer
    for part in (customers, lists, campaigns, changes, exports, model)
    for path, answer in part.ANSWERS.items()
}
BODIES: dict[str, dict[str, Any]] = {
    path: body for part in (customers, campaigns, exports) for path, body in part.BODIES.items()
}
