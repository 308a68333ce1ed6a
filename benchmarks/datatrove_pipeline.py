"""FineWeb's steps with datatrove's local executor: filters, MinHash, tokens. Run as a program of its own."""

import sys
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline import filters
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import DocumentTokenizer
from datatrove.pipeline.writers import JsonlWriter


def main(corpus: str, out: str, tokenizer: str, workers: int) -> None:
    """Each stage over the files of `corpus`, a task a file, `workers` processes at a time."""
    tasks = len(list(Path(corpus).glob("*.jsonl")))
    config = MinhashConfig()

    def stage(name: str, pipeline: list[Any], tasks: int) -> None:
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=tasks, workers=min(workers, tasks), logging_dir=f"{out}/logs/{name}"
        ).run()

    filtered, kept = f"{out}/filtered", f"{out}/kept"
    # FineWeb's own order, settings and C4 without the rule of terminal punctuation (Penedo et al. 2024)
    chain = [
        filters.GopherRepetitionFilter(),
        filters.GopherQualityFilter(),
        filters.C4QualityFilter(filter_no_terminal_punct=False),
        filters.FineWebQualityFilter(),
    ]
    plain: dict[str, Any] = {"output_filename": "${rank}.jsonl", "compression": None}
    stage("filter", [JsonlReader(corpus, glob_pattern="*.jsonl"), *chain, JsonlWriter(filtered, **plain)], tasks)
    read = JsonlReader(filtered, glob_pattern="*.jsonl")
    stage("signatures", [read, MinhashDedupSignature(f"{out}/signatures", config=config)], tasks)
    stage("buckets", [MinhashDedupBuckets(f"{out}/signatures", f"{out}/buckets", config=config)], config.num_buckets)
    stage("clusters", [MinhashDedupCluster(f"{out}/buckets", f"{out}/removed", config=config)], 1)
    read = JsonlReader(filtered, glob_pattern="*.jsonl")
    stage("remove", [read, MinhashDedupFilter(f"{out}/removed"), JsonlWriter(kept, **plain)], tasks)
    tokens = DocumentTokenizer(
        f"{out}/tokens", tokenizer, local_working_dir=f"{out}/tokens-work", eos_token="<|endoftext|>", seed=1
    )
    stage("tokens", [JsonlReader(kept, glob_pattern="*.jsonl"), tokens], tasks)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
