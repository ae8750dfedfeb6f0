"""Why an object needs somebody, and the command that helps, ready to be pasted into a shell."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from scandrop_cli.environment import Environment
from scandrop_cli.records import Item


class Advice(NamedTuple):
    """says: what is wrong. command: what helps, or None where no command does. first: what comes before it, if any."""

    says: str
    command: str | None
    first: str | None = None


_EXPORT = "After you have exported or mended the file:"
_CONVERT = "After you have saved it in a form that the lane takes, as FILE:"
_FIT = "After you have made the file smaller, or have raised the limit and deployed:"
_SETTLE = "After you have changed the file, or have changed the setting and deployed:"

# What somebody does before the file is uploaded again; None where no upload of it helps.
BEFORE: Mapping[str, str | None] = {
    **dict.fromkeys(("empty", "version_gone"), ""),
    **dict.fromkeys(("processor_crashed", "dicom_directory", "nifti_not_bold"), None),
    **dict.fromkeys(
        ("unsupported", "misplaced", "image_unsupported", "nifti_unreadable", "nifti_pair", "nifti_dimensions"),
        _CONVERT,
    ),
    **dict.fromkeys(("image_unreadable", "image_damaged", "image_bomb", "image_not_finite"), _EXPORT),
    **dict.fromkeys(("dicom_unreadable", "dicom_deflate", "dicom_damaged", "dicom_truncated", "dicom_length"), _EXPORT),
    **dict.fromkeys(("dicom_pixels_undescribed", "dicom_pixels_short", "dicom_frames_missing"), _EXPORT),
    **dict.fromkeys(("dicom_fragments_damaged", "dicom_frames_untold", "dicom_syntax_contradicted"), _EXPORT),
    **dict.fromkeys(("dicom_codestream_differs", "dicom_pixels_damaged", "dicom_mask_unsupported"), _EXPORT),
    **dict.fromkeys(("dicom_decoder_died", "dicom_decoder_too_slow", "dicom_too_deep"), _EXPORT),
    **dict.fromkeys(("dicom_transfer_syntax", "dicom_syntax_unsupported", "dicom_single_bits_unsupported"), _EXPORT),
    **dict.fromkeys(("nifti_damaged", "nifti_cut_off", "nifti_longer", "nifti_datatype", "nifti_offset"), _EXPORT),
    **dict.fromkeys(("nifti_no_voxel_size", "nifti_voxel_size", "nifti_not_finite", "nifti_constant"), _EXPORT),
    **dict.fromkeys(("not_records", "invalid_json"), _EXPORT),
    **dict.fromkeys(("too_large", "image_too_large", "image_too_many_frames", "image_too_long", "out_of_memory"), _FIT),
    **dict.fromkeys(("dicom_inflated_too_large", "dicom_too_many_elements", "dicom_frame_too_large"), _FIT),
    **dict.fromkeys(("dicom_too_many_frames", "dicom_pixels_too_large", "dicom_model_too_large"), _FIT),
    **dict.fromkeys(("record_too_large", "nifti_volume_too_large", "nifti_run_too_large"), _FIT),
    **dict.fromkeys(("dicom_needs_libjpeg", "dicom_without_pixels", "dicom_burned_in", "dicom_no_mask_rule"), _SETTLE),
    **dict.fromkeys(("no_valid_records", "too_many_rejects"), _SETTLE),
}


def advice(environment: Environment, item: Item) -> Advice | None:
    """What is wrong with an object, and what helps; None for what is well."""
    key = item["object_key"]
    logs = command("logs", ("--key", key), environment)
    match item["status"]:
        case "rejected":
            return _of_rejected(environment, item)
        case "given_up":
            dead = f"It was tried {item['attempts']} times and is a dead letter now. Mend the cause, then redrive it."
            redrive = command("failures", ("redrive", "--key", key), environment)
            return Advice(_sentences(item.get("error"), dead), redrive, "After you have mended the cause:")
        case "stalled":
            says = "The function that took it has died. Its queue tries it again, or has given it up."
            return Advice(says, logs, "To find the cause:")
        case "failed":
            return Advice(item.get("error") or "It is tried again by itself.", logs, "To see what happened:")
        case "processing":
            return Advice("A lane is at work on it.", command("wait", (), environment, key), "To wait for it:")
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


def _of_rejected(environment: Environment, item: Item) -> Advice:
    before = BEFORE.get(item.get("error_code") or "", _SETTLE)
    if before is None:
        return Advice(item["error"], None)
    upload = _upload_again(environment, item["object_key"], renamed=before == _CONVERT)
    return Advice(item["error"], upload, before or None)


def _upload_again(environment: Environment, key: str, *, renamed: bool) -> str:
    """By its key; where that is another now, or a pseudonym, whoever dropped it knows which file it is."""
    if environment.pseudonymous_keys:
        return command("upload", ("--force",), environment, "FILE")
    path = PurePosixPath(key)
    folder = key.removesuffix(path.name).removesuffix("/")
    prefix = ("--prefix", folder) if folder else ()
    return command("upload", ("--force", *prefix), environment, "FILE" if renamed else path.name)


def _sentences(*each: str | None) -> str:
    return " ".join(filter(None, each))
