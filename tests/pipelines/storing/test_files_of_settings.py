"""Word lists, models and benchmarks at `s3://`: opened by the same client, by the same keys, in the measuring code too."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipelines.input_files  # noqa: F401 - brings the client, as the stage that measures does
from mixer import storage
from quality.input_file import ChangedFile, InputFile, read_input
from quality.perplexity.local_file import local_path
from tests.mixer.object_stores import Store, opened


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with opened("moto, faulty", tmp_path_factory.mktemp("store")) as store:
        store.prefix = "settings"
        yield store


def test_they_are_read_and_checked(store: Store) -> None:
    uri, data = f"{store.uri}/a list+100%25.txt", b"one\ntwo\n"
    storage.write_bytes(uri, data)
    digest = hashlib.sha256(data).hexdigest()
    store.proxy.fail_next("GetObject", "slow_down", "cut", "lost")
    assert read_input(InputFile(uri=uri, sha256=digest)) == data
    assert Path(local_path(InputFile(uri=uri, sha256=digest))).read_bytes() == data
    assert store.proxy.failures["slow_down"] > 0
    with pytest.raises(ChangedFile, match="has changed since the run began"):
        read_input(InputFile(uri=uri, sha256="0" * 64))
