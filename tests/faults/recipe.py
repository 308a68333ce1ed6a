"""A small recipe with every stage at work: pages, text and code from a seed, with copies and near copies in both."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.docs.pages import ROOT
from tests.pipelines.in_process import write_jsonl

FILES = 2
DOCUMENTS = 150  # a file
WORDS = 5_000

GENERATED = [  # problems with solutions, which ingest runs in the sandbox
    {"problem": "double", "completion": "def solve(x):\n    return x * 2\n", "tests": "assert solve(2) == 4"},
    {"problem": "square", "completion": "def solve(x):\n    return x * x\n", "tests": "assert solve(3) == 9"},
    {"problem": "wrong", "completion": "def solve(x):\n    return x\n", "tests": "assert solve(3) == 9"},
]


def write_inputs(folder: Path) -> None:
    """The sources' files."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "recipes" / "demo" / "pages.warc.gz", folder)
    shutil.copytree(ROOT / "recipes" / "demo" / "events", folder / "events", dirs_exist_ok=True)
    generator = random.Random(11)
    words = [_word(generator) for _ in range(WORDS)]
    texts: list[str] = []
    code: list[str] = []
    for number in range(FILES):
        own_texts = [_again(generator, texts, words) or _text(generator, words) for _ in range(DOCUMENTS)]
        own_code = [_again(generator, code, words) or _code(generator, words) for _ in range(DOCUMENTS)]
        texts += own_texts
        code += own_code
        write_jsonl(folder / f"texts-{number}.jsonl", [{"text": text, "id": f"{number}"} for text in own_texts])
        write_jsonl(folder / f"modules-{number}.jsonl", [{"text": text, "language": "Python"} for text in own_code])
    write_jsonl(folder / "problems.jsonl", [json.dumps(problem | {"prompt": "Solve it."}) for problem in GENERATED])


def recipe(folder: Path, name: str = "small", **changes: Any) -> Path:
    """The recipe's file in `folder`, where the inputs are: `small` has what dedup works on, `whole` five kinds of source."""
    sources: list[dict[str, Any]] = [
        {"name": "texts", "kind": "jsonl", "uri": "texts-*.jsonl", "rules": ["length"]},
        {"name": "modules", "kind": "jsonl_code", "uri": "modules-*.jsonl", "rules": ["starcoder_lines"]},
    ]
    weights = {"texts": 0.6, "modules": 0.4}
    if name == "whole":
        sources += [
            {"name": "pages", "kind": "web", "uri": "pages.warc.gz", "rules": ["language", "gopher_quality", "pii"]},
            {"name": "pulls", "kind": "pull_requests", "uri": "events/*.json.gz"},
            {"name": "solved", "kind": "synthetic_code", "uri": "problems.jsonl", "max_epochs": 50},
        ]
        sources[-2]["options"] = {"max_per_repository": None}
        weights = {"pages": 0.3, "texts": 0.3, "modules": 0.35, "pulls": 0.04, "solved": 0.01}
    made = {
        "name": name,
        "sources": sources,
        "rules": {"language": {"languages": ["en"], "min_score": 0.65}, "length": {}},
        # On Spark's tables, as large data is: one task would do it all, and there would be little to break.
        "dedup": {
            "ngram": 2,
            "bands": 20,
            "rows": 4,
            "verify": "signature",
            "threshold": 0.7,
            "max_documents_in_one_task": 0,
        },
        "sequence_length": 256,
        "rows_per_shard": 64,
        "max_epochs": 4,
        "seed": 3,
        "phases": [{"name": "main", "budget_tokens": 51_200, "weights": weights}],
    } | changes
    for source in sources[:2]:
        source["near_dedup"] = True
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")
    return path


def _word(generator: random.Random) -> str:
    return "".join(generator.choice("aeiou" if i % 2 else "bdfgklmnprstv") for i in range(generator.randrange(3, 9)))


def _text(generator: random.Random, words: list[str]) -> str:
    sentences = []
    for _ in range(generator.randrange(4, 12)):
        chosen = [generator.choice(words) for _ in range(generator.randrange(6, 18))]
        sentences.append(" ".join(chosen).capitalize() + ".")
    return " ".join(sentences)


def _code(generator: random.Random, words: list[str]) -> str:
    lines = []
    for _ in range(generator.randrange(2, 6)):
        name, first, second = (generator.choice(words) for _ in range(3))
        lines += [f"def {name}({first}, {second}):", f"    total = {first} + {second} * {generator.randrange(99)}"]
        lines += [f"    return total - {generator.randrange(99)}", "", ""]
    return "\n".join(lines)


def _again(generator: random.Random, earlier: list[str], words: list[str]) -> str | None:
    """An earlier document, whole or with a word changed, four times in ten."""
    dice = generator.random()
    if not earlier or dice > 0.4:
        return None
    text = generator.choice(earlier)
    return text if dice < 0.15 else text.replace(generator.choice(text.split()), generator.choice(words), 1)
