"""A nightly CRM sync: what changed in Tenure since the last run, as one line of JSON per customer.

    python examples/crm_sync.py http://127.0.0.1:3000 var/crm-cursor >> changes.ndjson

The first run hands everybody over, later ones who changed; the cursor is kept in a file, and moves on only after
the changes were handed over. Put your CRM's own call in the place of `hand_over`.
"""

import json
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen


def hand_over(change: dict) -> None:
    print(json.dumps(change, ensure_ascii=False), flush=True)


def sync(tenure: str, kept: Path) -> None:
    since, more = kept.read_text() if kept.exists() else "start", True
    while more:
        # With the changes that a new model makes, too: the CRM then shows what Tenure shows.
        asked = urlencode({"since": since, "limit": 1000, "include_model_changes": "true"})
        try:
            with urlopen(f"{tenure}/v1/changes?{asked}", timeout=60) as answer:
                feed = json.load(answer)
        except HTTPError as problem:
            if problem.code != 410 or since == "start":
                raise
            since = "start"  # away for longer than changes are kept: everybody anew
            continue
        for change in feed["changes"]:
            hand_over(change)
        since, more = feed["next_cursor"], feed["has_more"]
        kept.write_text(since)


if __name__ == "__main__":
    sync(sys.argv[1], Path(sys.argv[2]))
