"""`mixdown eval`: checkpoints on tasks, or two of them before a judge."""

from pathlib import Path
from typing import Annotated

import typer

CheckpointsArgument = Annotated[
    list[Path], typer.Argument(help="Checkpoints, or runs' folders (their newest one), side by side.")
]


def eval_(
    checkpoints: CheckpointsArgument,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of task files; with --harness: of task YAML of your own.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for every answer and the results.")] = Path("build/eval"),
    tasks: Annotated[
        str | None, typer.Option(help="Names, separated by commas. Default: all that are there.", show_default=False)
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Items of each task, or prompts. Default: all.", show_default=False)
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    isolation: Annotated[
        str, typer.Option(help="Of programs that models write: auto, namespaces, landlock, limits_only or none (skip).")
    ] = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    harness: Annotated[bool, typer.Option("--harness", help="Ask through lm-evaluation-harness.")] = False,
    judge: Annotated[
        str | None,
        typer.Option(help="OpenAI-compatible API of a judge, such as http://localhost:8080/v1.", show_default=False),
    ] = None,
    judge_model: Annotated[
        str | None, typer.Option(help="Name of the judge, as the API knows it.", show_default=False)
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="JSON lines that two checkpoints answer for the judge.", show_default=False)
    ] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of an answer to a prompt.")] = 256,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of answers to prompts; 0: the likeliest.")] = 0.0,
    top_p: Annotated[float, typer.Option(min=0.01, max=1, help="Of answers to prompts.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of answers to prompts, and of the judge.")] = 0,
    api_key_env: Annotated[
        str | None,
        typer.Option(
            help="Environment variable that holds the judge's API key; the key is stored nowhere.", show_default=False
        ),
    ] = None,
    max_requests: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many requests, retries included.", show_default=False)
    ] = None,
    requests_per_minute: Annotated[
        float | None, typer.Option(min=0.01, help="Ask the judge no faster than this.", show_default=False)
    ] = None,
    max_tries: Annotated[int, typer.Option(min=1, max=20, help="Requests for one judgement.")] = 5,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that a request may take.")] = 300.0,
) -> None:
    """Score checkpoints on tasks with intervals and chance levels, or have a judge compare what two of them write."""
    from pipelines.evaluation.asked import Judging, ask_harness, ask_judge, ask_tasks

    names = None if tasks is None else [name.strip() for name in tasks.split(",") if name.strip()]
    if judge is not None:
        if judge_model is None or prompts is None or len(checkpoints) != 2 or harness:
            raise typer.BadParameter("a judge needs --judge-model, --prompts and two checkpoints", param_hint="--judge")
        asked = Judging(judge, judge_model, api_key_env, max_requests, requests_per_minute, max_tries, timeout)
        complete = ask_judge(
            checkpoints, prompts, asked, (max_tokens, temperature, top_p, seed), output, limit, device, json_
        )
        raise typer.Exit(0 if complete else 3)
    if harness:
        ask_harness(checkpoints, names, data, output, limit, device, json_)
        return
    if data is None:
        raise typer.BadParameter("name a folder of task files, or use --harness or --judge", param_hint="--data")
    ask_tasks(checkpoints, data, output, names, limit, device, isolation, json_)
