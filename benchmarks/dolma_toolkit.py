"""Dolma's taggers and its deduper, as `dolma tag` and `dolma dedupe` call them. A program of its own."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dolma  # type: ignore[import-not-found]
from dolma.core import Document, TaggerRegistry  # type: ignore[import-not-found]

from benchmarks.harness import cpu_seconds

# Keys in the Bloom filter. It never has less than a megabyte and takes as many hashes as suit its size: for a thousand
# documents, thousands of each. For a million keys at this rate they are 24.
KEYS = 1_000_000
FALSE_POSITIVES = 1e-6


def tag(texts: list[str]) -> dict[str, Any]:
    """Seconds of each tagger over the texts, and the scores that it gives each: those of whole documents."""
    documents = [Document(source="", id=str(number), text=text) for number, text in enumerate(texts)]
    seconds: dict[str, float] = {}
    scores: list[dict[str, float]] = [{} for _ in texts]
    for name in ("gopher_v2", "c4_v2"):
        tagger = TaggerRegistry.get(name)()
        before = cpu_seconds()
        results = [tagger.predict(document) for document in documents]
        seconds[name] = cpu_seconds() - before
        for result, found in zip(results, scores, strict=True):
            found |= {span.type: float(span.score) for span in result.spans}
    return {"seconds": sum(seconds.values()), "taggers": seconds, "scores": scores}


def dedupe(folder: str, name: str, what: Mapping[str, object]) -> dict[str, float]:
    """Seconds of writing the attributes of the documents in `folder`: `what` stood before, by one thread."""
    asked = {"name": name, "document_dir": "documents", "skip_empty": True, "min_length": 0, "min_words": 0, **what}
    partitions = {"num_partitions": 1, "partition_index": 0, "file_partition": False}
    config = {
        "documents": [f"{folder}/documents/*.jsonl"],
        "dedupe": asked | partitions,
        "bloom_filter": {
            "file": f"{folder}/{name}.bloom",
            "read_only": False,
            "size_in_bytes": 0,
            "estimated_doc_count": KEYS,
            "desired_false_positive_rate": FALSE_POSITIVES,
        },
        "work_dir": {"input": f"{folder}/input", "output": f"{folder}/output"},
        "processes": 1,
        "is_s3_volume": False,
        "compression": {"input": None, "output": None},
    }
    before = cpu_seconds()
    dolma.deduper(config)
    return {"seconds": cpu_seconds() - before}


def main(request: dict[str, Any]) -> dict[str, Any]:
    """What the request asks: tags of texts, or a run of the deduper."""
    return tag(request["texts"]) if "texts" in request else dedupe(**request)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
