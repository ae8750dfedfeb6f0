"""How `scandrop watch` looks: columns of fixed width, so that only digits move; it fits 80x24 and grows from there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from scandrop_cli.errors import OperatorError, explain
from scandrop_cli.records import Record
from scandrop_cli.tables import colour_of
from scandrop_cli.terminal import plain, shortened
from scandrop_cli.watch import WINDOW_MINUTES, Row, Trouble, View
from scandrop_cli.wording import in_one_unit, took

_TICK_S = 1.0
_LATE_S = 4.0  # an answer mostly takes less than one
_STILL_ASKED = OperatorError("It is still being asked.")
_BARS = " ▁▂▃▄▅▆▇█"
_LANES = (
    *(("lane", 6), ("wait", 5), ("work", 5), ("dead", 5), ("oldest", 6), ("/min", 5), ("done", 6)),
    *(("reject", 6), ("failed", 6), ("median", 6), ("95 %", 6), ("cost", 7)),
)  # 80 columns with a space between two
_WIDE = 110  # from so many columns on there is room for two spaces, and for the arrivals
_OBJECTS = (("lane", 6), ("status", 10), ("age", 4), ("took", 5))
_CODE, _WIDE_CODE = 19, 26
_FRAME_LINES = 6  # the head's two, the headers, the total and what is empty
_LEAST_OBJECTS = 4  # that many are always shown, whatever the trouble
_UNWATCHED_ROWS = 20  # of objects, where there is no terminal to fill


@dataclass(frozen=True)
class Moment:
    """What there is to show at a moment: the last view, and what has kept AWS from answering since."""

    at: datetime
    view: View
    silence: OperatorError | None = None


def moments(look: Callable[[], View], interval_s: float) -> Iterator[Moment]:
    """A moment for each second, without an end: AWS is asked beside it, so that the clock goes on while it is silent.

    Raises what the first look raises: there is nothing to show then.
    """
    view, silence = look(), None
    pool = ThreadPoolExecutor(1)
    try:
        asked, asked_at = None, monotonic()
        while True:
            is_late = asked is not None and monotonic() - asked_at > _LATE_S
            yield Moment(datetime.now(UTC), view, silence or (_STILL_ASKED if is_late else None))
            sleep(min(_TICK_S, interval_s))
            if asked is None and monotonic() - asked_at >= interval_s:
                asked, asked_at = pool.submit(look), monotonic()
            if asked is not None and asked.done():
                view, silence = _answer(asked, view)
                asked = None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def once(look: Callable[[], View]) -> Moment:
    """What is so now."""
    view = look()
    return Moment(view.at, view)


def _answer(asked: Future[View], before: View) -> tuple[View, OperatorError | None]:
    try:
        return asked.result(), None
    except (BotoCoreError, ClientError, OSError) as error:
        return before, explain(error)


def live(console: Console, shown: Iterable[Moment]) -> None:
    """Keep the terminal showing the newest moment, on a screen of its own."""
    with Live(console=console, screen=True, auto_refresh=False) as screen:
        for moment in shown:
            screen.update(frame(moment, console.width, console.height), refresh=True)


def frame(moment: Moment, width: int | None = None, height: int | None = None) -> Group:
    """One picture of an environment; without a width and a height nothing is cut."""
    view = moment.view
    room = height - len(view.lanes) - _FRAME_LINES if height else None
    troubles = list(_troubles(view.troubles, width, None if room is None else room - _LEAST_OBJECTS))
    rows = _UNWATCHED_ROWS if room is None else room - sum(_lines(text, width) for text in troubles)
    return Group(
        _head(moment),
        _lanes_table([*view.lanes, view.total], is_wide=width is None or width >= _WIDE),
        Text(),
        *troubles,
        _objects_table(view.newest[: max(0, rows)], moment.at, width),
    )


def _head(moment: Moment) -> Text:
    ago_s = max(0, (moment.at - moment.view.at).total_seconds())
    head = Text.assemble(
        (f"Scandrop {moment.view.environment}", "bold"),
        f"  {moment.at:%H:%M:%S} UTC  ",
        overflow="ellipsis",
        no_wrap=True,
    )
    if moment.silence:
        head.append(f"AWS has not answered for {ago_s:.0f} s\n", style="bold red")
        return head.append(plain(str(moment.silence)), style="red")
    return head.append(f"looked {ago_s:.0f} s ago, counts the last {WINDOW_MINUTES} minutes\n", style="dim")


def _lanes_table(rows: Sequence[Row], *, is_wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2 if is_wide else 1, 0, 0), header_style="bold")
    for name, width in _LANES:
        table.add_column(name, width=width, no_wrap=True, justify="left" if name == "lane" else "right")
    if is_wide:
        table.add_column("arrivals", width=WINDOW_MINUTES, no_wrap=True)
    most = max((max(row.arrivals) for row in rows), default=0)
    for row in rows:
        table.add_row(*_facts(row), *([_bars(row.arrivals, most)] if is_wide else []))
    table.rows[-1].style = "bold"
    return table


def _facts(row: Row) -> Iterator[Text]:
    yield Text(row.lane)
    yield _count(row.waiting)
    yield _count(row.in_work, "cyan")
    yield _count(row.dead_letters, "bold red")
    is_held = row.waiting or row.in_work
    yield Text("?" if is_held and row.oldest_s is None else in_one_unit(row.oldest_s))
    yield Text(f"{row.per_minute:.1f}" if 0 < row.per_minute < 10 else short(round(row.per_minute)))
    yield _count(row.succeeded, "green")
    yield _count(row.rejected, "yellow")
    yield _count(row.failed, "red")
    yield Text(took(row.median_ms))
    yield Text(took(row.p95_ms))
    yield Text(_cost(row.cost_usd))


def _troubles(troubles: Sequence[Trouble], width: int | None, room: int | None) -> Iterator[Text]:
    """Each trouble with its command, as many as there is room for, and how many more there are."""
    for number, trouble in enumerate(troubles):
        text = Text.assemble((f"! {trouble.sentence}\n", "bold red"), f"  {trouble.command}", overflow="fold")
        if room is not None and room < _lines(text, width) + 2:  # one for how many more, one that is empty
            yield Text(f"! and {len(troubles) - number} more", style="bold red")
            break
        room = None if room is None else room - _lines(text, width)
        yield text
    if troubles:
        yield Text(" ")


def _lines(text: Text, width: int | None) -> int:
    return sum(-(-max(1, line.cell_len) // (width or line.cell_len)) for line in text.split())


def _objects_table(records: Sequence[Record], at: datetime, width: int | None) -> Table:
    code = _CODE if width is not None and width < _WIDE else _WIDE_CODE
    fixed = sum(column + 1 for _, column in _OBJECTS) + code + 1
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("object", width=None if width is None else max(8, width - fixed), no_wrap=True)
    for name, column in _OBJECTS:
        table.add_column(name, width=column, no_wrap=True, justify="right" if name in {"age", "took"} else "left")
    table.add_column("code", width=code, no_wrap=True, overflow="ellipsis")
    for record in records:
        key = plain(record.key) if width is None else shortened(plain(record.key), max(8, width - fixed))
        state = Text("stalled" if record.stalled else record.status, style=colour_of(record))
        ago_s = (at - datetime.fromisoformat(record.updated_at)).total_seconds()
        times = in_one_unit(max(0, ago_s)), took(record.duration_ms if record.over else None)
        table.add_row(Text(key), record.lane, state, *times, Text(record.error_code or ""))
    return table


def _count(number: int, style: str = "") -> Text:
    return Text(short(number), style=style if number else "dim")


def _bars(counts: Sequence[int], most: int) -> Text:
    top = len(_BARS) - 1
    return Text("".join(_BARS[-(-count * top // most) if most else 0] for count in counts), style="cyan")


def _cost(cost_usd: float) -> str:
    if cost_usd < 1:
        return f"${cost_usd:.4f}"
    return f"${cost_usd:.2f}" if cost_usd < 1000 else f"${short(round(cost_usd))}"


def short(number: int) -> str:
    """A count in five columns."""
    for least, unit in ((1_000_000, "M"), (10_000, "k")):
        if number >= least:
            amount = number / (1_000_000 if unit == "M" else 1000)
            return f"{amount:.1f}{unit}" if amount < 10 else f"{amount:,.0f}{unit}"
    return f"{number:,}"
