"""Two checkpoints answer prompts, and a judge reads every pair of answers in both orders.

    <output>/answers.jsonl       what the checkpoints wrote
    <output>/judgements.jsonl    every judgement with all that the judge read
    <output>/win-rates.json      the counts and the shares

A second run asks only for what is missing.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from pipelines.evaluation.answers import answers_of
from pipelines.evaluation.judge import JudgeSettings, Verdict, verdict_in
from pipelines.evaluation.prompts import Prompt
from pipelines.evaluation.win_rate import WinRates, win_rates
from pipelines.generation.answer_file import AnswerFile, Key
from pipelines.generation.endpoint import Endpoint, NoAnswer, RequestsSpent
from trainer.checkpoint_reading import LoadedModel
from trainer.generate import Sampling

ORDERS = (0, 1)  # in order 0 the first checkpoint's answer stands first


class Comparison(NamedTuple):
    """What came of it; `failed` says of each judgement that could not be had why, `spent` that requests ran out."""

    rates: WinRates
    failed: list[str]
    asked: int
    spent: bool
    results: Path


def compare_models(
    first: LoadedModel,
    second: LoadedModel,
    prompts: list[Prompt],
    sampling: Sampling,
    settings: JudgeSettings,
    endpoint: Endpoint,
    output: Path,
    each: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Generate what is not there, judge what is not judged, count."""
    answers = [answers_of(model, prompts, sampling, output / "answers.jsonl") for model in (first, second)]
    failed: list[str] = []
    asked, spent = 0, False
    keys: dict[tuple[str, int], Key] = {}
    path = output / "judgements.jsonl"
    with AnswerFile(path) as file:
        for prompt in prompts:
            for order in ORDERS:
                shown = [answers[order][prompt.name], answers[1 - order][prompt.name]]
                message = settings.message(prompt.text, *shown)
                key = keys[prompt.name, order] = _key(prompt, order, message, settings)
                if key in file.keys or spent:
                    continue
                try:
                    answer = endpoint.ask(settings.model, message, settings.seed, settings.sampling())
                except NoAnswer as error:
                    failed.append(f"{prompt.name}, order {order}: {error}")
                    each(failed[-1])
                    continue
                except RequestsSpent:
                    spent = True
                    continue
                asked += 1
                labels = [model.label for model in ((first, second) if order == 0 else (second, first))]
                verdict = verdict_in(answer.text)
                file.append(
                    key,
                    {
                        "order": labels,
                        "verdict": verdict,
                        "prompt": prompt.text,
                        "answers": shown,
                        "judgement": answer.text,
                        "finish_reason": answer.finish_reason,
                    },
                )
                each(f"{prompt.name}, order {order}: {verdict}")
    rates = win_rates(_verdicts(path, prompts, keys))
    results = output / "win-rates.json"
    _write(results, first, second, sampling, settings, rates)
    return Comparison(rates, failed, asked, spent, results)


def _key(prompt: Prompt, order: int, message: str, settings: JudgeSettings) -> Key:
    """The message holds prompt and answers, so other answers are judged anew."""
    digest = hashlib.sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
    return Key(prompt.name, digest, order, settings.model, settings.sha256())


def _verdicts(
    path: Path, prompts: list[Prompt], keys: dict[tuple[str, int], Key]
) -> list[tuple[Verdict | None, Verdict | None]]:
    with path.open(encoding="utf-8") as lines:
        found = {Key(*(value[name] for name in Key._fields)): value["verdict"] for value in map(json.loads, lines)}
    return [(found.get(keys[prompt.name, 0]), found.get(keys[prompt.name, 1])) for prompt in prompts]


def _write(
    path: Path,
    first: LoadedModel,
    second: LoadedModel,
    sampling: Sampling,
    settings: JudgeSettings,
    rates: WinRates,
) -> None:
    models = [{"label": model.label, "weights_sha256": model.weights_sha256} for model in (first, second)]
    content = {
        "first": models[0],
        "second": models[1],
        "judge": settings.model_dump(),
        "sampling": asdict(sampling),
        **rates.as_json(),
    }
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)
