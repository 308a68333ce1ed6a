"""`make bench`: every benchmark, or one (`ONLY=mixing`), small (`QUICK=1`)."""

import argparse
import importlib

PARTS = (
    "mixing",
    "scaling",
    "preview",
    "planning_memory",
    "ratio_change",
    "code_rules",
    "decontamination",
    "pii",
    "classifier",
    "words",
    "filters",
    "signatures",
    "dedup_accuracy",
    "dedup_stages",
    "dedup_spark",
    "dedup_growth",
    "dedup_skew",
    "contraction_rounds",
    "annotate_memory",
    "worker_start",
    "repeats",
    "extraction",
    "tokens",
    "loader",
    "document_attention",
    "whole_pipeline",
    "pipeline_growth",
    "object_store",
)


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for part in [options.only] if options.only else PARTS:
        importlib.import_module(f"benchmarks.{part}").run(options.quick)


if __name__ == "__main__":
    main()
