"""Model files are data: what is no model gives an error that says so, never a crash, a hang or a huge allocation."""

import random
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from quality.fasttext.model import load_model, parse_model
from quality.fasttext.predict import best_labels
from quality.fasttext.reader import ModelFileError
from quality.input_file import ChangedFile, InputFile
from tests.quality.fasttext.models import FORMS, QUANTIZED, QUANTIZED_FORM, train

FIELDS = [
    "magic",
    "version",
    "dim",
    "ws",
    "epoch",
    "minCount",
    "neg",
    "wordNgrams",
    "loss",
    "kind",
    "bucket",
    "minn",
    "maxn",
]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A dense model, one with a tree, and a pruned one."""
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for name in ("both", "hierarchical", "everything"):
        if name in FORMS:
            model = train(folder, name, **FORMS[name])
        else:
            model = train(folder, name, n_labels=300, **QUANTIZED_FORM)
            model.quantize(str(folder / f"{name}.txt"), thread=1, **QUANTIZED[name])
        model.save_model(str(folder / name))
        found[name] = (folder / name).read_bytes()
    return found


def parse(content: bytes) -> None:
    """Parse a model and use it, if it is one."""
    model = parse_model(np.frombuffer(content, np.uint8), "the model")
    numbers, scores = best_labels(pa.array(["word1 größer other words", "", "x" * 50]), model)
    assert len(numbers) == len(scores) == 3


@pytest.mark.parametrize("name", ["both", "hierarchical", "everything"])
def test_a_file_that_was_cut_off(name: str, contents: dict[str, bytes]) -> None:
    content = contents[name]
    draw = random.Random(1)
    for size in [*range(0, 200, 3), *(draw.randrange(len(content)) for _ in range(300)), len(content) - 1]:
        with pytest.raises(ModelFileError, match="the model is damaged or no fastText model"):
            parse(content[:size])


def test_a_file_that_goes_on(contents: dict[str, bytes]) -> None:
    with pytest.raises(ModelFileError, match="1 bytes follow after its end"):
        parse(contents["both"] + b"\0")


@pytest.mark.parametrize("name", ["both", "hierarchical", "everything"])
def test_flipped_bits_give_an_error_or_another_model(name: str, contents: dict[str, bytes]) -> None:
    content = contents[name]
    draw = random.Random(2)
    dictionary_bytes = 6000  # header and dictionary: where flips change what is read, not only weights
    n_errors = 0
    for _ in range(600):
        flipped = bytearray(content)
        at = draw.randrange(dictionary_bytes if draw.random() < 0.7 else len(content))
        flipped[at] ^= 1 << draw.randrange(8)
        try:
            parse(bytes(flipped))
        except ModelFileError:
            n_errors += 1
    assert n_errors > 20


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [-(2**31), -1, 0, 10**6, 2**31 - 1])
def test_arguments_that_cannot_be(field: str, value: int, contents: dict[str, bytes]) -> None:
    if field in ("ws", "epoch", "minCount", "neg"):  # of training alone
        return
    content = bytearray(contents["everything"])
    struct.pack_into("<i", content, 4 * FIELDS.index(field), value)
    if (field, value) in (
        ("minn", 0),
        ("maxn", 0),
        ("wordNgrams", 0),
        ("minn", 10**6),
        ("minn", 2**31 - 1),
        ("bucket", 10**6),
    ):
        parse(bytes(content))  # fewer or other n-grams: another model
    else:
        with pytest.raises(ModelFileError, match="damaged or no fastText model"):
            parse(bytes(content))


def test_numbers_that_are_none_are_refused(contents: dict[str, bytes]) -> None:
    content = bytearray(contents["both"])
    struct.pack_into("<f", content, len(content) - 4, float("nan"))
    with pytest.raises(ModelFileError, match="the output matrix holds what is no number"):
        parse(bytes(content))


def test_words_made_to_collide_are_refused(contents: dict[str, bytes]) -> None:
    """One word twenty thousand times, which no training writes: each would be sought past all before it."""
    content = contents["both"]
    header = struct.calcsize("<ii12id")
    n_words = 20_000
    counts = struct.pack("<iiiqq", n_words + 1, n_words, 1, 0, -1)
    entries = b"same\0" + struct.pack("<qb", 1, 0)
    with pytest.raises(ModelFileError, match="the same hash"):
        parse(
            content[:header] + counts + entries * n_words + b"__label__x\0" + struct.pack("<qb", 1, 1) + content[-64:]
        )


def test_a_file_with_another_digest_is_refused(tmp_path: Path, contents: dict[str, bytes]) -> None:
    (tmp_path / "model.bin").write_bytes(contents["both"])
    with pytest.raises(ChangedFile, match="has changed since the run began"):
        load_model(InputFile(uri=str(tmp_path / "model.bin"), sha256="0" * 64))
