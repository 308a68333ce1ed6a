"""text-dedup's MinHash beside ours: JSON lines in, those without near duplicates out, the same bands and 5-grams.

`python -m text_dedup.minhash` is one process (`--num_proc 1`) with the faster of its hashes, xxh3, and is timed whole.
Ours is timed as such a program, too (`near_program.py`: signatures, buckets and components in one process), and as the
build that does it under Spark. Both programs also run over a few documents, which is their start.

text-dedup keeps whichever document its union ends with, we the first; so clusters are compared, by their first.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from benchmarks.beside import ENVIRONMENT, print_speeds, with_peer
from benchmarks.harness import machine, print_result, workspace
from benchmarks.near_clusters import BANDS, NGRAM, ROWS, agreement, recall, texts_of, words_alone, write_lines
from benchmarks.peers import run as run_code
from benchmarks.pipeline_corpus import corpus_files
from benchmarks.process_tree import MIXDOWN, run_tree

REQUIREMENTS = ("text-dedup==0.4.0", "click-option-group==0.5.6", "ftfy==6.3.1", "bitarray==3.12.3")
START_ROUNDS = 3
FEW_DOCUMENTS = 20
ROOTS = """
import json, pickle
found = pickle.load(open(sys.argv[1], "rb"))
print(json.dumps([[row, found.find(row)] for row in list(found.parent)]))
"""


def run(quick: bool) -> None:
    """Print speeds and how the clusters agree."""
    print(machine())
    with_peer("text-dedup", REQUIREMENTS, lambda python: compare(python, quick))


def compare(python: str, quick: bool) -> None:
    """Both on the text as it is, for the time; and on its words alone, where both have the same shingles."""
    texts = texts_of(corpus_files(5 if quick else 200))
    bare = [words for words in map(words_alone, texts) if words.count(" ") >= NGRAM - 1]
    with workspace() as folder:
        for name, chosen in (("few", texts[:FEW_DOCUMENTS]), ("whole", texts), ("words", bare)):
            write_lines(chosen, folder / name / "0000.jsonl")
        ratios = _report_speed(python, folder, sum(len(text.encode()) for text in texts) / 1e6)
        _cost(_their_command(python, folder, "words"))
        found = {name: _clusters(python, folder, name, len(of)) for name, of in (("whole", texts), ("words", bare))}
    agreed = {"whole": agreement(texts, found["whole"]), "words": agreement(bare, found["words"])}
    agreed["words"] |= recall(bare, found["words"])
    for name, counts in agreed.items():
        print(f"{name}: {counts}")
    print_result("beside text-dedup", ratios.pop("whole"), **ratios, **agreed)


def _report_speed(python: str, folder: Path, text_mb: float) -> dict[str, float]:
    """Print seconds and speeds; ratios of whole programs, of their work above the start, of a build.

    text-dedup takes minutes for the whole, so it runs once, and ours before and after it.
    """
    _cost(_our_command(folder, "few"))  # compiles, unless numba has it cached
    ours, theirs = _our_command(folder, "whole"), _their_command(python, folder, "whole")
    seconds = [_cost(command) for command in (ours, theirs, ours)]
    few = {"ours": _our_command(folder, "few"), "theirs": _their_command(python, folder, "few")}
    starts = {side: [_cost(few[side]) for _ in range(START_ROUNDS)] for side in few}
    build = _cost(_build_command(folder))
    print(f"CPU seconds: ours, theirs, ours {seconds}; starts {starts}; build {build}")
    our_seconds, their_seconds = (seconds[0] + seconds[2]) / 2, seconds[1]
    our_work, their_work = (
        whole - float(np.median(starts[side])) for side, whole in (("ours", our_seconds), ("theirs", their_seconds))
    )
    return {
        "whole": print_speeds("whole programs", text_mb, our_seconds, their_seconds),
        "without_start": print_speeds("above their start", text_mb, our_work, their_work),
        "beside_build": print_speeds("`mixdown build --until dedup`", text_mb, build, their_seconds),
    }


def _cost(command: Sequence[str]) -> float:
    """CPU seconds of the command and its descendants."""
    return run_tree(command, ENVIRONMENT).cpu_seconds


def _our_command(folder: Path, name: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.near_program", str(folder / name), str(folder / f"{name}.arrow")]


def _their_command(python: str, folder: Path, name: str) -> list[str]:
    """text-dedup over one of the corpora, with a cache of its own: one that is there would save it the work."""
    cache = tempfile.mkdtemp(dir=folder)
    places = {"path": "json", "data_files": folder / name / "*.jsonl", "split": "train", "num_proc": 1}
    places |= {"cache_dir": cache, "output": folder / f"{name} kept", "column": "text"}
    settings = {"b": BANDS, "r": ROWS, "num_perm": BANDS * ROWS, "ngram": NGRAM, "hash_func": "xxh3"}
    options = [part for key, value in (places | settings).items() for part in (f"--{key}", str(value))]
    return [python, "-m", "text_dedup.minhash", *options, "--debug"]


def _build_command(folder: Path) -> list[str]:
    """The same job as a build of a recipe, up to the documents that dedup removes."""
    source = {"name": "corpus", "kind": "jsonl", "uri": str(folder / "whole" / "*.jsonl"), "rules": []}
    recipe = {
        "name": "beside-text-dedup",
        "measure": {"prose": False, "pii": False, "language": False, "boilerplate": False},
        "dedup": {"exact": False, "ngram": NGRAM, "bands": BANDS, "rows": ROWS},
        "retention": {"max_loss": 1.0},
        "phases": [{"budget_tokens": 2048, "weights": {"corpus": 1}}],
        "sources": [source],
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return [MIXDOWN, "build", str(path), "--lake", str(folder / "lake"), "--until", "dedup", "--master", "local[1]"]


def _clusters(python: str, folder: Path, name: str, count: int) -> NDArray[np.int64]:
    """The first document of each one's cluster, from the union-find that `--debug` leaves."""
    pairs = json.loads(run_code(python, ROOTS, str(folder / f"{name} kept" / "uf.pkl")))
    first: dict[int, int] = {}
    for row, root in sorted(pairs):
        first.setdefault(root, row)
    found = np.arange(count)
    for row, root in pairs:
        found[row] = first[root]
    return found


if __name__ == "__main__":
    run(quick=True)
