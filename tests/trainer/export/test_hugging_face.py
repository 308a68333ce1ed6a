"""`transformers` loads what is exported, without the network, and computes the same logits."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mixer.tokens import tokenizer
from tests.trainer.models import random_model, save_model
from trainer.checkpoint_reading import load_model
from trainer.errors import SettingError
from trainer.export.cohere import cohere_config, cohere_weights
from trainer.export.hugging_face import export_model
from trainer.generate import Sampling, generate
from trainer.presets import Preset
from trainer.train import train

END_OF_TEXT_ID = 100257


@pytest.fixture(scope="module")
def transformers() -> Any:
    found = pytest.importorskip("transformers", reason="transformers is not installed")
    found.logging.disable_progress_bar()
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("export")
    checkpoint = save_model(folder / "run", random_model())
    return checkpoint, export_model(load_model(checkpoint), folder / "exported")


@torch.no_grad()
def test_logits_are_the_same(transformers: Any, exported: tuple[Path, Path]) -> None:
    checkpoint, folder = exported
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
    assert type(theirs).__name__ == "CohereForCausalLM"
    ids = torch.randint(0, 100_000, (2, 60), generator=torch.Generator().manual_seed(1))
    expected = load_model(checkpoint).model(ids)
    assert float(expected.abs().max()) > 1
    torch.testing.assert_close(theirs(ids).logits, expected, rtol=0, atol=1e-4)


@torch.no_grad()
def test_a_greedy_continuation_is_the_same(transformers: Any, exported: tuple[Path, Path]) -> None:
    checkpoint, folder = exported
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
    prompt = tokenizer("cl100k_base").encode_text("The code share is")
    made = theirs.generate(torch.tensor([prompt]), max_new_tokens=12, do_sample=False)[0, len(prompt) :].tolist()
    ours = generate(load_model(checkpoint).model, [prompt], END_OF_TEXT_ID, 128, Sampling(max_tokens=12))[0]
    assert made[: len(ours)] == ours
    assert len(ours) > 3


def test_the_tokenizer_loads_beside_it(transformers: Any, exported: tuple[Path, Path]) -> None:
    ours = tokenizer("cl100k_base")
    loaded = transformers.AutoTokenizer.from_pretrained(exported[1], local_files_only=True)
    text = "Grüße, 世界!\n\tdef f(x): return x  # 12345"
    assert loaded(text)["input_ids"] == ours.encode_text(text)
    assert loaded.decode(loaded(text)["input_ids"]) == text
    assert (loaded.eos_token_id, loaded.model_max_length) == (END_OF_TEXT_ID, 128)
    assert loaded("<pr>")["input_ids"] == [ours.special_tokens["<pr>"]]
    assert loaded("<pr>", split_special_tokens=True)["input_ids"] == ours.encode_text("<pr>")


SHAPES = [
    Preset("one head", 1, 24, 1, 8, 0.0),
    Preset("odd pairs", 3, 36, 6, 50, 0.0),
    Preset("wide", 2, 64, 4, 16, 0.0),
]


@torch.no_grad()
@pytest.mark.parametrize("preset", SHAPES, ids=lambda preset: preset.name)
def test_every_shape_is_the_same_function(transformers: Any, preset: Preset) -> None:
    model = random_model(3, preset, vocabulary_size=200)
    theirs = transformers.CohereForCausalLM(transformers.CohereConfig(**cohere_config(model, 64, 0)))
    missing = theirs.load_state_dict(cohere_weights(model), strict=False)
    assert (missing.missing_keys, missing.unexpected_keys) == (["lm_head.weight"], [])
    theirs.tie_weights()
    ids = torch.randint(0, 200, (3, 40), generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(theirs.eval()(ids).logits, model(ids), rtol=0, atol=1e-4)


def test_a_trained_model_is_the_same_function(transformers: Any, mixture: str, output: Path) -> None:
    model = load_model(train(mixture, output, steps=20, batch_rows=2).checkpoint).model
    theirs = transformers.CohereForCausalLM(transformers.CohereConfig(**cohere_config(model, 32, 0)))
    theirs.load_state_dict(cohere_weights(model), strict=False)
    theirs.tie_weights()
    ids = torch.randint(0, 300, (2, 32), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(theirs.eval()(ids).logits, model(ids), rtol=0, atol=1e-4)


def test_a_folder_that_is_there_is_left_alone(exported: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="is there already"):
        export_model(load_model(exported[0]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_nothing(
    exported: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("trainer.export.hugging_face.save_file", full)
    with pytest.raises(OSError, match="no space"):
        export_model(load_model(exported[0]), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_same_checkpoint_gives_the_same_bytes(exported: tuple[Path, Path], tmp_path: Path) -> None:
    again = export_model(load_model(exported[0]), tmp_path / "again")
    for path in exported[1].iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()
