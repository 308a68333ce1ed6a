"""Digests of WARC records (ISO 28500, sections 5.8 and 5.9): `sha1:` and base32, in the wild also others and hex."""

import base64
import binascii
import hashlib
from collections.abc import Iterable

ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


def is_wrong_digest(labelled: str | None, contents: Iterable[bytes]) -> bool:
    """Whether a digest that can be checked fits none of the contents; no digest, or one of an unknown kind, is not
    wrong."""
    if not labelled:
        return False
    name, _, value = labelled.strip().partition(":")
    algorithm = name.lower().replace("-", "")
    if algorithm not in ALGORITHMS:
        return False
    expected = _digest_bytes(value.strip(), hashlib.new(algorithm, usedforsecurity=False).digest_size)
    if expected is None:
        return False
    return all(hashlib.new(algorithm, content, usedforsecurity=False).digest() != expected for content in contents)


def _digest_bytes(value: str, size_bytes: int) -> bytes | None:
    """The value as hex, base32 or base64, whichever has the digest's size."""
    padded = value + "=" * (-len(value) % 8)
    for decode in (binascii.unhexlify, lambda text: base64.b32decode(text, casefold=True), _base64):
        try:
            digest: bytes = decode(padded if decode is not binascii.unhexlify else value)
        except (ValueError, binascii.Error):
            continue
        if len(digest) == size_bytes:
            return digest
    return None


def _base64(padded: str) -> bytes:
    return base64.urlsafe_b64decode(padded.rstrip("=") + "=" * (-len(padded.rstrip("=")) % 4))
