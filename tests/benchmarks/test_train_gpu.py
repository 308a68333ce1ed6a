"""The GPU benchmark runs, on the CPU: a few steps of the tiny preset, and everything again as JSON at the end."""

import json

import pytest

pytest.importorskip("torch", reason="the trainer is optional")

from benchmarks.train_gpu import main


def test_it_prints_a_line_a_case_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cpu", "--vocabulary", "1000", "--loss", "fused", "plain", "--compile", "off"]) == 0
    first, _, *lines, last = capsys.readouterr().out.splitlines()
    assert "no GPU" in first
    assert [line.split()[:6] for line in lines] == [
        ["tiny", "128", "x", "2", "eager", loss] for loss in ("fused", "plain")
    ]
    found = json.loads(last)
    assert (found["device"], found["vocabulary"], len(found["results"])) == ("cpu", 1000, 2)
    for result in found["results"]:
        assert result["mfu"] is None
        assert result["tokens_per_second"] == pytest.approx(256 / result["step_seconds"])
    losses = [result["loss"] for result in found["results"]]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
