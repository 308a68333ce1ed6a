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
    code = [source["name"] for source in manifest["sources"] if source["group"].split("/")[0] != "text"]
    query = (
        f"SELECT count(*) FILTER (source IN ({_quoted(code)})), count(*) FROM read_parquet('{folder}/shard-*.parquet')"
    )
    code_rows, rows = duckdb.sql(query).fetchall()[0]
    return code_rows / rows, rows


def _quoted(names: list[str]) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names)


def _audit_shares(manifest: dict[str, Any], shards: str) -> None:
    """Every source within one sequence of its target in every phase, and within three rows of its share in any window."""
    counted = duckdb.sql(f"SELECT phase, source, count(*), sum(n_tokens) FROM {shards} GROUP BY ALL").fetchall()
    rows_of = {(phase, source): rows for phase, source, rows, _ in counted}
    tokens_of = {(phase, source): tokens for phase, source, _, tokens in counted}
    length = manifest["sequence_length"]
    for phase in manifest["phases"]:
        for part in phase["sources"]:
            found = rows_of.pop((phase["name"], part["source"]), 0)
            assert found == part["rows"], (phase["name"], part["source"], found, part["rows"])
            tokens = tokens_of.get((phase["name"], part["source"]), 0)
            assert tokens == part["actual_tokens"] == found * length - part["padding_tokens"]
            # Under best_fit rows are not full, and the phase's own tokens are off by as much as its sources'.
            slack = 1 if manifest["packing"] == "concat" else 2
            phase_tokens = sum(each["actual_tokens"] for each in phase["sources"])
            assert abs(tokens - part["target_share"] * phase_tokens) < slack * length + 1e-3
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
    """Behind each end-of-text token, and nowhere else inside a row, a document starts; padding is end-of-text."""
    end = manifest["tokenizer"]["special_tokens"][manifest["tokenizer"]["end_of_text"]]
    wrong = duckdb.sql(
        f"""
        WITH rows AS (SELECT row, input_ids, doc_starts, n_tokens FROM {shards})
        SELECT count(*) FROM rows WHERE list_filter(doc_starts, lambda s: s > 0) <>
            list_filter(range(1, n_tokens), lambda i: input_ids[i] = {end})
            OR list_max(list_transform(input_ids[n_tokens + 1:], lambda t: (t <> {end})::INT)) > 0
        """
    ).fetchall()[0][0]
    assert wrong == 0, f"{wrong} rows whose doc_starts do not follow their end-of-text tokens"


if __name__ == "__main__":
    checked = audit(Path(sys.argv[1]))
    share, rows = code_share(Path(sys.argv[1]))
    print(
        f"audit: {checked['name']} {checked['fingerprint']}: {rows:,} rows, code share {share:.4f}, everything adds up"
    )
