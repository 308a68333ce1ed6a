"""Files that a recipe names by an address on the web: fetched once into the lake, kept by their digest."""

import hashlib
import json
import tempfile
import urllib.error
import urllib.request
from typing import Any, BinaryIO

from mixer import storage
from pipelines.lake import Lake, digest_of
from pipelines.recipe_keys.problems import RecipeError

MAX_BYTES = 8 << 30  # DCLM's classifier has 2.4 GB
SECONDS_WITHOUT_DATA = 60
PIECE_BYTES = 4 << 20
SCHEMES = ("https://", "http://")


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect from https:// to anything else."""

    def redirect_request(self, request: Any, file: Any, code: int, message: str, headers: Any, address: str) -> Any:
        if request.full_url.startswith("https://") and not address.startswith("https://"):
            raise RecipeError(f"{request.full_url} leads to {address}, which is not https")
        return super().redirect_request(request, file, code, message, headers, address)


def is_remote(uri: str) -> bool:
    """Whether the file must be fetched."""
    return uri.startswith(SCHEMES)


def fetched(address: str, sha256: str, lake: Lake) -> dict[str, str]:
    """`uri` in the lake and `sha256` of the file at `address`; fetched when the lake doesn't have it.

    A lake goes on with what it fetched first, whatever stands at the address later. RecipeError when the file cannot be
    fetched, is larger than MAX_BYTES or has another digest than the `sha256` that was asked for.
    """
    if address.startswith("http://") and not sha256:
        raise RecipeError(
            f"{address} is not https: give the file's `sha256` beside its `uri`, or nobody knows what comes"
        )
    note_uri = f"{lake.uri}/inputs/addresses/{digest_of(address)}.json"
    if storage.exists(note_uri):
        found = json.loads(storage.read_bytes(note_uri))["sha256"]
    else:
        found = _fetch(address, sha256, lake)
        storage.write_bytes(note_uri, json.dumps({"address": address, "sha256": found}, indent=1).encode())
    _check(address, sha256, found)
    return {"uri": f"{lake.uri}/inputs/{found}", "sha256": found}


def _fetch(address: str, sha256: str, lake: Lake) -> str:
    """Put the file into the lake and return its digest."""
    with tempfile.TemporaryFile() as file:
        try:
            found = _download(address, file)
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise RecipeError(f"{address} cannot be fetched: {error}") from error
        _check(address, sha256, found)
        file.seek(0)
        with storage.AtomicSink(f"{lake.uri}/inputs/{found}") as sink:
            while piece := file.read(PIECE_BYTES):
                sink.write(piece)
    return found


def _download(address: str, file: BinaryIO) -> str:
    digest = hashlib.sha256()
    size_bytes = 0
    opener = urllib.request.build_opener(_SecureRedirects)
    with opener.open(address, timeout=SECONDS_WITHOUT_DATA) as response:
        while piece := response.read(PIECE_BYTES):
            size_bytes += len(piece)
            if size_bytes > MAX_BYTES:
                raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _check(address: str, wanted: str, found: str) -> None:
    if wanted and wanted != found:
        raise RecipeError(f"{address} has the SHA-256 {found}, not {wanted} as the recipe says")
