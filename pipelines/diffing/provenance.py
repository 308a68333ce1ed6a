"""Where documents come from, found by id; reads ids, and the provenance of the row groups that hold a wanted one."""

from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.reporting.files import Gone, MixtureFiles, reading
from pipelines.reporting.mixture import document_sources

REFERENCE_CHARS = 300  # an address may be megabytes long
PROVENANCE_COLUMNS = ["doc_id", "url", "repository", "commit", "path"]


def references(
    files: MixtureFiles, wanted: Mapping[str, Collection[str]], anywhere: Collection[str]
) -> tuple[dict[str, str], list[str]]:
    """Id -> address or repository@commit:path, and notes on sources whose documents are gone.

    `wanted` are ids by source; `anywhere` ids of unknown source, looked for in all until they are found.
    """
    found: dict[str, str] = {}
    notes = []
    for source in document_sources(files.manifest):
        left = {*wanted.get(source, ()), *anywhere} - found.keys()
        if left:
            try:
                with reading(f"Where documents of {source} come from"):
                    found |= _in_source(files, source, left)
            except Gone as gone:
                notes.append(str(gone))
    return found, notes


def _in_source(files: MixtureFiles, source: str, wanted: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    value_set = pa.array(sorted(wanted), pa.string())
    for uri in files.parts("ingest", source, "part-"):
        if len(found) == len(wanted):
            break
        with storage.open_parquet(uri) as file:
            for group in range(file.num_row_groups):
                ids = file.read_row_group(group, ["doc_id"], use_threads=False).column("doc_id")
                rows = pc.indices_nonzero(pc.is_in(ids, value_set=value_set))
                if len(rows):
                    table = file.read_row_group(group, PROVENANCE_COLUMNS, use_threads=False).take(rows)
                    found |= {row["doc_id"]: reference_of(row) for row in table.to_pylist()}
    return found


def reference_of(row: Mapping[str, Any]) -> str:
    """The address, else repository@commit:path as far as they are known."""
    if row["url"]:
        return str(row["url"])[:REFERENCE_CHARS]
    commit = f"@{row['commit']}" if row["commit"] else ""
    path = f":{row['path']}" if row["path"] else ""
    return f"{row['repository'] or ''}{commit}{path}".removeprefix(":")[:REFERENCE_CHARS]
