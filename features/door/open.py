"""The door: tables are checked here once and trusted everywhere after."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.door.admission import Admission, begin, examine
from features.door.contracts import observed_until, renewals, usable_contracts, with_renewals
from features.door.customers import admit_customers
from features.door.embedded import troubles_in_words
from features.door.events import (
    MOMENTS,
    admitted_events,
    of_known_customers,
    once_each,
    require_one_currency,
    with_day,
)
from features.door.inline import AdmittedRecords, admit_records
from features.door.notes import write_notes
from features.door.quarantine import clear_quarantine, write_quarantine
from features.door.report import DoorReport, TableReport, count_rejections, refuse_too_many
from features.door.source import DataSettings, Given, connect, read_table
from features.door.tables import ROW, SHAPES, Column
from features.errors import DataError
from features.rows import count_rows, keep_by_customer
from features.shop import Shop

WHAT = {"purchases": "orders", "subscriptions": "contracts"}

__all__ = [
    "AdmittedRecords",
    "DataSettings",
    "DoorReport",
    "Shop",
    "TableReport",
    "admit_records",
    "open_shop",
]


def open_shop(settings: DataSettings, folder: Path) -> Shop:
    """Read and check the tables named in `settings`; rows that cannot be used are set aside with a reason.

    Relative paths start at `folder`. Rejected rows go to files in `settings.quarantine`, one per table.
    Raises ConfigurationError where the settings do not fit the data, DataError where the data cannot be used.
    """
    with troubles_in_words():
        return _open(settings, folder)


def _open(settings: DataSettings, folder: Path) -> Shop:
    con = connect(settings, folder)
    given = {str(name): read_table(con, name, settings, folder) for name in settings.locations()}
    admissions = {name: _begin(name, table, settings) for name, table in given.items()}
    customers = admit_customers(admissions["customers"]) if "customers" in given else None
    if customers is not None:
        admissions["customers"] = customers.admission
    for name in [table for table in given if table in MOMENTS]:
        if customers is not None:
            keep_unknown = settings.unknown_customers == "keep"
            admissions[name] = of_known_customers(admissions[name], customers, keep_unknown)
        admissions[name] = once_each(admissions[name], name)
    if "subscriptions" in given:
        admissions["subscriptions"] = usable_contracts(admissions["subscriptions"])
    if "purchases" in given:
        require_one_currency(admissions["purchases"].sound)
    tables = {name: _admitted(name, rows) for name, rows in admissions.items()}
    quarantine = folder / settings.quarantine
    report = DoorReport(
        tuple(
            _report(name, given[name], admissions[name], tables[name], quarantine, settings.timezone)
            for name in given
        )
    )
    refuse_too_many(report, settings.max_rejected_share)
    _require_sales(report)
    until = None
    if "subscriptions" in tables:
        others = [tables[name] for name in ("purchases", "interactions") if name in tables]
        until = settings.observed_until or observed_until(tables["subscriptions"], others)
    purchases = tables.get("purchases")
    if until is not None:
        paid = renewals(tables["subscriptions"], until, settings.timezone, settings.calendar_months)
        purchases = with_renewals(purchases, paid)
    return Shop(
        purchases, tables.get("interactions"), tables.get("customers"), settings.timezone, report, until
    )


def _require_sales(report: DoorReport) -> None:
    """Raise DataError when not one row of purchases or of subscriptions is left."""
    sold = [table for table in report.tables if table.table in ("purchases", "subscriptions")]
    if any(table.admitted for table in sold):
        return
    lines = []
    for table in sold:
        held = "holds no rows" if table.read == 0 else f"has no usable row among {table.read:,}"
        lines.append(f"{table.table}: the table {held}. Export the {WHAT[table.table]} again.")
    raise DataError(" ".join(lines), [reason for table in sold for reason in table.rejections])


def _begin(name: str, given: Given, settings: DataSettings) -> Admission:
    columns = [column for column in SHAPES[name].columns if column.name in given.theirs]
    columns += [Column(name, "text") for name in settings.attributes if name in given.theirs]
    formats: Mapping[str, str] = settings.time_formats.get(name, {})  # type: ignore[call-overload]
    engine = given.table.get_backend().name
    examined = examine(given.table, name, columns, formats, settings.timezone, engine, whole_ids=True)
    return begin(with_day(examined, name, settings.timezone, engine) if name in MOMENTS else examined)


def _admitted(name: str, admission: Admission) -> Any:
    sound = admission.sound
    if name in MOMENTS:
        rows = admitted_events(sound)
    else:
        rows = sound.drop(ROW, *(["merged_into"] if "merged_into" in sound.columns else []))
    return rows if admission.is_kept else keep_by_customer(rows)


def _report(
    name: str, given: Given, admission: Admission, admitted: Any, quarantine: Path, timezone: str
) -> TableReport:
    path = quarantine / f"{name}.csv"
    rejections = count_rejections(name, given.table, admission.faults, given.unreadable)
    if rejections:
        write_quarantine(path, given.table, admission.faults, given.theirs, given.unreadable)
    else:
        clear_quarantine(path)
    read = count_rows(given.table) + len(given.unreadable)
    kept = count_rows(admitted)
    rejected = sum(rejection.rows for rejection in rejections)
    return TableReport(
        table=name,
        read=read,
        admitted=kept,
        rejected=rejected,
        merged_away=read - kept - rejected,
        rejections=rejections,
        quarantine=path if rejections else None,
        notes=write_notes(name, given.table, admitted, timezone),
    )
