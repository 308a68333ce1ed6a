"""A checkpoint as a folder that `transformers` loads: same ids, same logits, no code of ours in it.

    config.json  generation_config.json  model.safetensors
    tokenizer.json  tokenizer_config.json
    mixdown.json          which checkpoint it is

The folder appears whole or not at all.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from mixer.tokens import END_OF_TEXT
from trainer.checkpoint_reading import LoadedModel
from trainer.errors import SettingError
from trainer.export.cohere import cohere_config, cohere_weights
from trainer.export.tokenizer_json import tokenizer_config, tokenizer_json


def export_model(loaded: LoadedModel, output: str | Path) -> Path:
    """Write the model into the new folder `output`; returns it. SettingError where something is there already."""
    folder = Path(output)
    if folder.exists():
        raise SettingError(f"{folder} is there already: choose another folder")
    text = loaded.tokenizer.text_tokenizer()
    ids = {"bos_token_id": text.end_of_text_id, "eos_token_id": text.end_of_text_id}
    files: dict[str, dict[str, Any]] = {
        "config.json": cohere_config(loaded.model, loaded.sequence_length, text.end_of_text_id),
        "generation_config.json": ids | {"pad_token_id": text.end_of_text_id},
        "tokenizer.json": tokenizer_json(text),
        "tokenizer_config.json": tokenizer_config(text, END_OF_TEXT, loaded.sequence_length),
        "mixdown.json": {
            "checkpoint": loaded.path.name,
            "step": loaded.step,
            "weights_sha256": loaded.weights_sha256,
            "identity": loaded.identity,
        },
    }
    temporary = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
    temporary.mkdir(parents=True)
    try:
        for name, content in files.items():
            (temporary / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        save_file(cohere_weights(loaded.model), temporary / "model.safetensors", metadata={"format": "pt"})
        os.rename(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
