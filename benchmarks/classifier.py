"""fastText inference: mixdown's kernels beside fastText's own predict, on the same documents in the same process.

Documents are made of words drawn by Zipf's law from a vocabulary of random ones, in several scripts; pages of
documentation and source files (not with QUICK=1); where MIXDOWN_DATA names a folder of real data, also its Common Crawl
texts, cut into documents. `language` is lid.176.ftz; `classifier` is
a model of DCLM's form, trained here: n-grams of two words, 100 dimensions. fastText is given text without newlines, one
document a call, as it takes them. CPU time, medians of interleaved rounds; every label is compared, and scores to 1e-4.
"""

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.harness import interleaved, machine, print_result, workspace
from benchmarks.near_clusters import texts_of
from benchmarks.pipeline_corpus import corpus_files
from quality.fasttext.model import LabelledModel, load_model
from quality.fasttext.model_writer import model_bytes
from quality.fasttext.predict import best_labels
from quality.fasttext.training import train
from quality.fasttext.training_settings import TrainingSettings
from quality.input_file import InputFile
from quality.language import default_model, default_model_path

DOCUMENTS = 6000
WORDS = 400  # of a document, on average
CORPUS_MB, N_FILES = 200.0, 5  # 40 MB of it
PIECE_CHARS = 2000  # of a real text
ALPHABETS = ("etaoinshrdlucmfwypvbgk", "оеаинтсрвлкмдпуяы", "äöüßetnisra")
TOLERANCE = 1e-4


def run(quick: bool) -> None:
    """Print the ratio to fastText's own predict, for both models and all texts."""
    rounds = 3 if quick else 5
    print(machine())
    corpora = {"drawn words": drawn_texts(DOCUMENTS // (4 if quick else 1))}
    if not quick:
        corpora["documentation"] = documentation_texts()
    if "MIXDOWN_DATA" in os.environ:
        corpora["Common Crawl"] = crawl_texts()
    with workspace() as folder:
        models = {"language": (default_model(), default_model_path()), "classifier": trained(folder)}
        for corpus, texts in corpora.items():
            for name, (model, path) in models.items():
                compare(f"{name}, {corpus}", model, path, texts, rounds)


def drawn_texts(count: int) -> list[str]:
    """Documents of words by Zipf's law, each in one of the alphabets."""
    draw = random.Random(0)
    vocabularies = [
        ["".join(draw.choices(alphabet, k=draw.randint(2, 10))) for _ in range(40_000)] for alphabet in ALPHABETS
    ]
    weights = [1 / rank for rank in range(1, 40_001)]
    sizes = [draw.randint(WORDS // 2, WORDS * 3 // 2) for _ in range(count)]
    return [
        " ".join(draw.choices(vocabularies[i % len(vocabularies)], weights, k=size)) for i, size in enumerate(sizes)
    ]


def documentation_texts() -> list[str]:
    """Documents of the corpus that the whole pipeline is measured on, but those that fastText does not read.

    It has a label for no text at all, and stops at what it calls the end of a line.
    """
    files = corpus_files(CORPUS_MB)[:N_FILES]
    return [text for text in texts_of(files) if text and "</s>" not in text]


def crawl_texts() -> list[str]:
    """The Common Crawl texts of MIXDOWN_DATA, cut into pieces."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    path = Path(os.environ["MIXDOWN_DATA"], "web", "wet", "oscar-io-63docs.warc.wet.gz")
    with path.open("rb") as file:
        records = ArchiveIterator(file, record_types=WarcRecordType.conversion)
        texts = [record.reader.read().decode("utf-8", "replace") for record in records]
    return [text[at : at + PIECE_CHARS] for text in texts for at in range(0, len(text), PIECE_CHARS)]


def trained(folder: Path) -> tuple[LabelledModel, Path]:
    """A model of DCLM's form, with fewer rows for n-grams."""
    texts = drawn_texts(2000)
    labels = np.array([number % 2 for number in range(len(texts))], np.int32)
    settings = TrainingSettings(buckets=200_000, epochs=1)
    vocabulary, weights = train(pa.array(texts), labels, 2, settings)
    counts = [(b"__label__hq", len(texts) // 2), (b"__label__cc", len(texts) // 2)]
    path = folder / "model.bin"
    path.write_bytes(b"".join(model_bytes(settings, vocabulary, counts, *weights)))
    return load_model(InputFile(uri=str(path))), path


def compare(name: str, model: LabelledModel, path: Path, texts: list[str], rounds: int) -> None:
    """Check that both say the same of every document, then time them."""
    import fasttext

    oracle: Any = fasttext.load_model(str(path))
    column = pa.array(texts)
    lines = [text.replace("\n", " ") for text in texts]
    numbers, scores = best_labels(column, model)
    answers = [oracle.predict(line) for line in lines]
    differing = sum(model.labels[n] != labels[0] for n, (labels, _) in zip(numbers, answers, strict=True))
    largest = max(abs(float(s) - float(expected[0])) for s, (_, expected) in zip(scores, answers, strict=True))
    if largest > TOLERANCE:
        raise RuntimeError(f"{name}: a score differs by {largest}")
    seconds = interleaved(
        {"fastText": lambda: [oracle.predict(line) for line in lines], "mixdown": lambda: best_labels(column, model)},
        rounds,
    )
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    speeds = ", ".join(f"{who} {megabytes / used:.1f} MB/s" for who, used in seconds.items())
    print(f"{name}: {len(texts):,} documents, {megabytes:.1f} MB, {differing} labels differ; {speeds}")
    print_result(
        name, seconds["fastText"] / seconds["mixdown"], documents=len(texts), differing=differing, largest=largest
    )


if __name__ == "__main__":
    run(quick=True)
