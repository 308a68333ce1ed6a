"""Small lakes with one mixture, written in this process: what became of each document is said, not computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mixer import storage
from mixer.best_fit import pack
from mixer.blocks import block_name, block_of, block_schema
from mixer.ledger import BestFitLedger
from mixer.manifest import MixtureManifest, ShardFile
from mixer.order import document_order_hash
from mixer.plan import plan_mixture
from mixer.request import Packing, PhaseRequest, PlanRequest, SourceTokens
from mixer.stream import SourceStream
from mixer.tokens import tokenizer
from pipelines.block_sets import INDEX_FILE, INDEX_SCHEMA
from pipelines.context import TaskResult, Unit
from pipelines.document import DOCUMENT_SCHEMA, Document, document_id, to_table
from pipelines.lake import Books, Lake
from pipelines.steps.decide import VERDICT_SCHEMA
from pipelines.steps.deduplicate import REMOVED_SCHEMA

DOCUMENTS_IN_A_PART = 4
BITS = 2  # four blocks a source


@dataclass(frozen=True)
class Made:
    """A document and what becomes of it; by default it is tokenized."""

    number: int
    tokens: int = 10
    rejected: tuple[str, ...] = ()
    survivor: int | None = None  # it is a near duplicate of that number
    dropped: bool = False  # by the source's `where`

    def document(self) -> Document:
        return Document(f"text {self.number}", "page", url=f"http://one.example/{self.number}")

    def doc_id(self, source: str) -> str:
        return document_id(source, self.document())


@dataclass
class MadeMixture:
    """What a mixture is made of; sources are mixed in equal shares of `rows` sequences."""

    sources: Mapping[str, Sequence[Made]]
    rows: int = 6
    sequence_length: int = 16
    packing: Packing = "concat"
    seed: int = 0
    salt: str = "salt"
    phases: Sequence[str] = ("main",)
    where: frozenset[str] = frozenset()  # sources with a select stage
    recipe: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    splits: list[Any] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=lambda: {"python": "3.11"})

    def write(self, folder: Path) -> str:
        """Fill the lake `folder`; returns the mixture's folder."""
        lake = Lake(str(folder))
        self.inputs = {}
        lengths = {name: self._write_source(lake, name) for name in self.sources}
        request, ledgers = self._request(lengths)
        plan = plan_mixture(request, ledgers if self.packing == "best_fit" else None)
        manifest = MixtureManifest(
            name="made",
            fingerprint="f" * 24,
            recipe=self.recipe,
            tokenizer=tokenizer("cl100k_base").info,
            sequence_length=self.sequence_length,
            seed=self.seed,
            packing=self.packing,
            rows=plan.rows,
            phases=plan.phases,
            sources=plan.sources,
            files=[ShardFile(path="shard-00000.parquet", rows=plan.rows, bytes=0, sha256="", cut_rows={})],
            inputs=self.inputs,
            versions=self.versions,
        )
        uri = lake.mixture_uri("made", "f" * 24)
        storage.write_bytes(f"{uri}/manifest.json", manifest.model_dump_json().encode())
        return uri

    def _request(self, lengths: Mapping[str, Mapping[int, list[int]]]) -> tuple[PlanRequest, dict[str, BestFitLedger]]:
        sources, ledgers = [], {}
        for name, blocks in lengths.items():
            fills = {
                block: pack(np.array(own, np.int64), self.sequence_length).bin_tokens for block, own in blocks.items()
            }
            rows = {block: len(fill) for block, fill in fills.items()} if self.packing == "best_fit" else {}
            sources.append(
                SourceTokens(
                    name=name,
                    kind="web",
                    group="text",
                    documents=sum(map(len, blocks.values())),
                    block_tokens={block: sum(own) for block, own in blocks.items()},
                    block_rows=rows,
                )
            )
            ledgers[name] = BestFitLedger(SourceStream(name, self.seed, rows), fills)
        weights = {name: 1.0 for name, blocks in lengths.items() if any(map(sum, blocks.values()))}
        phases = [
            PhaseRequest(name=phase, budget_tokens=self.rows * self.sequence_length, weights=weights)
            for phase in self.phases
        ]
        request = PlanRequest(
            sources=sources,
            phases=phases,
            sequence_length=self.sequence_length,
            rows_per_shard=1000,
            seed=self.seed,
            packing=self.packing,
        )
        return request, ledgers

    def _write_source(self, lake: Lake, name: str) -> dict[int, list[int]]:
        """Publish the source's stages; block -> its documents' tokens, as they are mixed."""
        made = self.sources[name]
        parts = [made[start : start + DOCUMENTS_IN_A_PART] for start in range(0, len(made), DOCUMENTS_IN_A_PART)]
        kept = [one for one in made if not one.rejected]
        survivors = [one for one in kept if one.survivor is None]
        self._publish(
            lake,
            "ingest",
            name,
            {"splits": self.splits},
            {
                f"part-{n:05d}": to_table(name, [one.document() for one in part]).cast(DOCUMENT_SCHEMA)
                for n, part in enumerate(parts)
            },
            Books(records_in=len(made), kept=len(made)),
        )
        reasons: dict[str, int] = {}
        for one in made:
            for reason in one.rejected:
                reasons[reason] = reasons.get(reason, 0) + 1
        self._publish(
            lake,
            "decide",
            name,
            {"checks": self.checks},
            {f"part-{n:05d}": _verdicts(name, part) for n, part in enumerate(parts)},
            Books(records_in=len(made), kept=len(kept), rejected=len(made) - len(kept), reasons=reasons),
        )
        removed = {f"removed-{n:05d}": _removed(name, part) for n, part in enumerate(parts)}
        self._publish(
            lake,
            "dedup",
            name,
            {},
            {file: table for file, table in removed.items() if table.num_rows},
            Books(records_in=len(kept), kept=len(survivors), rejected=len(kept) - len(survivors)),
        )
        blocks = self._publish_blocks(lake, "tokenize", name, {}, survivors)
        if name in self.where:
            chosen = [one for one in survivors if not one.dropped]
            return self._publish_blocks(lake, "select", name, {"where": "n_chars > 9"}, chosen)
        return blocks

    def _publish_blocks(
        self, lake: Lake, stage: str, name: str, settings: dict[str, Any], chosen: Sequence[Made]
    ) -> dict[int, list[int]]:
        schema = block_schema("uint32")
        rows: dict[int, list[dict[str, Any]]] = {}
        for one in chosen:
            order_hash = document_order_hash(self.salt, one.doc_id(name))
            row = {"doc_id": one.doc_id(name), "order_hash": order_hash}
            row |= {"n_tokens": one.tokens, "tokens": [0] * one.tokens}
            rows.setdefault(block_of(order_hash, BITS), []).append(row)
        tables, index = {}, []
        for block in sorted(rows):
            own = sorted(rows[block], key=lambda row: (row["order_hash"], row["doc_id"]))
            tables[block_name(block).removesuffix(".parquet")] = pa.Table.from_pylist(own, schema=schema)
            tokens = sum(row["n_tokens"] for row in own)
            index.append({"block": block, "documents": len(own), "tokens": tokens, "folder": None})
            rows[block] = own
        tables[INDEX_FILE.removesuffix(".parquet")] = pa.Table.from_pylist(index, schema=INDEX_SCHEMA)
        self._publish(lake, stage, name, settings, tables, Books(records_in=len(chosen), kept=len(chosen)))
        return {block: [row["n_tokens"] for row in own] for block, own in rows.items()}

    def _publish(
        self, lake: Lake, stage: str, name: str, settings: dict[str, Any], tables: Mapping[str, pa.Table], books: Books
    ) -> None:
        unit = Unit(stage, 1, name, settings, {})
        folder = lake.stage_uri(stage, name, unit.fingerprint)
        files = [
            storage.write_parquet(f"{folder}/{file}.parquet", table.schema, [table]) for file, table in tables.items()
        ]
        lake.publish(unit.manifest([TaskResult(files, books)]))
        self.inputs[f"{stage}/{name}"] = unit.fingerprint


def _verdicts(name: str, part: Sequence[Made]) -> pa.Table:
    rows = [
        {
            "doc_id": one.doc_id(name),
            "keep": not one.rejected,
            "reasons": [{"reason": reason, "value": "1", "bound": "2"} for reason in one.rejected],
        }
        for one in part
    ]
    return pa.Table.from_pylist(rows, schema=VERDICT_SCHEMA)


def _removed(name: str, part: Sequence[Made]) -> pa.Table:
    rows = [
        {
            "row": row,
            "survivor_id": Made(one.survivor).doc_id(name),
            "reason": "near_duplicate",
            "cluster_size": 2,
        }
        for row, one in enumerate(part)
        if one.survivor is not None and not one.rejected
    ]
    return pa.Table.from_pylist(rows, schema=REMOVED_SCHEMA)
