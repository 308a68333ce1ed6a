"""`mixdown train-classifier`: a fastText model that tells good documents from others, stored in the lake."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipelines.build import DEFAULT_LAKE
from pipelines.commands.options import JsonOption, LakeOption, SourcesOption, out

POSITIVE_HELP = "What is good: a source of the recipe, or a .jsonl or .txt file with a document a line. Repeatable."
NEGATIVE_HELP = "What is not, likewise. Repeatable."


def train_classifier(
    recipe: Annotated[
        Path | None,
        typer.Argument(help="Recipe (YAML) whose sources are named. Default: files alone.", show_default=False),
    ] = None,
    sources: SourcesOption = None,
    positive: Annotated[list[str] | None, typer.Option(help=POSITIVE_HELP, show_default=False)] = None,
    negative: Annotated[list[str] | None, typer.Option(help=NEGATIVE_HELP, show_default=False)] = None,
    lake: LakeOption = DEFAULT_LAKE,
    max_documents: Annotated[
        int | None, typer.Option(help="At most so many of each label. Default: all.", show_default=False)
    ] = None,
    held_out: Annotated[float, typer.Option(help="Share of documents that measures the model.")] = 0.1,
    dim: Annotated[int, typer.Option(help="Dimensions of vectors.")] = 100,
    word_ngrams: Annotated[int, typer.Option(help="Longest n-gram of words.")] = 2,
    epochs: Annotated[int, typer.Option(help="How often every document is seen.")] = 5,
    lr: Annotated[float, typer.Option(help="Learning rate at the beginning.")] = 0.1,
    min_count: Annotated[int, typer.Option(help="A word counts when it stands so often.")] = 1,
    buckets: Annotated[int, typer.Option(help="Rows for n-grams; each is 4 x dim bytes of the file.")] = 2_000_000,
    seed: Annotated[int, typer.Option(help="Of the choice, the order and the first weights.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Train a quality classifier on documents of two kinds, measure it on some held out, and store it in the lake."""
    from pipelines.build import new_context, recipe_from
    from pipelines.classifiers.examples import find_examples, found_in_lake
    from pipelines.classifiers.training import ClassifierTraining
    from pipelines.classifiers.training import train_classifier as run_training
    from pipelines.lake import Lake

    if not positive or not negative:
        raise typer.BadParameter("name at least one --positive and one --negative")
    loaded = None if recipe is None and sources is None else recipe_from(recipe, None, None, sources)
    found = None if loaded is None else found_in_lake(new_context(loaded, lake, quiet=True))
    settings = ClassifierTraining(
        dim=dim,
        word_ngrams=word_ngrams,
        epochs=epochs,
        lr=lr,
        min_count=min_count,
        buckets=buckets,
        seed=seed,
        max_documents=max_documents,
        held_out=held_out,
    )
    positives, negatives = ([find_examples(name, loaded, found) for name in names] for names in (positive, negative))
    trained = run_training(positives, negatives, settings, Lake(lake))
    if as_json:
        print(json.dumps(trained.manifest.model_dump(), indent=1))
        return
    _show(trained.manifest.counts, trained.manifest.metrics)
    if not trained.is_new:
        print("nothing changed: this classifier was trained before")
    print(f"model: {trained.uri}\nin a recipe: model: lake:{trained.manifest.fingerprint}")


def _show(counts: dict[str, dict[str, int]], metrics: dict[str, object]) -> None:
    for label, own in counts.items():
        out.print(
            f"{label}: {own['trained_on']:,} documents trained on, {own['held_out']:,} held out, of {own['found']:,}",
            markup=False,
        )
    confusion = Table("held out", "kept at 0.5", "dropped")
    confusion.add_row("positives", f"{metrics['true_positives']:,}", f"{metrics['false_negatives']:,}")
    confusion.add_row("negatives", f"{metrics['false_positives']:,}", f"{metrics['true_negatives']:,}")
    out.print(confusion)
    out.print(
        f"precision {metrics['precision']:.4f}, recall {metrics['recall']:.4f}, F1 {metrics['f1']:.4f}, "
        f"AUC {metrics['auc']:.4f}"
    )
    table = Table("threshold", "precision", "recall", "negatives kept")
    thresholds = metrics["thresholds"]
    for row in thresholds if isinstance(thresholds, list) else []:
        n_negatives = row["false_positives"] + row["true_negatives"]
        kept = row["false_positives"] / n_negatives if n_negatives else 0
        table.add_row(f"{row['threshold']:g}", f"{row['precision']:.4f}", f"{row['recall']:.4f}", f"{kept:.2%}")
    out.print(table)
