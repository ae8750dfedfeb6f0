"""Why an object needs somebody, and the command that helps, ready to be pasted into a shell."""

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from scandrop_cli.environment import Environment
from scandrop_cli.records import Item


def advice(environment: Environment, item: Item) -> tuple[str, str] | None:
    """A sentence and a command; None for what is well."""
    key = item["object_key"]
    logs = command("logs", ("--key", key), environment)
    match item["status"]:
        case "rejected":
            return item["error"], _upload_again(environment, key)
        case "given_up":
            dead = f"It was tried {item['attempts']} times and is a dead letter now. Mend the cause, then redrive it."
            return _sentences(item.get("error"), dead), _redrive(environment, item["lane"]) or logs
        case "stalled":
            return "The function that took it has died. Its queue tries it again, or has given it up.", logs
        case "failed":
            return item.get("error") or "It is tried again by itself.", logs
        case "processing":
            return "A lane is at work on it.", command("wait", (), environment, key)
    return None


def command(verb: str, options: Sequence[str], environment: Environment, *arguments: str) -> str:
    """A command line of `scandrop` as a shell takes it, however hostile the words."""
    ends = ["--"] if any(one.startswith("-") for one in arguments) else []
    words = ["scandrop", verb, *options, "--env", environment.name, *ends, *arguments]
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """One word for a shell. What does not print, or would end a terminal's paste, is spelt out."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_spelt, word)) + "'"


def _spelt(char: str) -> str:
    if char in "'\\":
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode())


def _upload_again(environment: Environment, key: str) -> str:
    """By its key; where that is a pseudonym, whoever dropped it knows which file it was."""
    if environment.pseudonymous_keys:
        return command("upload", ("--force",), environment, "FILE")
    path = PurePosixPath(key)
    folder = key.removesuffix(path.name).removesuffix("/")
    return command("upload", ("--force", *(("--prefix", folder) if folder else ())), environment, path.name)


def _redrive(environment: Environment, lane: str) -> str | None:
    url = urlsplit(environment.dead_letter_queue_urls.get(lane, ""))
    if not url.path:
        return None
    account, name = url.path.strip("/").split("/")[-2:]
    arn = f"arn:aws:sqs:{environment.region}:{account}:{name}"
    return f"aws sqs start-message-move-task --region {environment.region} --source-arn {arn}"


def _sentences(*each: str | None) -> str:
    return " ".join(filter(None, each))
