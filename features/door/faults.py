"""What can be wrong with a row, and what to do about it: every reason for which the door turns one away."""

LONGEST_ID = 200
LARGEST_AMOUNT = 1e12
LONGEST_PERIOD = 3_650

EMPTY = "is empty"
TOO_LONG = f"is longer than {LONGEST_ID} characters"
UNPRINTABLE = "holds control characters"
FRACTION = "is a fraction, not an id"
NO_NUMBER = "is not a number"
NOT_FINITE = "is not finite"
TOO_LARGE = f"is beyond {LARGEST_AMOUNT:,.0f}"
NO_FLAG = "is neither true nor false"
NO_TIME = "is not a time"
OUT_OF_RANGE = "is before 1970 or after 2200"
STAND_IN = "is 1970-01-01 00:00, the usual stand-in for no time"
REPEATED = "repeats the id of an earlier row"
UNKNOWN = "is not in the customers table"
UNSURE = "has no sound row in the customers table"
NOBODY = "is no customer of the table"
CIRCLE = "leads round in a circle"
NOT_DAYS = f"is not a whole number of days from 1 to {LONGEST_PERIOD:,}"
ENDS_FIRST = "is before started_at"
NEGATIVE = "is negative"
TWICE = "begins a contract that an earlier row holds already"
CELL_COUNT = "has more or fewer cells than the header"
QUOTATION = "has a quotation mark out of place"
NOT_UTF8 = "is not written in UTF-8"
LONG_LINE = "is longer than 2,000,000 bytes"

REMEDIES = {
    EMPTY: "Fill it in, or leave such rows out of the export.",
    TOO_LONG: "See whether another column slipped in.",
    UNPRINTABLE: "Remove line breaks, tabs and other control characters.",
    FRACTION: "Map the column that holds ids, or export ids as text.",
    NO_NUMBER: "Write numbers plainly: a point for decimals, no other sign; nothing where there is none.",
    NOT_FINITE: "Give the amount, or leave such rows out of the export.",
    TOO_LARGE: "See whether another column slipped in.",
    NO_FLAG: "Write true or false.",
    NO_TIME: (
        "Write times as 2024-01-31T10:15:00+01:00, or say how they are written: "
        '[data.time_formats.{table}] {column} = "%d/%m/%Y".'
    ),
    OUT_OF_RANGE: "Correct the date, or leave such rows out of the export.",
    STAND_IN: "Give the time, or leave such rows out of the export.",
    REPEATED: "Only the earliest row of an id is kept. If rows are lines of an order, add them up by order.",
    UNKNOWN: 'Export every customer, or set [data] unknown_customers = "keep".',
    UNSURE: "Correct the customer's row: it may hold an opt-out.",
    NOBODY: "Export the customer that it names, or leave the cell empty.",
    CIRCLE: "Let one of these customers be merged into none.",
    NOT_DAYS: "Give the days from one payment to the next: 30, 365.",
    ENDS_FIRST: "Correct one of the two times; leave {column} empty while the contract runs.",
    NEGATIVE: "Give what a period costs; a refund is a row of purchases.",
    TWICE: "Leave out the second row, or tell two equal contracts apart by a subscription_id.",
    CELL_COUNT: "Correct the line; put quotation marks round cells that hold a delimiter.",
    QUOTATION: "Put the whole cell between quotation marks, and write one inside it twice.",
    NOT_UTF8: "Save the file again as CSV in UTF-8.",
    LONG_LINE: "Shorten the cell, or leave the column out of the export.",
}
