"""The prompts that two checkpoints answer: JSON lines with `prompt`, or with Dolly's `instruction` and `context`."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from trainer.errors import SettingError


class Prompt(NamedTuple):
    """What is answered, under a name that stays when lines are added."""

    name: str
    text: str


def read_prompts(path: Path, limit: int | None = None) -> list[Prompt]:
    """The prompts of the file, the first `limit` of them; SettingError names a line that is none."""
    prompts: list[Prompt] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if limit is not None and len(prompts) >= limit:
                break
            if line.strip():
                text = _prompt_in(line)
                if text is None:
                    raise SettingError(
                        f"{path}, line {number}: an object with a text `prompt` or `instruction` is needed"
                    )
                prompts.append(Prompt(hashlib.sha256(text.encode()).hexdigest()[:16], text))
    if not prompts:
        raise SettingError(f"{path} holds no prompts")
    if len({prompt.name for prompt in prompts}) < len(prompts):
        raise SettingError(f"{path} holds a prompt twice: it would count twice")
    return prompts


def _prompt_in(line: str) -> str | None:
    try:
        value = json.loads(line)
        match value:
            case {"prompt": str(text)}:
                pass
            case {"instruction": str(text)}:
                context = value.get("context")
                text = f"{text}\n\n{context}" if isinstance(context, str) and context.strip() else text
            case _:
                return None
        text.encode()  # lone surrogates are no text
    except (ValueError, RecursionError):
        return None
    return text if text.strip() else None
