"""A checkpoint's answers to prompts, kept in a file, so that they are written once."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from pipelines.evaluation.prompts import Prompt
from pipelines.generation.answer_file import AnswerFile, Key
from trainer.checkpoint_reading import LoadedModel
from trainer.evaluation.texts import write_on
from trainer.generate import Sampling

PROMPTS_A_WRITE = 16


def answers_of(loaded: LoadedModel, prompts: list[Prompt], sampling: Sampling, path: Path) -> dict[str, str]:
    """The answer to each prompt by its name; those that `path` has are not generated again.

    A prompt's random numbers come from the seed and its own name, so they do not depend on what is there already.
    """
    settings = hashlib.sha256(json.dumps(asdict(sampling), sort_keys=True).encode()).hexdigest()
    keys = {prompt.name: _key(prompt, loaded, settings) for prompt in prompts}
    with AnswerFile(path) as file:
        missing = [prompt for prompt in prompts if keys[prompt.name] not in file.keys]
        for start in range(0, len(missing), PROMPTS_A_WRITE):
            part = missing[start : start + PROMPTS_A_WRITE]
            seeds = [prompt.name for prompt in part]
            texts = write_on(loaded, [prompt.text for prompt in part], sampling, names=seeds)
            for prompt, text in zip(part, texts, strict=True):
                file.append(keys[prompt.name], {"prompt": prompt.text, "answer": text, "sampling": asdict(sampling)})
    with path.open(encoding="utf-8") as lines:
        found = {Key(*(value[name] for name in Key._fields)): value["answer"] for value in map(json.loads, lines)}
    return {name: found[key] for name, key in keys.items()}


def _key(prompt: Prompt, loaded: LoadedModel, settings: str) -> Key:
    return Key(prompt.name, hashlib.sha256(prompt.text.encode()).hexdigest(), 0, loaded.weights_sha256, settings)
