"""What a lake holds, local or `s3://`: the bytes that runs are compared by, and how far a run has come."""

import hashlib
from collections.abc import Iterator

import pyarrow.fs

from mixer import storage
from mixer.manifest import MANIFEST_NAME

NOT_COMPARED = ("metrics.json",)  # tells of times
COMPARED = ("stages/", "mixtures/")


def files(lake: str, below: str = "") -> Iterator[str]:
    """Paths in the lake of all files below a folder of it."""
    filesystem, path = storage.resolve(lake)
    selector = pyarrow.fs.FileSelector(f"{path}/{below}".rstrip("/"), allow_not_found=True, recursive=True)
    for info in filesystem.get_file_info(selector):
        if info.is_file:
            yield info.path.removeprefix(path).strip("/")


def contents(lake: str) -> dict[str, str]:
    """Path -> SHA-256 of all shards, parts and manifests; what a killed write left under another name is nobody's."""
    return {
        path: hashlib.sha256(storage.read_bytes(f"{lake}/{path}")).hexdigest()
        for path in sorted(files(lake))
        if path.startswith(COMPARED) and not path.endswith((".tmp", *NOT_COMPARED))
    }


def published(lake: str, stage: str) -> int:
    """How many sources of a stage are done; of `mix`, how many mixtures."""
    below = f"stages/{stage}" if stage != "mix" else "mixtures"
    return sum(path.endswith(f"/{MANIFEST_NAME}") for path in files(lake, below))


def visible(lake: str) -> dict[str, str]:
    """Path -> SHA-256 of the manifests, and of what they list: what a reader of the lake believes."""
    found = contents(lake)
    folders = {path.removesuffix(MANIFEST_NAME) for path in found if path.endswith(f"/{MANIFEST_NAME}")}
    return {path: digest for path, digest in found.items() if path[: path.rindex("/") + 1] in folders}
