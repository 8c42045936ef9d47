"""Times out of cells: text, dates and counted seconds become moments in UTC, or are told to be none."""

from datetime import datetime
from typing import Any

import ibis

from features.door.faults import NO_TIME, OUT_OF_RANGE, STAND_IN
from features.door.local_time import utc_of_local
from features.door.steps import Parts, Step, first_fault
from features.door.time_format import EPOCHS, pattern_of
from features.door.trimmed import trimmed

EARLIEST, LATEST = datetime(1970, 1, 1), datetime(2201, 1, 1)
DAY_SECONDS = 86_400

CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,9})?)?"
ZONE = " ?(Z|UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
ISO = f"^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]{CLOCK}({ZONE})?)?$"


def typed_time(zone: str, engine: str) -> list[Step]:
    """Moments from timestamps, which are UTC where they have no zone, or from days of the shop's calendar."""

    def moment(known: Parts) -> Parts:
        at = known["cell"].cast("timestamp")
        return {"value": utc_of_local(at, zone, engine) if known["cell"].type().is_date() else at}

    return [moment, _fault]


def counted_time(written: str) -> list[Step]:
    """Moments from numbers, or their digits, that count seconds or milliseconds since 1970 in UTC."""

    def seconds(known: Parts) -> Parts:
        cell = known["cell"]
        if not cell.type().is_string():
            return {"exists": cell.notnull(), "seconds": cell // EPOCHS[written]}
        is_count = trimmed(cell).re_search("^[0-9]{1,15}$")
        return {
            "exists": is_count,
            "seconds": is_count.ifelse(trimmed(cell), "0").cast("int64") // EPOCHS[written],
        }

    def moment(known: Parts) -> Parts:
        last = int((LATEST - EARLIEST).total_seconds()) - 1
        in_range = known["exists"] & known["seconds"].between(0, last)
        count = in_range.ifelse(known["seconds"], 0).cast("int64")
        days, rest = count // DAY_SECONDS, count % DAY_SECONDS
        at = ibis.literal(EARLIEST) + days.as_interval("D") + rest.as_interval("s")
        return {"in_range": in_range, "value": at}

    return [seconds, moment, _fault]


def written_time(written: str | None, zone: str, engine: str) -> list[Step]:
    """Moments from text in ISO 8601, or as `written`; without a zone it is UTC.

    A date without a time of day is a day of the shop's calendar: its midnight in `zone`.
    """
    pattern, groups = (ISO, ()) if written is None else pattern_of(written)

    def shape(known: Parts) -> Parts:
        text = trimmed(known["cell"].cast("string"))
        return {"text": text, "shaped": text.re_search(pattern)}

    def split(known: Parts) -> Parts:
        return _iso_parts(known) if written is None else _written_parts(known, pattern, groups)

    def moment(known: Parts) -> Parts:
        return {"value": _moment(known, zone, engine)}

    return [shape, split, _exists, moment, _fault]


def _fault(known: Parts) -> Parts:
    at = known["value"]
    return first_fault(
        (~known["exists"] if "exists" in known else False, NO_TIME),
        (~known["in_range"] if "in_range" in known else False, OUT_OF_RANGE),
        ((at < EARLIEST) | (at >= LATEST), OUT_OF_RANGE),
        (at == EARLIEST, STAND_IN),
    )


def _iso_parts(known: Parts) -> Parts:
    text = known["shaped"].ifelse(known["text"], "1970-01-01")
    is_date = text.length() == 10
    rest = text.substr(16, 30)
    return {
        "is_date": is_date,
        "year": text.substr(0, 4),
        "month": text.substr(5, 2),
        "day": text.substr(8, 2),
        "hour": is_date.ifelse("00", text.substr(11, 2)),
        "minute": is_date.ifelse("00", text.substr(14, 2)),
        "second": rest.startswith(":").ifelse(rest.substr(1, 2), "00"),
        "fraction": rest.re_extract("[.,]([0-9]{1,6})", 1).fill_null(""),
        "zone": rest.re_extract("[+-][0-9:]+$", 0).fill_null("").replace(":", ""),
    }


def _written_parts(known: Parts, pattern: str, groups: tuple[str, ...]) -> Parts:
    unsaid = {"year": "1970", "month": "01", "day": "01", "hour": "00", "minute": "00", "second": "00"}
    unsaid |= {"fraction": "", "zone": "", "half": "AM"}
    parts: Parts = {key: ibis.literal(value) for key, value in unsaid.items()}
    for place, key in enumerate(groups, start=1):
        parts[key] = known["shaped"].ifelse(known["text"].re_extract(pattern, place), unsaid[key])
    half = parts.pop("half")
    if "half" in groups:
        hour = parts["hour"].cast("int32") % 12 + half.upper().startswith("P").ifelse(12, 0)
        parts["hour"] = hour.cast("string")
    for key in ("month", "day", "hour"):
        parts[key] = (parts[key].length() == 1).ifelse("0" + parts[key], parts[key])
    parts["fraction"] = parts["fraction"].substr(0, 6)
    parts["zone"] = parts["zone"].replace("Z", "").replace(":", "")
    return parts | {"is_date": ibis.literal("hour" not in groups)}


def _exists(known: Parts) -> Parts:
    year = known["year"].cast("int32")
    is_leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    days = ibis.cases(
        (known["month"].isin(["04", "06", "09", "11"]), 30),
        (known["month"] == "02", is_leap.ifelse(29, 28)),
        else_=31,
    )
    exists = known["shaped"] & (known["day"].cast("int32") <= days)
    return {"exists": exists, "in_range": exists & known["year"].between("1970", "2200")}


def _moment(known: Parts, zone: str, engine: str) -> Any:
    day = known["year"] + "-" + known["month"] + "-" + known["day"]
    clock = known["hour"] + ":" + known["minute"] + ":" + known["second"] + "." + known["fraction"] + "0"
    local = known["in_range"].ifelse(day + " " + clock, "1970-01-01 00:00:00").cast("timestamp")
    hours, minutes = known["zone"].substr(1, 2), known["zone"].substr(3, 2)
    ahead = ("0" + hours).cast("int32") * 60 + ("0" + minutes).cast("int32")
    moment = local - known["zone"].startswith("-").ifelse(-ahead, ahead).as_interval("m")
    if zone == "UTC":
        return moment
    return known["is_date"].ifelse(utc_of_local(local, zone, engine), moment)
