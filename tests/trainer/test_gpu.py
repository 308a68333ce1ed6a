"""The trainer on a GPU; skipped where there is none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.train_gpu import main as benchmark
from benchmarks.train_gpu import make_rows
from tests.trainer.mixtures import make_mixture
from trainer import loss_rows
from trainer.attention import attend, block_mask, dense_mask, document_lengths, make_mask
from trainer.compute import ComputeSettings
from trainer.documents import document_layout
from trainer.loss import next_token_loss
from trainer.memory import training_memory
from trainer.metrics import StepMetrics
from trainer.model import Decoder
from trainer.presets import find_preset
from trainer.step import StepOutcome, make_optimizer, train_step
from trainer.train import train

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here"),
    pytest.mark.filterwarnings("default"),  # compilation warns of what a card lacks
]
VOCABULARY, LENGTH = 301, 256


@pytest.fixture(autouse=True)
def _compile_afresh() -> None:
    torch.compiler.reset()


@pytest.fixture(scope="module")
def long_mixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """240 rows of 256 tokens, which is two blocks of attention."""
    folder = tmp_path_factory.mktemp("long")
    return make_mixture(folder, phases=(("main", 240),), sequence_length=LENGTH)


def steps(compute: ComputeSettings, count: int = 3, device: str = "cuda") -> list[StepOutcome]:
    """Steps of three rows, two at once; weights are drawn on the CPU, so that devices agree."""
    torch.manual_seed(5)
    model = Decoder(find_preset("tiny"), VOCABULARY, compute).to(device)
    optimizer = make_optimizer(model)
    batch = make_rows(3, LENGTH, VOCABULARY, document_tokens=60)
    return [
        train_step(
            model, optimizer, batch, 1e-3, micro_batch_rows=2, within_documents=True, stay_inside_documents=False
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("checkpointing", ["none", "blocks"])
def test_steps_are_those_of_the_cpu(dtype: str, compiled: bool, checkpointing: str) -> None:
    close = 1e-3 if dtype == "float32" else 2e-2
    expected = steps(ComputeSettings(dtype="float32"), device="cpu")
    for one, other in zip(expected, steps(ComputeSettings(compiled, checkpointing, dtype)), strict=True):
        assert other.loss == pytest.approx(one.loss, rel=close)
        assert other.gradient_norm == pytest.approx(one.gradient_norm, rel=5 * close)


@pytest.mark.parametrize("compiled", [False, True])
def test_steps_repeat_bit_for_bit(compiled: bool) -> None:
    assert steps(ComputeSettings(compiled)) == steps(ComputeSettings(compiled))


@pytest.mark.parametrize("length", [256, 1000])
@pytest.mark.parametrize("head_width", [32, 64, 128])
@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 5e-3), (torch.bfloat16, 3e-2)])
def test_attention_is_the_same_every_way(length: int, head_width: int, dtype: torch.dtype, close: float) -> None:
    generator = torch.Generator("cuda").manual_seed(0)
    drawn = torch.randn(2, length, 3, 2, head_width, device="cuda", generator=generator)
    rows = [np.array([0, 128, 130, 200]), np.array([50])]
    documents = torch.from_numpy(document_layout(rows, length)[0]).cuda()

    def run(mask: object, kind: torch.dtype) -> list[Tensor]:
        states = [part.transpose(1, 2).to(kind).requires_grad_() for part in drawn.unbind(2)]
        attended = attend(*states, mask)  # type: ignore[arg-type]
        attended.square().sum().backward()
        return [attended.detach(), *(part.grad for part in states if part.grad is not None)]

    expected = run(dense_mask(documents), torch.float64)
    assert type(make_mask(documents, documents, fixed_shapes=False)) is type(block_mask(documents))
    for mask in (block_mask(documents), dense_mask(documents), document_lengths(documents)):
        for found, exact in zip(run(mask, dtype), expected, strict=True):
            assert (found - exact).abs().max() <= close * exact.abs().max()


@pytest.mark.parametrize("chunk_tokens", [100, 1000])
def test_the_loss_is_the_plain_one(chunk_tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_rows, "LOGIT_BUFFER_BYTES", 2 * 384 * chunk_tokens)
    generator = torch.Generator("cuda").manual_seed(0)
    drawn = [torch.randn(size, 64, device="cuda", generator=generator) / 4 for size in (530, VOCABULARY)]
    targets = torch.randint(VOCABULARY, (530,), device="cuda", generator=generator)
    found = {}
    for method, dtype in (("fused", torch.bfloat16), ("plain", torch.float32)):
        hidden, weight = (tensor.clone().requires_grad_() for tensor in drawn)
        with torch.autocast("cuda", dtype=dtype, enabled=dtype != torch.float32):
            mean, each = next_token_loss(hidden, weight, targets, method)
        mean.backward()  # type: ignore[no-untyped-call]
        found[method] = (each, hidden.grad, weight.grad)
    for fused, plain in zip(found["fused"], found["plain"], strict=True):
        assert fused is not None
        assert plain is not None
        assert (fused - plain).abs().max() <= 0.02 * plain.abs().max()


def test_the_loss_falls(long_mixture: str, tmp_path: Path) -> None:
    result = train(long_mixture, tmp_path / "run", batch_rows=8, device="cuda")
    assert result.first_loss == pytest.approx(np.log(300), rel=0.05)
    assert result.last_loss < result.first_loss - 1


@pytest.mark.parametrize("compiled", [False, True])
def test_a_stopped_run_goes_on_bit_for_bit(long_mixture: str, tmp_path: Path, compiled: bool) -> None:
    def stop(metrics: StepMetrics) -> None:
        if metrics.step == 4:
            raise KeyboardInterrupt

    options = {"batch_rows": 6, "micro_batch_rows": 4, "steps": 6, "checkpoint_every": 2, "compile": compiled}
    whole = train(long_mixture, tmp_path / "whole", device="cuda", **options)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        train(long_mixture, tmp_path / "parts", device="cuda", log=stop, **options)  # type: ignore[arg-type]
    torch.compiler.reset()
    parts = train(long_mixture, tmp_path / "parts", device="cuda", **options)  # type: ignore[arg-type]
    assert parts.resumed_from == 4
    assert parts.last_loss == whole.last_loss


def test_memory_is_what_was_computed() -> None:
    """60m and the default vocabulary, eager: the peak is below the estimate, and not far below."""
    preset, vocabulary, length, rows = find_preset("60m"), 100_307, 2048, 4
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    model = Decoder(preset, vocabulary).to("cuda")
    optimizer = make_optimizer(model)
    batch = make_rows(rows, length, vocabulary, document_tokens=600)
    for _ in range(2):
        train_step(
            model, optimizer, batch, 1e-3, micro_batch_rows=rows, within_documents=True, stay_inside_documents=False
        )
    peak = torch.cuda.max_memory_allocated() - before
    assert 0.5 < peak / training_memory(preset, vocabulary, length, rows).total < 1.1


def test_the_benchmark_runs(capsys: pytest.CaptureFixture[str]) -> None:
    options = "--presets tiny --lengths 256 --micro-batch-tokens 512 --vocabulary 1000 --steps 2 --loss fused plain"
    assert benchmark(options.split()) == 0
    assert capsys.readouterr().out.count("tokens/s") == 4
