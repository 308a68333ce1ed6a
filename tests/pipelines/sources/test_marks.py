import importlib
import pkgutil

import pipelines.readers
import pipelines.sources
from mixer.tokens import tokenizer


def test_every_mark_that_a_source_writes_is_a_special_token() -> None:
    special = tokenizer("cl100k_base").special_tokens
    found = 0
    packages = (pipelines.sources, pipelines.readers)
    modules = [info for package in packages for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for info in modules:
        marks = getattr(importlib.import_module(info.name), "MARKS", ())
        found += len(marks)
        assert set(marks) <= set(special), info.name
    assert found >= 12
