"""Pseudonyms under an environment's key: the same in every worker, and nothing to look them up in.

Each is an HMAC-SHA256 of the original under the key, told apart by a label per kind. None is stored: whoever holds
the key and the original makes it again, and nobody else does. Each carries a tag over itself, so that a pseudonym
is known for one under its key and left as it is: pseudonymised twice is pseudonymised once.
"""

import hmac
import re
import unicodedata
from functools import cached_property

from scandrop.lanes import SUFFIXES

KEY_CHARS = 32  # the shortest secret that is taken
PATIENT_CHARS = 20
PART_CHARS = 20  # of an object key, between two slashes

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter looks like a digit; a CS may hold it
_TOKEN = re.compile(f"[{_ALPHABET}]{{12,32}}")
_TAG_CHARS = 6  # 30 bits: an original passes for a pseudonym once in a thousand million
_OWN_UID = re.compile(r"2\.25\.([1-9][0-9]{0,38})")
_UID_TAG_BITS = 32
_UUID_FIXED = 0xF << 76 | 0x3 << 62  # version and variant, RFC 9562 section 4
_UUID_8 = 0x8 << 76 | 0x2 << 62
_LONGEST_SHIFT_DAYS = 3652  # ten years
_MOST_FOLDERS = 16  # 18 tokens and a derivative's name fit the 1,024 bytes of an S3 key
_SUFFIXES = sorted({suffix for lane in SUFFIXES.values() for suffix in lane}, key=len, reverse=True)


def key_of(text: str) -> bytes:
    """The key that a secret's text stands for; white space around it does not count.

    Raises ValueError with a sentence where the text is shorter than `KEY_CHARS`.
    """
    text = text.strip()
    if len(text) < KEY_CHARS:
        raise ValueError(f"The pseudonym key has {len(text)} characters and needs at least {KEY_CHARS} random ones.")
    return text.encode()


def may_be_object_key(key: str) -> bool:
    """Whether a key has the form of a pseudonymous one. That it is one, only the environment's key can tell."""
    *folders, name = key.split("/")
    return all(not part or _TOKEN.fullmatch(part) for part in [*folders, name.removesuffix(_suffix(name))])


def may_be_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym of any kind. That it is one, only the environment's key can tell."""
    return bool(text) and (_number_of_uid(text) is not None or may_be_object_key(text))


class Pseudonyms:
    """What stands for an original under a key. Knows no state, so that two workers never disagree.

    Originals are equal as the standard has it: without the white space and NUL around them, in Unicode's composed
    form, letter case significant (PS3.5 section 6.2).
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"Pseudonyms({self.fingerprint})"

    @cached_property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that tell which key was used, and nothing more of it."""
        return self._digest("fingerprint", "")[:4].hex()

    def uid(self, old: str) -> str:
        """A UID of its own for another: a version 8 UUID under 2.25 (PS3.5 section B.2), at most 44 characters."""
        old = _canonical(old)
        return old if self.is_own_uid(old) else self._uid(self._number("uid", old, 90))

    def is_own_uid(self, text: str) -> bool:
        number = _number_of_uid(text)
        if number is None:
            return False
        free = number >> 80 << 74 | (number >> 64 & 0xFFF) << 62 | number & ((1 << 62) - 1)
        return text == self._uid(free >> _UID_TAG_BITS)

    def patient_id(self, old: str) -> str:
        """The pseudonym of a patient, for the identifier and the name alike."""
        return self.identifier("patient", old, PATIENT_CHARS)

    def identifier(self, kind: str, old: str, chars: int) -> str:
        """A pseudonym of `chars` (12 to 32) capital letters and digits; `kind` keeps equal originals apart."""
        return self._token(kind, _canonical(old), chars)

    def is_own_identifier(self, text: str) -> bool:
        if not _TOKEN.fullmatch(text):
            return False
        body, tag = text[:-_TAG_CHARS], text[-_TAG_CHARS:]
        return hmac.compare_digest(tag, self._tag(body))

    def date_shift_days(self, patient: str) -> int:
        """By how many whole days the dates of a patient move: -3652 to -1, and 0 where the patient is a pseudonym."""
        patient = _canonical(patient)
        if self.is_own_identifier(patient) or self.is_own_uid(patient):
            return 0
        return -1 - self._number("date shift", patient, 64) % _LONGEST_SHIFT_DAYS

    def object_key(self, key: str) -> str:
        """The pseudonymous form of a raw object's key.

        Each folder becomes a token, so that what lay together still does; those below the 16th become one. The name
        keeps the longest suffix that a lane knows, in small letters, so that the lane can still be told. Keys that
        differ in anything have forms that differ.
        """
        *folders, name = key.split("/")
        if len(folders) > _MOST_FOLDERS:
            folders[_MOST_FOLDERS:] = ["/".join(folders[_MOST_FOLDERS:])]
        return "/".join([*map(self._folder, folders), self._name(name)])

    def is_own_object_key(self, key: str) -> bool:
        return bool(key) and self.object_key(key) == key

    def _folder(self, name: str) -> str:
        return self._token("folder", name, PART_CHARS) if name else name

    def _name(self, name: str) -> str:
        suffix = _suffix(name)
        own = self.is_own_identifier(name.removesuffix(suffix))
        return name if own or not name else self._token("object", name, PART_CHARS) + suffix

    def _token(self, kind: str, old: str, chars: int) -> str:
        if len(old) <= chars and self.is_own_identifier(old):
            return old
        body = _base32(self._number(kind, old, 5 * (chars - _TAG_CHARS)), chars - _TAG_CHARS)
        return body + self._tag(body)

    def _uid(self, body: int) -> str:
        free = body << _UID_TAG_BITS | self._number("uid tag", str(body), _UID_TAG_BITS)
        return f"2.25.{free >> 74 << 80 | (free >> 62 & 0xFFF) << 64 | free & (1 << 62) - 1 | _UUID_8}"

    def _tag(self, body: str) -> str:
        return _base32(self._number("tag", body, 5 * _TAG_CHARS), _TAG_CHARS)

    def _number(self, kind: str, text: str, bits: int) -> int:
        return int.from_bytes(self._digest(kind, text)) >> 256 - bits

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")


def _number_of_uid(text: str) -> int | None:
    """The version 8 UUID that a UID is made of, or None where it is made of none."""
    match = _OWN_UID.fullmatch(text)
    number = int(match[1]) if match else 0
    return number if number >> 128 == 0 and number & _UUID_FIXED == _UUID_8 else None


def _suffix(name: str) -> str:
    return next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), "")


def _canonical(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip(" \0\t\r\n"))


def _base32(number: int, chars: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(chars)))
