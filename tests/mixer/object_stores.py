"""The object stores that the contract is tested on: moto's server and SeaweedFS, each also behind a faulty proxy."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from mixer.object_store import client as store_client
from mixer.object_store import retries
from tests.pipelines.sources import object_store as moto
from tests.services.faulty_proxy import FaultyProxy, faulty_proxy
from tests.services.seaweed import BUCKET, seaweed

STORES = ("moto", "moto, faulty", "seaweed", "seaweed, faulty")


@dataclass
class Store:
    """A store with an empty place in it; the environment leads to it. `client` goes to the store directly."""

    name: str
    bucket: str
    client: Any
    proxy: FaultyProxy
    prefix: str = ""

    @property
    def uri(self) -> str:
        """The empty place."""
        return f"s3://{self.bucket}/{self.prefix}"

    def keys(self) -> list[str]:
        """What is visible there, by the store itself."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.prefix}/")
        return [entry["Key"].removeprefix(f"{self.prefix}/") for page in pages for entry in page.get("Contents", [])]

    def uploads(self) -> list[str]:
        """Keys of unfinished uploads there."""
        found = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return [upload["Key"] for upload in found if upload["Key"].startswith(f"{self.prefix}/")]


@contextmanager
def opened(name: str, folder: Path, seed: int = 1) -> Iterator[Store]:
    """The store of that name."""
    kind, _, faulty = name.partition(", ")
    faults: dict[str, Any] = {} if faulty else {"faults": {}}
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        if kind == "moto":
            client = stack.enter_context(moto.object_store(patch))
            bucket = moto.BUCKET
        else:
            server = stack.enter_context(seaweed(folder))
            for variable, value in server.settings().items():
                patch.setenv(variable, value)
            client, bucket = server.client(), BUCKET
        proxy = stack.enter_context(faulty_proxy(client.meta.endpoint_url, seed=seed, **faults))
        patch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        be_quick(patch)
        yield Store(name, bucket, client, proxy)
        store_client._stores.clear()


def be_quick(patch: pytest.MonkeyPatch) -> None:
    """Short waits, so that many failures take little time."""
    patch.setattr(retries, "FIRST_WAIT_SECONDS", 0.01)
    patch.setattr(retries, "MAX_WAIT_SECONDS", 0.5)
    patch.setenv("MIXDOWN_S3_TIMEOUT_SECONDS", "2")
    patch.setenv("MIXDOWN_S3_RETRY_SECONDS", "60")


def client_of(endpoint: str) -> Any:
    """boto3's client by the environment's credentials."""
    return boto3.client("s3", endpoint_url=endpoint)
