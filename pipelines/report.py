"""The report: one HTML page about a mixture, self-contained and the same bytes for the same mixture."""

from pathlib import Path
from typing import Any

import yaml

from mixer import storage
from pipelines.reporting.documents import source_documents
from pipelines.reporting.duplicates import duplicates
from pipelines.reporting.epochs import epoch_bars
from pipelines.reporting.files import Gone, MixtureFiles, section
from pipelines.reporting.funnel import funnels
from pipelines.reporting.mixture import document_sources, headline, mixture_lines, phase_shares
from pipelines.reporting.order import TrainingOrder, training_order
from pipelines.reporting.page import render
from pipelines.reporting.samples import Sample, samples
from pipelines.reporting.signals import source_signals

REPORT_NAME = "report.html"


def write_report(manifest_uri: str, output: Path | None = None) -> str:
    """Write the page about the mixture at `manifest_uri` (its manifest or its folder, local or `s3://`).

    It goes to `output`, by default to `report.html` beside the manifest; returns where it is. What the lake no
    longer holds is missing from the page, which says so. FileNotFoundError when there is no manifest.
    """
    files = MixtureFiles.at(manifest_uri)
    page = render(page_content(files))
    if output is None:
        return files.write_beside(REPORT_NAME, page)
    storage.write_bytes(str(output), page)
    return str(output)


def page_content(files: MixtureFiles) -> dict[str, Any]:
    """Everything that the page shows, by the names that its template uses."""
    manifest = files.manifest
    order = section(training_order, files)
    read = document_sources(manifest)
    return {
        "manifest": manifest,
        "headline": headline(manifest),
        "lines": mixture_lines(manifest),
        "phases": phase_shares(manifest),
        "epochs": epoch_bars(manifest),
        "order": order,
        "funnels": funnels(files),
        "documents": [(source, section(source_documents, files, source)) for source in read],
        "signals": [(source, section(source_signals, files, source)) for source in read],
        "duplicates": section(duplicates, files),
        "samples": section(samples_by_source, files, order.value),
        "recipe_yaml": yaml.safe_dump(manifest.recipe, sort_keys=False, allow_unicode=True),
    }


def samples_by_source(files: MixtureFiles, order: TrainingOrder | None) -> list[tuple[str, list[Sample]]]:
    """(source, its decoded rows) of every source; Gone when the training order could not be read."""
    if order is None:
        raise Gone("Samples: the shards cannot be read.")
    return [(source, samples(files, rows)) for source, rows in order.sample_rows.items()]
