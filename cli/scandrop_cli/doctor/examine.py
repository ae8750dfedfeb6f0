"""All checks at once, each alone: one that may not look, or breaks, is a finding and stops no other."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from scandrop_cli import environment
from scandrop_cli.doctor import account, data, drift, lanes, machine, watch
from scandrop_cli.doctor.site import Attributes, Check, Finding, Site, refused, wrong
from scandrop_cli.errors import OperatorError, explain

_HERE: Mapping[str, Check] = {"machine": machine.tools, "packages": machine.packages}
_FIRST: Mapping[str, Check] = {
    **_HERE,
    "credentials": account.credentials,
    "state": account.state,
    "quotas": account.quotas,
}
_DEPLOYED: Mapping[str, Check] = {
    "drift": drift.drift,
    "functions": lanes.functions,
    "mappings": lanes.mappings,
    "rules": lanes.rules,
    "settings": lanes.settings,
    "queues": lanes.queues,
    "objects": lanes.stalled,
    "buckets": data.buckets,
    "events": data.events,
    "ledger": data.ledger,
    "encryption": data.encryption,
    "pseudonyms": data.pseudonyms,
    "alarms": watch.alarms,
    "told": watch.told,
    "logs": watch.logs,
}


def examine(name: str) -> list[Finding]:
    """Every finding, in the order of the checks. Raises `OperatorError` where there is no such environment."""
    try:
        site = _site(name)
    except (BotoCoreError, ClientError) as error:  # without the state there is nothing to hold AWS to
        here = Site(name, environment.repository_root(), {}, {}, None)
        return [*_run(here, _HERE), replace(_said(explain(error)), check="credentials")]
    return _run(site, {**_FIRST, **_DEPLOYED} if site.outputs else _FIRST)


def _site(name: str) -> Site:
    root = environment.repository_root()
    backend = environment.backend_of(name, root)
    settings = environment.settings_of(name, root)
    try:
        state = environment.state(name, root)
    except OperatorError:
        return Site(name, root, backend, settings, None)
    resources: dict[str, list[Attributes]] = {}
    for kind, attributes in environment.resources(state):
        resources.setdefault(kind, []).append(attributes)
    return Site(name, root, backend, settings, state if resources else None, resources)  # without any it was destroyed


def _run(site: Site, checks: Mapping[str, Check]) -> list[Finding]:
    with ThreadPoolExecutor(len(checks)) as pool:
        found = pool.map(lambda check: list(_alone(site, check)), checks.values())
        return [replace(finding, check=name) for name, each in zip(checks, found, strict=True) for finding in each]


def _alone(site: Site, check: Check) -> Iterator[Finding]:
    try:
        yield from check(site)
    except ClientError as error:
        yield refused(error, site)
    except (BotoCoreError, OSError) as error:
        yield _said(explain(error))
    except OperatorError as error:
        yield _said(error)
    except (KeyError, ValueError) as error:  # an older state, a file that is none of ours
        yield wrong(f"It cannot be told: {type(error).__name__} {error}. Deploy this version.", site.deploy)


def _said(error: OperatorError) -> Finding:
    return wrong(str(error), error.mend)
