"""Replay and what is taken over, with the lake in an object store (moto's server)."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from pipelines.build import recipe_from
from pipelines.context import Context
from pipelines.ingesting.replays import add_replays
from pipelines.lake import Lake, StageManifest
from pipelines.progress import Progress
from pipelines.replaying.quarantine import accept, quarantines, try_again
from pipelines.stages import run_stages
from pipelines.steps.ingest import plan_splits, reading_of
from tests.pipelines.in_process import InProcess, write_jsonl

BUCKET = "lake"


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "builder",
        "AWS_SECRET_ACCESS_KEY": "of-lakes",  # pragma: allowlist secret
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield f"s3://{BUCKET}/mixdown"
    server.stop()


def test_replay_and_taking_over_in_an_object_store(lake: str, tmp_path: Path) -> None:
    for number in range(3):
        write_jsonl(tmp_path / f"data/{number}.jsonl", [{"text": f"The lamp is lit, {number}."}, "no json"])
    recipe = {
        "name": "stored",
        "sources": [{"name": "pages", "kind": "jsonl", "uri": "data"}],
        "phases": [{"name": "main", "budget_tokens": 64, "weights": {"pages": 1.0}}],
        "sequence_length": 32,
    }
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")

    def context() -> Context:
        asked = recipe_from(tmp_path / "recipe.yaml", None, None)
        return Context(asked, Lake(lake), InProcess, Progress(quiet=True))

    def ingest() -> StageManifest:
        ran = context()
        run_stages(ran, "ingest")
        return ran.of("ingest", "pages")

    before = ingest()
    found = quarantines(context())
    try_again(context(), found)
    assert (found[0].reasons(), accept(context(), found)) == ({"bad_json": 3}, 0)
    (source,) = context().recipe.sources
    add_replays(Lake(lake), "pages", reading_of(source), plan_splits(source)[:1])
    again = ingest()
    assert again.fingerprint != before.fingerprint
    assert again.files == before.files
    write_jsonl(tmp_path / "data/2.jsonl", [{"text": "The lamp is put out."}])
    after = ingest()
    assert (after.books.kept, after.books.quarantined) == (3, 2)
    assert after.files[:2] == before.files[:2]
