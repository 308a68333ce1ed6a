"""Archives and answers in an object store: moto's server plays S3."""

import gzip
import json
from collections.abc import Iterator

import pyarrow.fs
import pytest

from pipelines.completing.stored_answers import AnswersFolder, StoredAnswer
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.sources.pull_requests import SOURCE
from tests.pipelines.sources.github_events import ending, pull, reasons, review, trimmed_pull

ADDRESS = "https://api.github.com/repos/example-org/tidewater/pulls/7"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    filesystem = pyarrow.fs.S3FileSystem(endpoint_override=f"{host}:{port}", scheme="http", allow_bucket_creation=True)
    filesystem.create_dir("events")
    try:
        yield "s3://events"
    finally:
        server.stop()


def test_archives_and_answers_are_read_from_s3(bucket: str) -> None:
    filesystem, path = pyarrow.fs.FileSystem.from_uri(f"{bucket}/2026/02-01-0.json.gz")
    with filesystem.open_output_stream(path, compression=None) as stream:
        events = [ending(trimmed_pull(), "merged"), review(trimmed_pull())]
        stream.write(gzip.compress("".join(json.dumps(event) + "\n" for event in events).encode()))
    answers = AnswersFolder(f"{bucket}/rest/")
    assert answers.get(ADDRESS) is None
    answers.put(StoredAnswer(ADDRESS, 200, pull(url=ADDRESS), '"etag"'))
    assert answers.get(ADDRESS) == StoredAnswer(ADDRESS, 200, pull(url=ADDRESS), '"etag"')
    options = PullRequestOptions(max_per_repository=None, rest=(f"{bucket}/rest",))
    [split] = SOURCE.splits(f"{bucket}/2026", options)
    records = list(SOURCE.read(split, options))
    assert reasons(records) == {"Document": 1, "Absorbed": 1}
