"""Through lm-evaluation-harness where it is installed; where it is not, a message says what to do."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipelines.evaluation.harness import PAPERS_TASKS, _explained, _group_means, run_harness
from tests.trainer.models import random_model, save_model
from trainer.checkpoint_reading import load_model
from trainer.errors import SettingError
from trainer.evaluation.likelihood import Continued, log_likelihoods

YAML = """\
task: own_copa
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{query}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: gold
metric_list:
  - metric: acc
"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("runs") / "run1", random_model(1), sequence_length=512)


@pytest.mark.skipif(find_spec("lm_eval") is None, reason="lm-evaluation-harness is not installed")
@pytest.mark.filterwarnings("ignore")
def test_the_harness_counts_what_we_count(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    lines = [
        {"query": f"It rained {number} times, so it", "choices": ["was wet", "stayed dry"], "gold": number % 2}
        for number in range(12)
    ]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "own.yaml").write_text(YAML.format(file=tmp_path / "own.jsonl"))
    results = run_harness([checkpoint], ["own_copa"], tmp_path / "tasks", tmp_path / "out", None, "cpu", lambda _: None)
    found = next(iter(results.values()))["tasks"]["own_copa"]["acc,none"]
    assert json.loads((tmp_path / "out" / "harness.json").read_text()) == json.loads(json.dumps(results, default=str))

    loaded = load_model(checkpoint)
    text = loaded.tokenizer.text_tokenizer()
    pairs = [(str(line["query"]), f" {choice}") for line in lines for choice in line["choices"]]  # type: ignore[attr-defined]
    texts = [Continued(text.encode_text(context), text.encode_text(after)) for context, after in pairs]
    scores = log_likelihoods(loaded.model, texts, text.end_of_text_id, 512)
    right = sum((scores[2 * at + 1] > scores[2 * at]) == line["gold"] for at, line in enumerate(lines))
    assert found == pytest.approx(right / len(lines))


def test_without_the_harness_a_message_names_the_offline_way(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval.evaluator", None)
    with pytest.raises(SettingError, match=r"not installed .*mixdown\[eval\].*--data"):
        run_harness([checkpoint], None, None, tmp_path, None, "cpu", lambda _: None)


def test_an_unreachable_hub_is_explained() -> None:
    class MaxRetryError(Exception):
        pass

    try:
        try:
            raise MaxRetryError("no route")
        except MaxRetryError as error:
            raise OSError("cannot load aps/super_glue") from error
    except OSError as error:
        explained = _explained(error, ["boolq"])
    assert isinstance(explained, SettingError)
    assert "boolq cannot be fetched" in str(explained)
    assert "leave --harness out" in str(explained)
    other = ZeroDivisionError("a fault")
    assert _explained(other, ["boolq"]) is other


def test_the_papers_categories_are_means_of_tasks() -> None:
    found = {
        "triviaqa": {"exact_match,remove_whitespace": 0.2, "exact_match_stderr,remove_whitespace": 0.01},
        "nq_open": {"exact_match,remove_whitespace": 0.1},
        "boolq": {"acc,none": 0.5, "alias": "boolq"},
        "own": {"acc,none": 0.9},
    }
    assert _group_means(found) == {
        "knowledge": {"mean": pytest.approx(0.15), "tasks": 2},
        "reasoning": {"mean": 0.5, "tasks": 1},
    }
    assert len(PAPERS_TASKS["reasoning"]) == 10
