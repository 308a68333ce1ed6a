"""From JSON lines to tokens: mixdown under Spark beside datatrove's local executor, the same input and steps.

Read, Gopher's two filters, C4, FineWeb, MinHash (datatrove's scheme on both sides), tokens of cl100k_base in files; two
processes each, all start-up included. What is compared besides time is which documents are left, and their tokens.
datatrove takes minutes for megabytes, so it runs once; mixdown runs before and after it. `python -m
benchmarks.whole_pipeline --copies 5` does the same with five copies of every document, in forty minutes.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from benchmarks.harness import machine, print_result, workspace
from benchmarks.peers import python_of
from benchmarks.pipeline_corpus import copied_files, corpus_files
from benchmarks.process_tree import MIXDOWN, Cost, run_tree

WORKERS = 2
TEXT_MB = 200.0
QUICK_MB = 5.0
BYTES_PER_ID = 4  # datatrove's, of a vocabulary above 2^16
PEER = ("orjson", "xxhash<4")  # its reader asks for the first, and hands text to xxhash, which version 4 refuses

RECIPE: dict[str, Any] = {
    "name": "beside-datatrove",
    # What the rules ask and no more, as the other side does.
    "measure": {"prose": {"clean": "c4_any_end"}, "pii": False, "language": False, "boilerplate": False},
    "dedup": {"scheme": "fineweb", "exact": False},
    "retention": {"max_loss": 1.0},
    "phases": [{"budget_tokens": 2048, "weights": {"corpus": 1}}],
}
RULES = ["gopher_repetition", "gopher_quality", "c4", "fineweb"]


def run(quick: bool, copies: int = 1, with_peer: bool = True) -> None:
    """Print both sides and how they agree, over `copies` of the corpus; `with_peer=False` for sizes beyond patience."""
    text_mb = QUICK_MB if quick else TEXT_MB
    print(machine())
    with workspace() as folder:
        files = corpus_files(text_mb) if copies == 1 else copied_files(text_mb, copies)
        corpus = files[0].parent
        text_mb *= copies
        print(f"{text_mb:.0f} MB of text in {len(files)} files of JSON lines, {WORKERS} processes")
        ours = [_mixdown(corpus, folder / "lake-1")]
        _say("mixdown", ours[0], text_mb)
        if not with_peer:
            print_result("whole_pipeline", 0.0, text_mb=text_mb, mb_per_cpu_second=text_mb / ours[0].cpu_seconds)
            return
        theirs = _datatrove(corpus, folder / "datatrove")
        _say("datatrove", theirs, text_mb)
        ours.append(_mixdown(corpus, folder / "lake-2"))
        _say("mixdown again", ours[1], text_mb)
        seconds = sum(cost.cpu_seconds for cost in ours) / len(ours)
        agreement = _agreement(folder / "lake-1", folder / "datatrove")
        print(json.dumps(agreement))
        wall = theirs.wall_seconds / (sum(cost.wall_seconds for cost in ours) / len(ours))
        print_result(
            "whole_pipeline", theirs.cpu_seconds / seconds, wall_ratio=round(wall, 2), text_mb=text_mb, **agreement
        )


def _mixdown(corpus: Path, lake: Path) -> Cost:
    return run_tree(command(write_recipe(corpus, lake.with_suffix(".yaml")), lake, WORKERS))


def write_recipe(corpus: Path, path: Path) -> Path:
    """A recipe over the JSON lines of a folder, written to `path`."""
    source = {
        "name": "corpus",
        "kind": "jsonl",
        "uri": str(corpus.absolute() / "*.jsonl"),
        "rules": RULES,
        "options": {"url_field": "id"},
    }
    path.write_text(yaml.safe_dump(RECIPE | {"sources": [source]}), encoding="utf-8")
    return path


def command(recipe: Path, lake: Path, workers: int) -> list[str]:
    """The build of it, up to tokens."""
    return [MIXDOWN, "build", str(recipe), "--lake", str(lake), "--until", "tokenize", "--master", f"local[{workers}]"]


def _datatrove(corpus: Path, out: Path) -> Cost:
    from mixer.tokens import Tokenizer
    from trainer.export.tokenizer_json import tokenizer_json

    out.mkdir()
    tokenizer = out / "tokenizer.json"
    tokenizer.write_text(json.dumps(tokenizer_json(Tokenizer("cl100k_base"))), encoding="utf-8")
    program = str(Path(__file__).with_name("datatrove_pipeline.py"))
    return run_tree(
        [python_of("datatrove", *PEER), program, str(corpus), str(out), str(tokenizer), str(WORKERS)],
        {"TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"},
    )


def _say(name: str, cost: Cost, text_mb: float) -> None:
    rate = text_mb / cost.cpu_seconds
    print(
        f"{name:<14} {cost.cpu_seconds:9.1f} CPU s {cost.wall_seconds:9.1f} s  {rate:7.2f} MB per CPU second",
        flush=True,
    )


def _agreement(lake: Path, out: Path) -> dict[str, Any]:
    """What is left on both sides after the filters and after dedup, and the tokens of that."""
    kept, left, tokens = _ours(lake)
    their_kept, their_left = (_ids(sorted((out / name).glob("*.jsonl"))) for name in ("filtered", "kept"))
    # An end-of-text after each document; two bytes an id below 2^16, else four.
    their_tokens = sum(path.stat().st_size for path in (out / "tokens").glob("*.ds")) // BYTES_PER_ID
    return {
        "kept_by_both": len(kept & their_kept),
        "kept_by_one": len(kept ^ their_kept),
        "left_by_both": len(left & their_left),
        "left": len(left),
        "left_of_theirs": len(their_left),
        "tokens": tokens,
        "tokens_of_theirs": their_tokens,
    }


def _ours(lake: Path) -> tuple[set[str], set[str], int]:
    """Documents that the rules keep, those that dedup leaves of them, tokens of these."""
    folders = {stage: next((lake / "stages" / stage / "corpus").iterdir()) for stage in ("ingest", "decide", "dedup")}
    kept: set[str] = set()
    left: set[str] = set()
    for path in sorted(folders["ingest"].glob("part-*.parquet")):
        ids = pq.read_table(path, columns=["url"]).column(0).to_pylist()
        keep = pq.read_table(folders["decide"] / path.name, columns=["keep"]).column(0).to_pylist()
        removed_file = folders["dedup"] / path.name.replace("part", "removed")
        removed = (
            set(pq.read_table(removed_file, columns=["row"]).column(0).to_pylist()) if removed_file.exists() else set()
        )
        kept |= {name for name, is_kept in zip(ids, keep, strict=True) if is_kept}
        left |= {name for row, name in enumerate(ids) if keep[row] and row not in removed}
    (folder,) = (lake / "stages" / "tokenize" / "corpus").iterdir()
    measures = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["measures"]
    return kept, left, int(measures["tokens"])


def _ids(files: Sequence[Path]) -> set[str]:
    return {json.loads(line)["id"] for path in files for line in path.open(encoding="utf-8")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="without datatrove")
    asked = parser.parse_args()
    run(False, asked.copies, not asked.alone)
