"""The tasks, in the paper's groups, with the prompts that they are asked by.

Knowledge, reasoning and code are the groups of arXiv 2408.10914 (all without examples; a group's score is the mean of
its tasks'). `other` tasks are not in the paper and count in no group.

Files are JSON lines as Mosaic's evaluation gauntlet writes them (`query`, `choices`, `gold`), or as NQ-open, HumanEval
and MBPP publish them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trainer.evaluation.items import Choices, CodeProblem, Item, Question

GROUPS = ("knowledge", "reasoning", "code")
OTHER = "other"

ANSWER_TOKENS, REASONING_TOKENS, PROGRAM_TOKENS = 24, 256, 384
LINE_END = ("\n",)
# Where a program goes on with something that is none of it (Chen et al. 2021, section 3.1; for MBPP InCoder's prompt).
AFTER_FUNCTION = ("\nclass ", "\ndef ", "\n#", "\nif ", "\nprint(")
AFTER_PROGRAM = ("\nclass ", "\nassert ", '\n"""', "\nif ", "\nprint(")


@dataclass(frozen=True)
class Task:
    """A task: its file, what is read from a line of it, and how an answer is judged."""

    name: str
    group: str
    files: tuple[str, ...]  # the first that is there is read
    read: Callable[[dict[str, Any]], Item | None]  # None: the line does not belong to the task's test set
    measure: str  # accuracy, exact match or pass@1
    per_byte: bool = False  # choices are compared by log-likelihood per UTF-8 byte; else by the whole
    last_number: bool = False  # of a generated text the last number is the answer
    max_tokens: int = 0  # generated
    stops: tuple[str, ...] = ()  # a generated text ends before these


def _choices(delimiter: str) -> Callable[[dict[str, Any]], Item]:
    def read(line: dict[str, Any]) -> Item:
        context = str(line["query"]).rstrip() + delimiter
        choices = tuple(f" {choice}" for choice in line["choices"])
        return Choices((context,) * len(choices), choices, int(line["gold"]))

    return read


def _schema(line: dict[str, Any]) -> Item:
    """WinoGrande: the same continuation after either context (partial evaluation, Trinh and Le 2018)."""
    contexts = tuple(line["context_options"])
    return Choices(contexts, (f" {line['continuation']}",) * len(contexts), int(line["gold"]))


def _trivia(line: dict[str, Any]) -> Item:
    return Question(str(line["context"]).rstrip(), (line["answer"], *line["aliases"]))


def _open_question(line: dict[str, Any]) -> Item:
    return Question(f"Question: {line['question']}?\nAnswer:", tuple(line["answer"]))


def _word_problem(line: dict[str, Any]) -> Item:
    return Question(f"Question: {line['context']}\nAnswer:", (str(line["answer"]),))


def _human_eval(line: dict[str, Any]) -> Item:
    tests = f"{line['test']}\n\ncheck({line['entry_point']})\n"
    return CodeProblem(line["prompt"], line["prompt"], tests, line["entry_point"])


def _mbpp(line: dict[str, Any]) -> Item | None:
    """InCoder's prompt (Fried et al. 2022): statement and first test as a docstring."""
    if not 11 <= line["task_id"] <= 510:  # the test set (Austin et al. 2021, section 2.1)
        return None
    tests = "\n".join(text for text in (line["test_setup_code"], *line["test_list"]) if text).replace("\r", "")
    return CodeProblem(f'"""\n{line["text"]}\n{line["test_list"][0]}\n"""\n', "", tests, "")


TASKS = (
    Task("triviaqa", "knowledge", ("triviaqa.jsonl", "triviaqa_small.jsonl"), _trivia, "exact match",
         max_tokens=ANSWER_TOKENS, stops=LINE_END),
    Task("nq_open", "knowledge", ("NQ-open.dev.jsonl", "nq_open.jsonl"), _open_question, "exact match",
         max_tokens=ANSWER_TOKENS, stops=LINE_END),
    # A label's length says nothing, so labels are compared by the whole; so are COPA and BoolQ in the field.
    Task("boolq", "reasoning", ("boolq.jsonl",), _choices("\nAnswer:"), "accuracy"),
    Task("piqa", "reasoning", ("piqa.jsonl",), _choices("\nAnswer:"), "accuracy", per_byte=True),
    Task("siqa", "reasoning", ("siqa.jsonl",), _choices(""), "accuracy"),
    Task("copa", "reasoning", ("copa.jsonl",), _choices(""), "accuracy"),
    Task("winogrande", "reasoning", ("winogrande.jsonl",), _schema, "accuracy"),
    Task("arc_easy", "reasoning", ("arc_easy.jsonl",), _choices("\nAnswer:"), "accuracy", per_byte=True),
    Task("humaneval", "code", ("HumanEval.jsonl.gz", "HumanEval.jsonl"), _human_eval, "pass@1",
         max_tokens=PROGRAM_TOKENS, stops=AFTER_FUNCTION),
    Task("mbpp", "code", ("mbpp.jsonl",), _mbpp, "pass@1", max_tokens=PROGRAM_TOKENS, stops=AFTER_PROGRAM),
    Task("arc_challenge", OTHER, ("arc_challenge.jsonl",), _choices("\nAnswer:"), "accuracy", per_byte=True),
    Task("openbook_qa", OTHER, ("openbook_qa.jsonl",), _choices(""), "accuracy", per_byte=True),
    Task("gsm8k", OTHER, ("gsm8k.jsonl",), _word_problem, "exact match", last_number=True,
         max_tokens=REASONING_TOKENS, stops=("\nQuestion:",)),
)  # fmt: skip
