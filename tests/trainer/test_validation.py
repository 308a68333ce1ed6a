"""Bits per byte against a loop over documents with the model's own logits, and `validation.jsonl` over restarts."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mixer.manifest import read_manifest
from tests.trainer.held_out import END_OF_TEXT, MARK, SEQUENCE_LENGTH, documents, make_held_out_mixture, token_bytes
from tests.trainer.mixtures import SOURCES, VOCABULARY
from trainer import loss_columns
from trainer.errors import SettingError, ShardError
from trainer.loss import next_token_nats
from trainer.metrics import METRICS_NAME, StepMetrics
from trainer.model import Decoder
from trainer.presets import find_preset
from trainer.train import describe, main, train
from trainer.validation import validate
from trainer.validation_log import VALIDATION_NAME


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_held_out_mixture(tmp_path_factory.mktemp("held_out"))


@pytest.fixture
def model() -> Decoder:
    torch.manual_seed(3)
    decoder = Decoder(replace(find_preset("tiny"), layers=2, width=64, heads=4), VOCABULARY)
    torch.nn.init.normal_(decoder.embedding.weight, std=0.5)  # so that predictions differ from token to token
    return decoder


def nats_of(model: Decoder, ids: list[int]) -> float:
    """-ln p of a part's text tokens: the first from end-of-text alone, others from what stands before in the part."""
    with torch.no_grad():
        alone = torch.log_softmax(model(torch.tensor([[END_OF_TEXT]]))[0, -1].double(), dim=-1)
        inside = torch.log_softmax(model(torch.tensor([ids]))[0].double(), dim=-1)
    predictions = [alone, *inside[:-1]]
    return -sum(float(p[token]) for p, token in zip(predictions, ids, strict=True) if token not in (END_OF_TEXT, MARK))


def parts(source: str) -> list[list[int]]:
    room = SEQUENCE_LENGTH - 1
    return [ids[at : at + room] for ids in documents(source) for at in range(0, len(ids), room)]


def test_bits_per_byte_are_those_of_a_loop_over_documents(held_out: str, model: Decoder) -> None:
    found = validate(model, held_out)
    lengths = token_bytes()
    assert list(found) == list(SOURCES)
    for source, result in found.items():
        text_bytes = sum(int(lengths[token]) for part in parts(source) for token in part)
        nats = sum(nats_of(model, part) for part in parts(source))
        assert result.bytes == text_bytes
        assert result.tokens == sum(token != MARK for part in parts(source) for token in part)
        assert result.nats == pytest.approx(nats, rel=1e-5)
        assert result.bits_per_byte == pytest.approx(nats / math.log(2) / text_bytes, rel=1e-5)


def test_the_batch_and_the_buffer_of_logits_do_not_matter(
    held_out: str, model: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = validate(model, held_out)
    monkeypatch.setattr(loss_columns, "LOGIT_BUFFER_BYTES", 4 * VOCABULARY * 5)
    for batch_rows in (1, 3):
        found = validate(model, held_out, batch_rows=batch_rows)
        for source, result in found.items():
            assert result.nats == pytest.approx(expected[source].nats, rel=1e-6)
            assert replace(result, nats=0, bits_per_byte=0) == replace(expected[source], nats=0, bits_per_byte=0)


def test_logits_are_never_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    original = loss_columns._exponentials

    def measured(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        sizes.append(logits.shape[1])
        return original(logits, targets)

    monkeypatch.setattr(loss_columns, "_exponentials", measured)
    monkeypatch.setattr(loss_columns, "LOGIT_BUFFER_BYTES", 4 * 100 * 8)
    hidden, embedding, targets = torch.randn(30, 16), torch.randn(100, 16), torch.randint(100, (30,))
    each = next_token_nats(hidden, embedding, targets)
    expected = torch.nn.functional.cross_entropy(hidden @ embedding.T, targets, reduction="none")
    torch.testing.assert_close(each, expected)
    assert sizes == [8, 8, 8, 6]


def test_the_first_rows_are_taken(held_out: str, model: Decoder) -> None:
    few, more, all_ = (validate(model, held_out, max_rows=rows, batch_rows=2) for rows in (1, 3, None))
    for source in SOURCES:
        assert (few[source].rows, more[source].rows) == (1, 3)
        assert few[source].nats < more[source].nats < all_[source].nats
        assert few[source].bytes < more[source].bytes < all_[source].bytes
    promised = {file.source: file for file in read_manifest(held_out).validation}
    for source, result in all_.items():
        assert (result.rows, result.tokens, result.bytes) == (
            promised[source].rows,
            promised[source].tokens,
            promised[source].text_bytes,
        )


def test_no_gradient_is_kept(held_out: str, model: Decoder) -> None:
    validate(model, held_out, max_rows=1)
    assert all(parameter.grad is None for parameter in model.parameters())


def lines(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / VALIDATION_NAME).read_text().splitlines()]


def stop_after(steps: int) -> Callable[[StepMetrics], None]:
    def log(step: StepMetrics) -> None:
        if step.step == steps:
            raise KeyboardInterrupt

    return log


def test_a_run_is_validated_at_its_end(held_out: str, output: Path) -> None:
    result = train(held_out, output, steps=2, batch_rows=4, device="cpu")
    (line,) = lines(output)
    assert (line["step"], line["tokens"]) == (2, result.tokens)
    assert result.validation == {name: found["bits_per_byte"] for name, found in line["sources"].items()}
    assert list(result.validation) == list(SOURCES)
    assert set(line["sources"]["web"]) == {"bits_per_byte", "nats", "tokens", "bytes", "rows"}
    assert f"bits per byte of held-out text: web {result.validation['web']:.4f}, code" in describe(result)


def test_what_is_measured_is_the_model_of_the_checkpoint(held_out: str, output: Path) -> None:
    result = train(held_out, output, steps=2, batch_rows=4, device="cpu", validate_rows=2)
    model = Decoder(find_preset("tiny"), VOCABULARY)
    model.load_state_dict(torch.load(result.checkpoint, weights_only=True)["model"])
    found = validate(model, held_out, max_rows=2)
    assert result.validation == {name: each.bits_per_byte for name, each in found.items()}


def test_validation_changes_no_step(held_out: str, tmp_path: Path) -> None:
    for name, every in (("with", 1), ("without", 0)):
        train(held_out, tmp_path / name, steps=4, batch_rows=4, device="cpu", validate_every=every)
    losses = [
        [json.loads(line)["loss"] for line in (tmp_path / name / METRICS_NAME).read_text().splitlines()]
        for name in ("with", "without")
    ]
    assert losses[0] == losses[1]
    assert not (tmp_path / "without" / VALIDATION_NAME).exists()


@pytest.mark.parametrize("stopped_after", [3, 4, 5])
def test_a_stopped_runs_lines_are_those_of_one_run(held_out: str, tmp_path: Path, stopped_after: int) -> None:
    """Gapless and without repeats, though steps past the last checkpoint are done, and validated, again."""
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    options: dict[str, Any] = {"steps": 7, "batch_rows": 4, "device": "cpu", "checkpoint_every": 3, "validate_every": 2}
    expected = train(held_out, whole, **options)
    with pytest.raises(KeyboardInterrupt):
        train(held_out, parted, log=stop_after(stopped_after), **options)
    with (parted / VALIDATION_NAME).open("a") as file:
        file.write('{"step": 6, "tok')  # what a kill in the middle of a line leaves
    resumed = train(held_out, parted, **options)
    assert [line["step"] for line in lines(whole)] == [2, 4, 6, 7]
    assert lines(parted) == lines(whole)
    assert resumed.validation == expected.validation


def test_a_finished_run_is_validated_once(held_out: str, output: Path) -> None:
    options: dict[str, Any] = {"steps": 2, "batch_rows": 4, "device": "cpu"}
    assert train(held_out, output, validate_every=0, **options).validation == {}
    result = train(held_out, output, **options)  # asked for afterwards
    before = (output / VALIDATION_NAME).read_bytes()
    assert train(held_out, output, **options).validation == result.validation != {}
    assert (output / VALIDATION_NAME).read_bytes() == before


def test_learning_to_count_shows_in_held_out_text(held_out: str, output: Path) -> None:
    train(held_out, output, steps=10, batch_rows=4, device="cpu", validate_every=5)
    first, last = (line["sources"]["web"]["bits_per_byte"] for line in lines(output))
    assert last < first


def test_a_mixture_that_holds_nothing_out(mixture: str, output: Path) -> None:
    assert train(mixture, output, steps=1, batch_rows=4, device="cpu").validation == {}
    assert not (output / VALIDATION_NAME).exists()
    with pytest.raises(SettingError, match=r"holds nothing out: write `validation: \{share: 0\.01\}`"):
        train(mixture, output, steps=2, batch_rows=4, device="cpu", validate_every=1)


@pytest.mark.parametrize(("key", "value"), [("validate_every", -1), ("validate_rows", 0)])
def test_settings_that_cannot_be_are_refused(held_out: str, output: Path, key: str, value: int) -> None:
    with pytest.raises(SettingError):
        train(held_out, output, steps=1, batch_rows=4, device="cpu", **{key: value})


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_a_damaged_file_is_named(tmp_path: Path, model: Decoder, damage: str) -> None:
    uri = make_held_out_mixture(tmp_path)
    path = tmp_path / "validation-web.parquet"
    data = path.read_bytes()
    if damage == "other":
        path.write_bytes((tmp_path / "shard-00000.parquet").read_bytes())
    else:
        path.unlink() if damage == "missing" else path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ShardError, match=r"validation-web\.parquet.*build the mixture again"):
        validate(model, uri)


def test_the_command_line_validates(held_out: str, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [held_out, "--steps", "2", "--batch-rows", "4", "--device", "cpu", "--output", str(output)]
    assert main([*arguments, "--validate-every", "1", "--validate-rows", "1"]) == 0
    assert [line["step"] for line in lines(output)] == [1, 2]
    assert lines(output)[0]["sources"]["web"]["rows"] == 1
    assert "bits per byte of held-out text: web " in capsys.readouterr().out
