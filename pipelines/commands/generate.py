"""`mixdown generate`: solutions of programming problems, asked of a model."""

import os
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import out


def generate(
    problems: Annotated[str, typer.Argument(help="Problems with tests: JSON lines, a file, folder or glob pattern.")],
    endpoint: Annotated[
        str, typer.Option(help="Address of an OpenAI-compatible API, such as http://localhost:8080/v1.")
    ],
    model: Annotated[str, typer.Option(help="Name of the model, as the endpoint knows it.")],
    output: Annotated[Path, typer.Option("--out", help="File of answers; what it has already is not asked again.")],
    samples: Annotated[int, typer.Option(min=1, max=10_000, help="Answers for each problem.")] = 1,
    preset: Annotated[str, typer.Option(help="Shape of the problem file: generated, humaneval or mbpp.")] = "generated",
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of the sampling.")] = 0.8,
    top_p: Annotated[float, typer.Option(min=0.01, max=1, help="Of the sampling.")] = 0.95,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of an answer.")] = 1024,
    seed: Annotated[int, typer.Option(help="Seeds every request, together with problem and sample.")] = 0,
    template: Annotated[
        Path | None,
        typer.Option(help="File with the message; {task} in it stands for the problem.", show_default=False),
    ] = None,
    api_key_env: Annotated[
        str | None,
        typer.Option(
            help="Environment variable that holds the API key; the key is stored nowhere.", show_default=False
        ),
    ] = None,
    max_requests: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many requests, retries included.", show_default=False)
    ] = None,
    requests_per_minute: Annotated[
        float | None, typer.Option(min=0.01, help="Ask no faster than this.", show_default=False)
    ] = None,
    max_tries: Annotated[int, typer.Option(min=1, max=20, help="Requests for one answer.")] = 5,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that a request may take.")] = 300.0,
    verify: Annotated[bool, typer.Option("--verify", help="Run each answer against its tests in the sandbox.")] = False,
    isolation: Annotated[str, typer.Option(help="Of the sandbox: auto, namespaces, landlock or limits_only.")] = "auto",
) -> None:
    """Ask a model for solutions of problems and keep every answer; a second run asks only for what is missing."""
    from pipelines.generation.endpoint import Endpoint
    from pipelines.generation.generate import generate as run_generate
    from pipelines.generation.generate import problems_at
    from pipelines.generation.settings import DEFAULT_TEMPLATE, TASK, TeacherSettings
    from pipelines.readers.synthetic.options import SHAPES, ProblemOptions
    from pipelines.sandbox.execute import execute
    from pipelines.sandbox.isolation import isolation_for
    from pipelines.sandbox.limits import Finding, Limits, Program

    if preset not in SHAPES:
        raise typer.BadParameter(f"{preset!r} is none of {', '.join(SHAPES)}", param_hint="--preset")
    if isolation not in ("auto", "namespaces", "landlock", "limits_only"):
        raise typer.BadParameter(f"{isolation!r} is none of those below", param_hint="--isolation")
    text = DEFAULT_TEMPLATE if template is None else template.read_text(encoding="utf-8")
    if TASK not in text:
        raise typer.BadParameter(f"{template} has no {TASK}, which the problem takes the place of")
    key = None if api_key_env is None else os.environ.get(api_key_env)
    if api_key_env is not None and not key:
        raise typer.BadParameter(f"the environment has no {api_key_env}", param_hint="--api-key-env")
    settings = TeacherSettings(
        model=model, temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed, template=text
    )
    confined = isolation_for(isolation) if verify else ""

    def judged(program: Program) -> Finding:
        return execute(program, Limits(), confined)

    asked = run_generate(
        problems_at(problems, ProblemOptions.model_validate({"preset": preset})),
        settings,
        Endpoint(endpoint, key, timeout, max_tries, max_requests, requests_per_minute),
        samples,
        output,
        judged if verify else None,
        lambda line: out.print(line, markup=False, soft_wrap=True),
    )
    print(
        f"{asked.answered:,} answered, {asked.had_already:,} were there, {len(asked.failed):,} failed, "
        f"{asked.unreadable:,} lines are no problem: {output}"
    )
    if asked.verdicts:
        print(", ".join(f"{count:,} {verdict}" for verdict, count in sorted(asked.verdicts.items())))
    if asked.spent:
        print(f"stopped after --max-requests {max_requests}; the same command goes on")
    if asked.failed or asked.spent:
        raise typer.Exit(3)
