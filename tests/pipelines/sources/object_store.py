"""An object store on loopback (moto's server), with its address and credentials in the environment as AWS tools take
them.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

BUCKET = "lamps"


@contextmanager
def object_store(patch: pytest.MonkeyPatch) -> Iterator[Any]:
    """boto3's client of a store with the empty bucket `lamps`."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        settings = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "reader",
            "AWS_SECRET_ACCESS_KEY": "of-lamps",  # pragma: allowlist secret
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        import boto3

        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    finally:
        server.stop()


def put(client: Any, files: dict[str, bytes]) -> None:
    """Objects by key."""
    for key, data in files.items():
        client.put_object(Bucket=BUCKET, Key=key, Body=data)
