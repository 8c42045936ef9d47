"""Times out of cells: text, dates and counted seconds become moments in UTC, or are told to be none."""

from datetime import datetime
from typing import Any

import ibis

from features.faults import NO_TIME, OUT_OF_RANGE, STAND_IN, Faults
from features.local_time import utc_of_local
from features.time_format import EPOCHS, pattern_of

EARLIEST, LATEST = datetime(1970, 1, 1), datetime(2201, 1, 1)
DAY_SECONDS = 86_400

CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,9})?)?"
ZONE = " ?(Z|UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
ISO = f"^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]{CLOCK}({ZONE})?)?$"


def typed_time(cell: Any, zone: str, engine: str) -> tuple[Any, Faults]:
    """A moment in UTC from a timestamp, which is UTC where it has no zone, or from a day of the shop."""
    moment = cell.cast("timestamp")
    if cell.type().is_date():
        moment = utc_of_local(moment, zone, engine)
    return moment, _out_of_range(moment)


def counted_time(cell: Any, written: str) -> tuple[Any, Faults]:
    """A moment in UTC from a whole number of seconds or milliseconds since 1970."""
    seconds = cell // EPOCHS[written]
    in_range = seconds.between(0, int((LATEST - EARLIEST).total_seconds()) - 1)
    safe = in_range.ifelse(seconds, 0).cast("int64")
    days, rest = safe // DAY_SECONDS, safe % DAY_SECONDS
    moment = ibis.literal(EARLIEST) + days.as_interval("D") + rest.as_interval("s")
    return moment, [(~in_range, OUT_OF_RANGE), *_out_of_range(moment)]


def counted_time_in_text(text: Any, written: str) -> tuple[Any, Faults]:
    """The same from the digits of such a number."""
    is_count = text.re_search("^[0-9]{1,15}$")
    moment, faults = counted_time(is_count.ifelse(text, "0").cast("int64"), written)
    return moment, [(~is_count, NO_TIME), *faults]


def parse_times(table: Any, name: str, written: str | None, zone: str, engine: str) -> Any:
    """The table with what `written_time` asks of the text in column `name`.

    Text is ISO 8601, or as `written`; without a zone it is UTC. A date without a time of day is a day of the
    shop's calendar: its midnight in `zone`. Each step stands on columns of the one before, so that no engine
    computes a part twice.
    """

    def split(known: Parts) -> Parts:
        return _iso_parts(known) if written is None else _written_parts(known, written)

    def assemble(known: Parts) -> Parts:
        return {"moment": _moment(known, zone, engine)}

    pattern = ISO if written is None else pattern_of(written)[0]
    known = {"text": table[name].strip(), "shaped": table[name].strip().re_search(pattern)}
    for step in (split, _is_there, _is_in_range, assemble):
        table = table.mutate(**{f"{name}:{key}": value for key, value in known.items()})
        known = {key: table[f"{name}:{key}"] for key in known}
        known |= step(known)
    return table.mutate(**{f"{name}:{key}": value for key, value in known.items()})


def written_time(table: Any, name: str) -> tuple[Any, Faults]:
    """The moment that the text in column `name` tells, from a table out of `parse_times`."""
    moment = table[f"{name}:moment"]
    return moment, [
        (~table[f"{name}:exists"], NO_TIME),
        (~table[f"{name}:in_range"], OUT_OF_RANGE),
        *_out_of_range(moment),
    ]


Parts = dict[str, Any]


def _out_of_range(moment: Any) -> Faults:
    return [
        ((moment < EARLIEST) | (moment >= LATEST), OUT_OF_RANGE),
        (moment == EARLIEST, STAND_IN),
    ]


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


def _written_parts(known: Parts, written: str) -> Parts:
    pattern, groups = pattern_of(written)
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


def _is_there(known: Parts) -> Parts:
    year = known["year"].cast("int32")
    is_leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    days = ibis.cases(
        (known["month"].isin(["04", "06", "09", "11"]), 30),
        (known["month"] == "02", is_leap.ifelse(29, 28)),
        else_=31,
    )
    return {"exists": known["shaped"] & (known["day"].cast("int32") <= days)}


def _is_in_range(known: Parts) -> Parts:
    return {"in_range": known["exists"] & known["year"].between("1970", "2200")}


def _moment(known: Parts, zone: str, engine: str) -> Any:
    day = known["year"] + "-" + known["month"] + "-" + known["day"]
    clock = known["hour"] + ":" + known["minute"] + ":" + known["second"] + "." + known["fraction"] + "0"
    local = known["in_range"].ifelse(day + " " + clock, "1970-01-01 00:00:00").cast("timestamp")
    ahead = ("0" + known["zone"].substr(1, 2)).cast("int32") * 60 + ("0" + known["zone"].substr(3, 2)).cast(
        "int32"
    )
    moment = local - known["zone"].startswith("-").ifelse(-ahead, ahead).as_interval("m")
    if zone == "UTC":
        return moment
    return known["is_date"].ifelse(utc_of_local(local, zone, engine), moment)
