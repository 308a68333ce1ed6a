"""`make bench`: every benchmark, or one (`ONLY=mixing`), small (`QUICK=1`).

Small ones of all parts would take half an hour, so `QUICK=1` alone runs those beside peers that take least.
"""

import argparse
import importlib

from benchmarks.harness import print_summary

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
    "beside_text_dedup",
    "beside_data_juicer",
    "beside_nemo_curator",
    "beside_dolma",
    "beside_dolma_deduper",
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
    "spark_profile",
    "pipeline_growth",
    "limits",
    "object_store",
)


QUICK_PARTS = ("mixing", "signatures", "tokens", "dedup_stages", "loader", "whole_pipeline")


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    parts = [options.only] if options.only else QUICK_PARTS if options.quick else PARTS
    for part in parts:
        if len(parts) > 1:
            print(f"\n== {part}", flush=True)
        importlib.import_module(f"benchmarks.{part}").run(options.quick)
    if len(parts) > 1:
        print_summary()


if __name__ == "__main__":
    main()
