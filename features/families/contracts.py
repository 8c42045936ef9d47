"""The contracts of a customer: how often they were renewed, when they are due, what they cost.

Everything is read off the periods that were paid before `as_of`. Whether and when a contract ends after that
is not known: an end at or after `as_of` has not come yet.
"""

import ibis

from features.feature import Feature, count, known_to_some
from features.plan import FeaturePlan
from features.tally import count_where, least_where, most_where, sum_where
from features.ticks import money, ticks

MONTH = 30.0


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below; none for a shop without contracts."""
    if not plan.has_contracts:
        return ()
    return (
        count(
            "contract_count",
            "contracts",
            "contracts",
            "contracts so far",
            "has held {value:contracts} so far",
        ),
        count(
            "contracts_running",
            "contracts",
            "contracts",
            "contracts that have not ended before as_of",
            "holds {value:contracts} now",
        ),
        count(
            "contract_renewals",
            "renewals",
            "renewals",
            "paid renewals of the contract that runs longest, or of the last one where none runs",
            "has renewed {value:times}",
        ),
        known_to_some(
            "contract_age_days",
            "days",
            "renewals",
            "days from the start of the contract that runs longest to as_of",
            "the contract has run for {value:days}",
            "holds no contract",
        ),
        known_to_some(
            "contract_renewal_due_days",
            "days",
            "renewal due",
            "days from as_of to the next renewal of a running contract; 0 where it is due on as_of",
            "renewal due in {value:days}",
            "no renewal is due",
        ),
        known_to_some(
            "contract_period_days",
            "days",
            "plan",
            "days from one renewal to the next, of the running contract with the longest, or of the last one where "
            "none runs",
            "renews every {value:days}",
            "has held no contract",
        ),
        known_to_some(
            "contract_amount",
            "shop currency",
            "plan",
            "what a period of the running contracts costs together, or of the last one where none runs",
            "pays {value:,.2f} a period",
            "has held no contract",
        ),
        known_to_some(
            "contract_amount_30d",
            "shop currency",
            "plan",
            "what the running contracts cost in 30 days",
            "pays {value:,.2f} for 30 days",
            "holds no contract",
        ),
        known_to_some(
            "contract_price_ratio",
            "ratio",
            "plan",
            "daily price of the newest running contract over that of the customer's first contract",
            "pays {value:.0%} of the price of the first contract",
            "holds no contract",
        ),
        known_to_some(
            "days_since_contract_end",
            "days",
            "contracts",
            "days from the last end of a contract to as_of; missing where none has ended",
            "the last contract to end did so {value:days} ago",
            "no contract has ended",
        ),
    )


def columns(past: ibis.Table) -> ibis.Table:
    """One row per customer who has held a contract; `past` needs `days_ago` and the columns of a contract."""
    return _by_customer(_by_contract(past))


def _by_contract(past: ibis.Table) -> ibis.Table:
    """One row per contract: paid periods, first and last payment, price, and how long ago it ended."""
    paid = past.filter(past.contract.notnull())
    contracts = paid.group_by("customer_id", "contract").aggregate(
        started=paid.days_ago.max(),
        last_paid=paid.days_ago.min(),
        renewals=paid.days_ago.nunique() - 1,
        period=paid.contract_period_days.max(),
        price=ticks(paid.amount).max(),
        ended_on=paid.contract_ended_on.max(),
        # days_ago counts back from as_of, so a day and its days_ago sum to as_of.
        ended=(paid.days_ago - paid.contract_ended_on.delta(paid.day, unit="day")).min(),
    )
    contracts = contracts.mutate(
        runs=contracts.ended_on.isnull(),
        due=contracts.period - contracts.last_paid,
        # In whole ticks: no order of rows moves a digit of their sum.
        monthly_price=(contracts.price * MONTH / contracts.period.cast("float64")).round().cast("float64"),
    )
    every = ibis.window(group_by="customer_id")
    return contracts.mutate(
        first_started=contracts.started.max().over(every),
        last_started=contracts.started.min().over(every),
        newest_running=contracts.runs.ifelse(contracts.started, None).min().over(every),
        oldest_running=contracts.runs.ifelse(contracts.started, None).max().over(every),
    )


def _by_customer(contracts: ibis.Table) -> ibis.Table:
    runs = contracts.runs
    oldest = runs & (contracts.started == contracts.oldest_running)
    last = contracts.started == contracts.last_started
    first = contracts.started == contracts.first_started
    newest = runs & (contracts.started == contracts.newest_running)
    sums = contracts.group_by("customer_id").aggregate(
        contract_count=contracts.count(),
        contracts_running=count_where(runs),
        running_renewals=most_where(oldest, contracts.renewals),
        last_renewals=most_where(last, contracts.renewals),
        contract_age_days=most_where(runs, contracts.started),
        contract_renewal_due_days=least_where(runs, contracts.due),
        running_period=most_where(runs, contracts.period),
        last_period=most_where(last, contracts.period),
        last_price=most_where(last, contracts.price),
        running_price=sum_where(runs, contracts.price),
        running_monthly_price=sum_where(runs, contracts.monthly_price),
        newest_monthly_price=most_where(newest, contracts.monthly_price),
        first_monthly_price=most_where(first, contracts.monthly_price),
        days_since_contract_end=least_where(~runs, contracts.ended),
    )
    return sums.select(
        "customer_id",
        "contract_count",
        "contracts_running",
        "contract_age_days",
        "contract_renewal_due_days",
        "days_since_contract_end",
        contract_renewals=ibis.coalesce(sums.running_renewals, sums.last_renewals),
        contract_period_days=ibis.coalesce(sums.running_period, sums.last_period),
        contract_amount=money(ibis.coalesce(sums.running_price, sums.last_price)),
        contract_amount_30d=money(sums.running_monthly_price),
        contract_price_ratio=sums.newest_monthly_price / sums.first_monthly_price.nullif(0),
    )
