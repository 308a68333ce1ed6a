"""Reading what runs measured."""

import json
from pathlib import Path

import numpy as np

from pipelines.ablation.results import groups_of, read_results
from pipelines.ablation.settings import run_folder

GROUP_OF = {"pages": "text", "files": "code", "docs": "code/markup"}


def write_runs(output: Path, ratios: list[float], seeds: int) -> None:
    for ratio in ratios:
        for seed in range(seeds):
            folder = run_folder(output, ratio, seed)
            folder.mkdir(parents=True)
            lines = [
                {
                    "step": step,
                    "sources": {
                        name: {"bits_per_byte": ratio + seed + step + at, "bytes": 100 * (at + 1)}
                        for at, name in enumerate(GROUP_OF)
                    },
                }
                for step in (1, 2)
            ]
            (folder / "validation.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_last_validation_counts_and_groups_are_weighed_by_bytes(tmp_path: Path) -> None:
    write_runs(tmp_path, [0.0, 0.5], 2)
    found = read_results(tmp_path, [0.0, 0.5], 2, GROUP_OF)
    np.testing.assert_allclose(found.sources["pages"], [[2.0, 3.0], [2.5, 3.5]])
    np.testing.assert_allclose(found.groups["text"], found.sources["pages"])
    np.testing.assert_allclose(found.groups["code/markup"], found.sources["docs"])
    weighed = (200 * found.sources["files"] + 300 * found.sources["docs"]) / 500
    np.testing.assert_allclose(found.groups["code"], weighed)


def test_groups_come_from_the_outermost_on_text_first() -> None:
    assert groups_of(["code/markup/css", "text/math", "code"]) == [
        "text",
        "text/math",
        "code",
        "code/markup",
        "code/markup/css",
    ]
