"""An independent audit of a mixture: DuckDB over the shards against the manifest. `python -m tests.audit FOLDER`."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import duckdb


def audit(folder: Path) -> dict[str, Any]:
    """Check a mixture's files, rows and shares without any of mixdown's code; AssertionError names what is wrong."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for file in manifest["files"]:
        data = (folder / file["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"], f"{file['path']} is damaged"
        assert len(data) == file["bytes"], file["path"]
    shards = f"read_parquet('{folder}/shard-*.parquet')"
    length = manifest["sequence_length"]
    vocabulary = manifest["tokenizer"]["vocabulary_size"]
    rows, distinct, first, last, shortest, longest, largest = duckdb.sql(
        f"SELECT count(*), count(DISTINCT row), min(row), max(row), min(len(input_ids)), max(len(input_ids)), "
        f"max(list_max(input_ids)) FROM {shards}"
    ).fetchall()[0]
    assert (rows, distinct, first, last) == (manifest["rows"], manifest["rows"], 0, manifest["rows"] - 1)
    assert (shortest, longest) == (length, length)
    assert largest < vocabulary
    _audit_shares(manifest, shards)
    _audit_document_starts(manifest, shards)
    return manifest  # type: ignore[no-any-return]


def code_share(folder: Path) -> tuple[float, int]:
    """Share of rows from sources outside the text group, counted in the shards; and the number of rows."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    code = [source["name"] for source in manifest["sources"] if source["group"] != "text"]
    query = (
        f"SELECT count(*) FILTER (source IN ({_quoted(code)})), count(*) FROM read_parquet('{folder}/shard-*.parquet')"
    )
    code_rows, rows = duckdb.sql(query).fetchall()[0]
    return code_rows / rows, rows


def _quoted(names: list[str]) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names)


def _audit_shares(manifest: dict[str, Any], shards: str) -> None:
    """Every source within one sequence of what was asked in every phase, and of three in any window."""
    counted = duckdb.sql(f"SELECT phase, source, count(*) FROM {shards} GROUP BY ALL").fetchall()
    rows_of = {(phase, source): rows for phase, source, rows in counted}
    for phase in manifest["phases"]:
        for part in phase["sources"]:
            found = rows_of.pop((phase["name"], part["source"]), 0)
            assert found == part["rows"], (phase["name"], part["source"], found, part["rows"])
            assert abs(found - part["asked_share"] * phase["rows"]) < 1 + 1e-6
        order = [
            source
            for (source,) in duckdb.sql(
                f"SELECT source FROM {shards} WHERE phase = '{phase['name']}' ORDER BY row"
            ).fetchall()
        ]
        for part in phase["sources"]:
            drift = [0.0]
            for source in order:
                drift.append(drift[-1] + (source == part["source"]) - part["rows"] / len(order))
            assert max(drift) - min(drift) < 3, (phase["name"], part["source"])
    assert not rows_of, f"rows of sources that the manifest does not name: {rows_of}"


def _audit_document_starts(manifest: dict[str, Any], shards: str) -> None:
    """A document starts exactly behind each end-of-text token: inside a row at the next position."""
    end = manifest["tokenizer"]["special_tokens"][manifest["tokenizer"]["end_of_text"]]
    wrong = duckdb.sql(
        f"""
        WITH rows AS (SELECT row, input_ids, doc_starts FROM {shards})
        SELECT count(*) FROM rows WHERE list_filter(doc_starts, lambda s: s > 0) <>
            list_filter(range(1, len(input_ids)), lambda i: input_ids[i] = {end})
        """
    ).fetchall()[0][0]
    assert wrong == 0, f"{wrong} rows whose doc_starts do not follow their end-of-text tokens"


if __name__ == "__main__":
    checked = audit(Path(sys.argv[1]))
    share, rows = code_share(Path(sys.argv[1]))
    print(
        f"audit: {checked['name']} {checked['fingerprint']}: {rows:,} rows, code share {share:.4f}, everything adds up"
    )
