"""The command line: it reads arguments, calls one function, prints one useful line, sets the exit code."""

import getpass
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import ConfigurationError, DataError
from serving.store.errors import StoreError
from tenure import printing
from tenure.lock import BusyError

if TYPE_CHECKING:
    from tenure.simulator import SimulatedShop

GATE_SAID_NO, BAD_CONFIGURATION, BAD_DATA = 1, 2, 3

app = typer.Typer(
    help="For every customer of a shop: will they come back, what are they worth, what to do about it.",
    epilog="Exit codes: 0 done, 1 a gate said no, 2 bad usage or configuration, 3 bad data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Option("--config", help="The shop's configuration.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        help="Know nothing at or after this day. By default: the day after the newest event.",
    ),
]
CONFIG = Path("tenure.toml")


def main() -> None:
    """Run a command; mistakes of people and of data end in a sentence, not in a traceback."""
    try:
        app()
    except BusyError as busy:
        printing.problem(str(busy))
        raise SystemExit(GATE_SAID_NO) from None
    except (ConfigurationError, StoreError) as mistake:
        printing.problem(str(mistake))
        raise SystemExit(BAD_CONFIGURATION) from None
    except DataError as mistake:
        printing.problem(str(mistake))
        printing.rejections(mistake.reasons)
        raise SystemExit(BAD_DATA) from None


@app.command(short_help="Tell what the shop's tables can and cannot support.")
def check(config: Config = CONFIG) -> None:
    """Read the shop's tables and tell what they can and cannot support."""
    from tenure.shop import check_shop

    printing.profile(check_shop(config))


@app.command(short_help="Learn a model from the past and register it.")
def train(config: Config = CONFIG, as_of: AsOf = None) -> None:
    """Learn a model from the past and register it; the first one becomes the champion.

    Exit code 1 if another training, promotion or rollback is under way.
    """
    from tenure.shop import train_shop

    with printing.progress("Training") as tell:
        trained = train_shop(config, _day(as_of), tell)
    printing.trained(trained)


@app.command(short_help="Try the model beside its peers on the shop's own past.")
def backtest(
    config: Config = CONFIG,
    as_of: AsOf = None,
    report: Annotated[
        Path | None,
        typer.Option(help="The HTML file to write. By default: var/backtest.html beside the configuration."),
    ] = None,
    dates: Annotated[int, typer.Option(min=1, help="At most so many past dates for each question.")] = 6,
) -> None:
    """Try the model beside its peers on the shop's own past, and write a report of it."""
    from tenure.backtest_tables import print_backtest
    from tenure.shop import backtest_shop

    page = report or config.parent / "var" / "backtest.html"
    with printing.progress("Backtest") as tell:
        found = backtest_shop(config, _day(as_of), dates, page, tell)
    print_backtest(found)
    printing.say(f"Report with pictures: {page}")


@app.command(short_help="Let a version answer, if it is not worse than the champion.")
def promote(
    config: Config = CONFIG,
    version: Annotated[int | None, typer.Option(help="By default: the newest version.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Promote it whatever is said against it; that is written down.")
    ] = False,
) -> None:
    """Make a version the champion if, on the same past dates, it is not worse beyond noise and its grades hold.

    Exit code 1 if it is worse or a grade has fallen, or if another training, promotion or rollback is under way.
    """
    from tenure.shop import promote_version

    decision = promote_version(config, version, force, datetime.now(UTC), _who())
    printing.contest(decision.contest)
    printing.say(decision.sentence)
    if not decision.promoted:
        raise typer.Exit(GATE_SAID_NO)


@app.command(short_help="Let the champion before this one answer again.")
def rollback(
    config: Config = CONFIG,
    to: Annotated[
        int | None, typer.Option("--to", help="The version. By default: the champion before this one.")
    ] = None,
) -> None:
    """Let the champion before this one answer again; exit code 1 where there is none."""
    from tenure.rollback import roll_back_shop

    rolled = roll_back_shop(config, to, datetime.now(UTC), _who())
    printing.say(rolled.sentence)
    if not rolled.done:
        raise typer.Exit(GATE_SAID_NO)


@app.command(short_help="Tell whether retraining is due, and why.")
def monitor(config: Config = CONFIG, as_of: AsOf = None) -> None:
    """Tell whether retraining is due: drift, fresh data, and how scores really did once their window was over.

    Exit code 1 if it is, with the reasons. The figures go to MLflow and to the page. With --as-of, as if
    that day were today.
    """
    from tenure.monitor import monitor_shop

    with printing.progress("Monitor") as tell:
        checkup = monitor_shop(config, _day(as_of), datetime.now(UTC), tell)
    printing.health(checkup.health)
    if checkup.health.is_due:
        raise typer.Exit(GATE_SAID_NO)


@app.command(short_help="Score every customer and publish the batch.")
def score(config: Config = CONFIG, as_of: AsOf = None) -> None:
    """Score every customer with the champion and publish the batch, whole or not at all."""
    from tenure.shop import score_shop

    with printing.progress("Scoring") as tell:
        publication = score_shop(config, _day(as_of), datetime.now(UTC), tell)
    printing.say(publication.sentence())


@app.command(short_help="Tell what campaigns earned against their control groups.")
def lift(
    config: Config = CONFIG,
    campaign: Annotated[str | None, typer.Option(help="By default: every campaign.")] = None,
) -> None:
    """Tell what campaigns earned against their control groups, once their windows are over."""
    from tenure.lift import measure_campaigns, show

    show(measure_campaigns(config, campaign, datetime.now(UTC)))


@app.command()
def serve(
    config: Config = CONFIG,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 3000,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen beyond this machine; anyone there can read.")
    ] = False,
) -> None:
    """Serve the page and the API from the last published batch."""
    from serving.run import serve as run

    printing.say(f"Serving on http://{host}:{port} (stop with Ctrl-C)")
    run(config, host, port, allow_remote)


@app.command(short_help="Write the last published batch to a file.")
def export(
    out: Annotated[Path, typer.Option("--out", help="The file; .csv, .parquet or .ndjson says how.")],
    config: Config = CONFIG,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV for machines: formulas are left as they are.")
    ] = False,
    preset: Annotated[str | None, typer.Option(help="Columns as hubspot or salesforce imports them.")] = None,
) -> None:
    """Write the scores of the last published batch to a file, and a manifest beside it."""
    from tenure.shop import export_scores

    printing.say(f"Wrote {export_scores(config, out, raw, preset):,} customers to {out}.")


@app.command(short_help="Write a shop whose truth is known.")
def simulate(
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the tables.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same shop.")],
    world: Annotated[
        str, typer.Option(help="bgnbd, regular, seasonal, returning, mixed or subscription.")
    ] = "mixed",
) -> None:
    """Write a shop whose truth is known: its tables, a configuration, the truth and the withheld future."""
    from tenure.simulator import (
        PERIOD,
        SUBSCRIPTION,
        Scenario,
        simulate_blocks,
        simulate_contracts,
        write_contracts,
        write_shop,
    )

    if world == SUBSCRIPTION:
        contracts = Scenario(customers=customers, seed=seed, world=world, churn_window_days=PERIOD)
        rows = write_contracts(simulate_contracts(contracts), contracts, out)
    else:
        scenario = Scenario(customers=customers, seed=seed, world=world)
        with printing.progress("Simulating") as tell:
            rows = write_shop(_told(simulate_blocks(scenario), customers, tell), scenario, out)
    listed = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items())
    printing.say(f"Wrote {listed} and tenure.toml to {out}.")


@app.command(short_help="Check, train, score and serve CDNOW's real purchases.")
def demo(
    folder: Annotated[Path, typer.Option(help="The folder that becomes the demo's shop.")] = Path("."),
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the service.")] = 3000,
    once: Annotated[bool, typer.Option("--once", help="Check that the service answers, and stop.")] = False,
) -> None:
    """Do everything on CDNOW's real purchases: check, train, score, serve."""
    from tenure.demo import run_demo

    run_demo(folder, port, once)


def _told(
    blocks: "Iterable[SimulatedShop]", customers: int, tell: printing.Tell
) -> "Iterator[SimulatedShop]":
    done = 0
    for block in blocks:
        yield block
        done += len(block.truth)
        tell(done, customers, "")


def _who() -> str:
    """The person at the keyboard, by the system's name for them, or by its number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()
