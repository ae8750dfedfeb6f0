"""What the verbs have in common: the exit codes, the options, and how a verb is stopped.

Exit codes: 0 all succeeded; 1 something was rejected, failed or is not there; 2 the command cannot be carried out
(usage, no such environment, credentials, nothing deployed, a fault of its own); 130 Ctrl-C, or ended by a signal; 141
nobody reads what it writes any more.
"""

from collections.abc import Callable
from functools import wraps
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.exceptions import Abort, Exit, TyperException

from scandrop.lanes import SUFFIXES
from scandrop.statuses import STATUSES
from scandrop_cli.errors import Absent, OperatorError, explain, fault
from scandrop_cli.when import since, span

BAD, UNUSABLE, INTERRUPTED, CLOSED = 1, 2, 130, 141
KEY_BYTES = 1024
BESIDES = ("door", "herald", "notices")  # functions that are no lanes

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


study = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="See what the dicom lane made, by study and series.",
    context_settings={"token_normalize_func": str.lower},
)
app.add_typer(study, name="study")

failures = typer.Typer(rich_markup_mode=None)
app.add_typer(failures, name="failures")


def verb[Verb: Callable[..., None]](
    *examples: str, group: typer.Typer = app, name: str | None = None
) -> Callable[[Verb], Verb]:
    """Register a verb with its examples; what stops it becomes a sentence on standard error and an exit code.

    Under the name ``""`` it is what the group itself does, where no verb of it is named.
    """

    def register(function: Verb) -> Verb:
        @wraps(function)
        def guarded(**options: object) -> None:
            try:
                function(**options)
            except (Abort, Exit, TyperException):  # typer's own ways to end
                raise
            except BrokenPipeError:  # whoever reads has seen enough
                raise typer.Exit(CLOSED) from None
            except (BotoCoreError, ClientError, OSError) as error:
                _complain(explain(error), UNUSABLE, str(options.get("env") or "ENV"))
            except OperatorError as error:
                _complain(error, BAD if isinstance(error, Absent) else UNUSABLE)
            except KeyboardInterrupt:
                raise typer.Exit(INTERRUPTED) from None
            except Exception as error:  # noqa: BLE001  a traceback shows values, and says nothing to most who read it
                _complain(fault(error), UNUSABLE)

        epilog = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)
        if name == "":
            group.callback(invoke_without_command=True, epilog=epilog)(guarded)
        else:
            group.command(name, epilog=epilog)(guarded)
        return function

    return register


def _complain(error: OperatorError, exit_code: int, env: str = "") -> None:
    mend = error.mend.replace("<env>", env)
    typer.echo(f"scandrop: {error}" + (f"\n  {mend}" if mend else ""), err=True)
    raise typer.Exit(exit_code)


class Misused(typer.BadParameter):
    """Arguments that do not go together, which is of no one of them."""

    def format_message(self) -> str:
        return self.message


def one_of(*names: str) -> Callable[[str | None], str | None]:
    def check(value: str | None) -> str | None:
        if value is not None and value not in names:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(names)}.")
        return value

    return check


def refuse_no_key(value: str | list[str] | None) -> str | list[str] | None:
    """Refuse what S3 takes for no key, and what no lane could be asked for."""
    for key in [value] if isinstance(value, str) else value or ():
        if not _is_key(key):
            raise typer.BadParameter(f"{key!r} is no key, which is 1 to {KEY_BYTES:,} bytes of UTF-8.")
    return value


def _is_key(text: str) -> bool:
    try:
        return 0 < len(text.encode()) <= KEY_BYTES
    except UnicodeEncodeError:  # bytes of the shell that are no text
        return False


def _span(value: str) -> str:
    try:
        span(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return value


def _moment(value: str | None) -> str | None:
    try:
        if value is not None:
            since(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return value


Env = Annotated[
    str, typer.Option("--env", envvar="SCANDROP_ENV", help="The environment, of those in env/.", metavar="NAME")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Lane = Annotated[
    str | None, typer.Option(callback=one_of(*SUFFIXES), help=f"Only this one: {', '.join(SUFFIXES)}.", metavar="LANE")
]
Logged = Annotated[
    str | None,
    typer.Option(
        "--lane",
        callback=one_of(*SUFFIXES, *BESIDES),
        help=f"Only this one: {', '.join(SUFFIXES)}; or of what is beside them {', '.join(BESIDES)}.",
        metavar="LANE",
    ),
]
Status = Annotated[
    str | None,
    typer.Option(callback=one_of(*STATUSES), help=f"Only this one: {', '.join(STATUSES)}.", metavar="STATUS"),
]
Since = Annotated[str, typer.Option(callback=_moment, help="How far back: 15m, 2h, 3d, or a date.", metavar="WHEN")]
SinceOrUnset = Annotated[
    str | None, typer.Option(callback=_moment, help="How far back: 15m, 2h, 3d, or a date.", metavar="WHEN")
]
Span = Annotated[str, typer.Option(callback=_span, help="A span such as 20m or 2h.", metavar="SPAN")]
Timeout = Annotated[float, typer.Option(help="Give up after so many seconds.", metavar="SECONDS")]
Key = Annotated[str, typer.Argument(callback=refuse_no_key, metavar="KEY", help="The object's key in the raw bucket.")]
Keys = Annotated[
    list[str] | None, typer.Argument(callback=refuse_no_key, metavar="KEY", help="Keys in the raw bucket.")
]
