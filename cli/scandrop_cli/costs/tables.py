"""The tables of `scandrop cost`."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scandrop.pricing import PRICES_AS_OF, PRICES_REGION
from scandrop_cli.costs.month import MONTH_DAYS, Line, Month
from scandrop_cli.costs.report import Report
from scandrop_cli.costs.spent import Spent
from scandrop_cli.tables import add_numbers, cell, new_table, number, size

_LEFT_OUT = "The forecast leaves out what docs/costs.md lists: downloads, replaced versions and the upload door, say."


def screen(report: Report) -> RenderableType:
    """All of it, with the cautions at the end."""
    return Group(
        _spent_table(report.by, report.groups, report.total),
        "",
        _month_table(report.month, report.budget_usd),
        "",
        *(Text(caution, style="yellow") for caution in report.cautions),
        Text(_LEFT_OUT, style="dim"),
        Text(f"List prices of {PRICES_REGION} in US dollars, as of {PRICES_AS_OF}, without free tiers.", style="dim"),
    )


def _spent_table(by: str, groups: Mapping[str, Spent], everything: Spent) -> Table:
    """What each group of objects took, and all together."""
    table = new_table(by)
    add_numbers(table, "objects", "in", "out", "GB-seconds", "requests", "USD", "USD/1,000")
    for name, spent in groups.items():
        table.add_row(cell(name), *_numbers(spent))
    table.add_section()
    table.add_row("total", *_numbers(everything), style="bold")
    return table


def _numbers(spent: Spent) -> tuple[str, ...]:
    return (
        number(spent.objects),
        size(spent.bytes_in),
        size(spent.bytes_out),
        f"{spent.gb_seconds:,.1f}",
        number(spent.requests),
        _fixed(spent.usd, 4),
        _fixed(spent.usd_per_1000, 4),
    )


def _month_table(month: Month, budget_usd: float | None) -> Table:
    """The forecast, line by line, beside the budget."""
    table = new_table("a month like this")
    add_numbers(table, "quantity", "USD")
    table.add_column("", style="dim", overflow="fold")
    for line in month.lines:
        table.add_row(line.what, _quantity(line), _fixed(line.usd, 2), line.note)
    table.add_section()
    table.add_row("forecast", "", f"{month.usd:,.2f}", _made_of(month), style="bold")
    if budget_usd:
        over = month.usd > budget_usd
        table.add_row(
            "budget", "", f"{budget_usd:,.2f}", f"{month.usd / budget_usd:.0%} of it", style="red" if over else ""
        )
    return table


def _fixed(amount: float, decimals: int) -> str:
    """As many decimals in every line of a column, and never 0 of what costs something."""
    least = 10**-decimals
    return f"< {least:.{decimals}f}" if 0 < amount < least / 2 else f"{amount:,.{decimals}f}"


def _quantity(line: Line) -> str:
    """A count is whole; gigabytes are not."""
    return _fixed(line.quantity, 2) if line.what.endswith("GB") and line.quantity < 100 else f"{line.quantity:,.0f}"


def _made_of(month: Month) -> str:
    return f"{MONTH_DAYS} days as the last {month.days:.3g}, and what stands"
