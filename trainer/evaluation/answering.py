"""One model's answers to one task's items."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from trainer.checkpoint_reading import LoadedModel
from trainer.evaluation.exact_match import is_accepted, is_number
from trainer.evaluation.items import Answer, Choices, CodeProblem, Item, Question
from trainer.evaluation.likelihood import Continued, log_likelihoods
from trainer.evaluation.tasks import Task
from trainer.evaluation.texts import write_on
from trainer.generate import Sampling

CHUNK_ITEMS = 256  # between two words to the caller


class Ran(NamedTuple):
    """What became of a program."""

    passed: bool
    verdict: str
    detail: str


RunProgram = Callable[[str, str, str], Ran]  # solution, tests, entry point
Each = Callable[[int, int], None]  # items done, items in all


def answer_items(
    loaded: LoadedModel, task: Task, items: Mapping[str, Item], run_program: RunProgram | None, each: Each
) -> list[Answer]:
    """An answer to every item, in the items' order; greedy wherever text is generated.

    Programs are run by `run_program`; without it a task that has some is a ValueError.
    """
    places = list(items)
    answers: list[Answer] = []
    for start in range(0, len(places), CHUNK_ITEMS):
        answers += _answer_chunk(
            loaded, task, {place: items[place] for place in places[start : start + CHUNK_ITEMS]}, run_program
        )
        each(len(answers), len(places))
    return answers


def _answer_chunk(
    loaded: LoadedModel, task: Task, items: dict[str, Item], run_program: RunProgram | None
) -> list[Answer]:
    chosen = {place: item for place, item in items.items() if isinstance(item, Choices)}
    if chosen:
        return _choose(loaded, task, chosen)
    prompts = [item.prompt for item in items.values() if not isinstance(item, Choices)]
    # A model of short rows writes less rather than reads nothing.
    max_tokens = min(task.max_tokens, loaded.sequence_length // 2)
    texts = write_on(loaded, prompts, Sampling(max_tokens), task.stops)
    vocabulary = loaded.tokenizer.text_tokenizer()
    answers = []
    for (place, item), prompt, text in zip(items.items(), prompts, texts, strict=True):
        cut = len(vocabulary.encode_text(prompt)) + max_tokens > loaded.sequence_length
        if isinstance(item, Question):
            correct = (is_number if task.last_number else is_accepted)(text, item.accepted)
            answers.append(Answer(place, correct, cut, {"answer": text, "accepted": list(item.accepted)}))
        elif isinstance(item, CodeProblem):
            answers.append(_run(place, item, text, cut, run_program))
    return answers


def _choose(loaded: LoadedModel, task: Task, items: dict[str, Choices]) -> list[Answer]:
    """The likeliest continuation of each item, the first among equals."""
    text = loaded.tokenizer.text_tokenizer()
    pairs = [pair for item in items.values() for pair in zip(item.contexts, item.continuations, strict=True)]
    texts = [Continued(text.encode_text(context), text.encode_text(after)) for context, after in pairs]
    scores = iter(log_likelihoods(loaded.model, texts, text.end_of_text_id, loaded.sequence_length))
    cuts = iter([len(one.context) + len(one.continuation) > loaded.sequence_length for one in texts])
    answers = []
    for place, item in items.items():
        log_likelihood = [next(scores) for _ in item.continuations]
        cut = sum(next(cuts) for _ in item.continuations) > 0
        n_bytes = [len(after.encode()) for after in item.continuations]
        whole = log_likelihood.index(max(log_likelihood))
        rates = [score / size for score, size in zip(log_likelihood, n_bytes, strict=True)]
        per_byte = rates.index(max(rates))
        answer = per_byte if task.per_byte else whole
        details: dict[str, Any] = {
            "chosen": answer,
            "gold": item.gold,
            "chosen_by_whole": whole,
            "chosen_per_byte": per_byte,
            "choices": len(n_bytes),
            "log_likelihood": [round(score, 6) for score in log_likelihood],
            "bytes": n_bytes,
        }
        answers.append(Answer(place, answer == item.gold, cut, details))
    return answers


def _run(place: str, problem: CodeProblem, text: str, cut: bool, run_program: RunProgram | None) -> Answer:
    if run_program is None:
        raise ValueError("a program is to be run, and nothing was given to run it")
    program = problem.before + text
    ran = run_program(program, problem.tests, problem.entry_point)
    return Answer(place, ran.passed, cut, {"program": program, "verdict": ran.verdict, "detail": ran.detail})
