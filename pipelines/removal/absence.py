"""Proof that a mixture holds nothing that its lake must forget: every tombstone judged again, over its blocks."""

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.blocks import block_name
from pipelines.block_sets import BlockSet
from pipelines.conditions.columns import read_part
from pipelines.lake import Lake
from pipelines.mixture import open_mixture
from pipelines.removal.tombstones import Tombstone, columns_of, matches_of, read_tombstones

IDS_SHOWN = 10


class StillThere(RuntimeError):
    """A mixture that holds documents which a tombstone forgets."""


def verify_absence(manifest_uri: str) -> int:
    """Judge every tombstone of the lake anew over the documents behind a mixture; how many documents it was mixed from.

    Reads what the conditions name, and of the blocks the documents' ids. StillThere names the documents that should
    be gone; Gone (a LookupError) when the lake no longer holds the stages behind the mixture. 0 without tombstones.
    """
    mixture = open_mixture(manifest_uri)
    files = mixture.files
    base_of = {source.name: mixture.base_of(source.name) for source in files.manifest.sources}
    return check_absence(
        files.lake, base_of, mixture.block_sets.__getitem__, lambda stage, base: files.parts(stage, base, "part-")
    )


def check_absence(
    lake: Lake,
    base_of: Mapping[str, str],
    blocks_of: Callable[[str], BlockSet],
    parts_of: Callable[[str, str], list[str]],
) -> int:
    """The same over the blocks of what is mixed: its name to the source it is of, its blocks, and a stage's parts."""
    tombstones = read_tombstones(lake)
    if not tombstones:
        return 0
    forgotten = {base: _forgotten_ids(base, parts_of, tombstones) for base in sorted(set(base_of.values()))}
    return sum(_check_blocks(name, blocks_of(name), forgotten[base]) for name, base in base_of.items())


def _forgotten_ids(base: str, parts_of: Callable[[str, str], list[str]], tombstones: list[Tombstone]) -> pa.Array:
    """Ids of the source's documents that a tombstone forgets, whatever became of them."""
    columns = columns_of(tombstones)
    found = []
    for documents_uri, annotated_uri in zip(parts_of("ingest", base), parts_of("annotate", base), strict=True):
        table = read_part(documents_uri, annotated_uri, columns)
        for mask in matches_of(tombstones, table):
            found += table.column("doc_id").filter(pa.array(mask)).to_pylist()
    return pa.array(sorted(set(found)), pa.string())


def _check_blocks(name: str, blocks: BlockSet, forgotten: pa.Array) -> int:
    """The documents in a source's blocks and those it holds out; StillThere when one of `forgotten` is among them."""
    checked = 0
    places = {f"block {block}": f"{folder}/{block_name(block)}" for block, folder in blocks.folders.items()}
    places |= {f"held-out file {uri.rsplit('/', 1)[-1]}": uri for uri in blocks.held_out}
    for place, uri in places.items():
        ids = storage.read_table(uri, ["doc_id"]).column("doc_id")
        left = ids.filter(pc.is_in(ids, value_set=forgotten)).to_pylist()
        if left:
            shown = ", ".join(left[:IDS_SHOWN])
            raise StillThere(
                f"{place} of {name!r} holds {len(left):,} documents that a tombstone forgets: {shown}. "
                "Build the mixture again, and delete what was built from it"
            )
        checked += len(ids)
    return checked
