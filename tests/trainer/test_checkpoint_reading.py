"""A model comes back from its checkpoint as it was saved, or not at all."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mixer.tokens import tokenizer
from tests.trainer.models import SEQUENCE_LENGTH, random_model, save_model
from trainer.checkpoint import FILES_NAME, RUN_NAME
from trainer.checkpoint_reading import load_model
from trainer.errors import CheckpointMismatchError, SettingError
from trainer.train import train


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("run")
    save_model(made, random_model(), step=7)
    save_model(made, random_model(1), step=9)
    return made


def test_the_model_is_the_one_that_was_saved(folder: Path) -> None:
    loaded = load_model(folder / "checkpoint-00000007")
    ids = torch.randint(0, 100_000, (1, 9))
    with torch.no_grad():
        assert torch.equal(loaded.model(ids), random_model()(ids))
    assert (loaded.step, loaded.sequence_length) == (7, SEQUENCE_LENGTH)
    assert loaded.tokenizer.text_tokenizer() is tokenizer("cl100k_base")
    assert not loaded.model.training


def test_of_a_run_the_newest_checkpoint_is_taken(folder: Path) -> None:
    loaded = load_model(folder)
    assert (loaded.step, loaded.label) == (9, f"{folder.name}@9")
    assert loaded.weights_sha256 != load_model(folder / "checkpoint-00000007").weights_sha256


def test_loading_draws_no_random_numbers(folder: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    load_model(folder)
    assert torch.equal(torch.rand(1), expected)


def test_a_trained_models_checkpoint_is_read(mixture: str, output: Path) -> None:
    result = train(mixture, output, steps=1, batch_rows=2)
    loaded = load_model(result.checkpoint)
    assert (loaded.step, loaded.tokenizer.name, loaded.model.preset.name) == (1, "toy", "tiny")
    with pytest.raises(CheckpointMismatchError, match="'toy', which is not here; known: cl100k_base"):
        loaded.tokenizer.text_tokenizer()


def test_another_vocabulary_of_the_same_name_is_refused(folder: Path) -> None:
    other = replace(load_model(folder).tokenizer, vocabulary_sha256="0" * 64)
    with pytest.raises(CheckpointMismatchError, match="Install the version that it had"):
        other.text_tokenizer()


def test_what_is_no_checkpoint_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="neither a checkpoint nor"):
        load_model(tmp_path)
    damaged = tmp_path / "checkpoint-00000007"
    shutil.copytree(folder / "checkpoint-00000007", damaged)
    content = torch.load(damaged / RUN_NAME, weights_only=True)
    size = (damaged / RUN_NAME).stat().st_size
    (damaged / RUN_NAME).write_bytes(b"x" * size)
    with pytest.raises(CheckpointMismatchError, match="is no checkpoint"):
        load_model(damaged)
    for changed, message in (({"format_version": 99}, "has format 99"), ({}, "does not hold the model that it names")):
        content["identity"]["preset layers"] = 3
        torch.save(content | changed, damaged / RUN_NAME)
        sizes = json.loads((damaged / FILES_NAME).read_text()) | {RUN_NAME: (damaged / RUN_NAME).stat().st_size}
        (damaged / FILES_NAME).write_text(json.dumps(sizes))
        with pytest.raises(CheckpointMismatchError, match=message):
            load_model(damaged)
