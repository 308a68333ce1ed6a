"""SeaweedFS on loopback: a real object store on disk that checks signatures, from its wheel on PyPI."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services.processes import free_port, group, wait_for

ACCESS_KEY = "mixdown"
SECRET_KEY = "of-the-tests"  # pragma: allowlist secret
BUCKET = "lake"


@dataclass
class ObjectStore:
    """Where a store is and how one gets in."""

    endpoint: str
    process: Any

    def settings(self, endpoint: str | None = None) -> dict[str, str]:
        """The environment by which the AWS tools and Arrow find it (or a proxy before it)."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """boto3's client."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )


@contextmanager
def seaweed(folder: Path, bucket: str = BUCKET) -> Iterator[ObjectStore]:
    """A store in `folder` with one bucket, empty unless the folder held one before."""
    data = folder / "objects"
    data.mkdir(parents=True, exist_ok=True)
    keys = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
    identity = {"name": "mixdown", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    port = free_port()
    with group(folder / "seaweed.log") as processes:
        process = processes.start(weed_command(folder, port), os.environ | {"HOME": str(folder)})
        store = ObjectStore(f"http://127.0.0.1:{port}", process)
        client = store.client()

        def is_up() -> bool:
            try:
                names = [found["Name"] for found in client.list_buckets()["Buckets"]]
                if bucket not in names:
                    client.create_bucket(Bucket=bucket)
                client.put_object(Bucket=bucket, Key=".up", Body=b"")
                client.delete_object(Bucket=bucket, Key=".up")
            except Exception:  # every kind of "not yet"
                return False
            return True

        wait_for("SeaweedFS", is_up)
        yield store


def weed_command(folder: Path, s3_port: int) -> list[str]:
    """`weed server` with all its parts on loopback and on ports of our choice."""
    ports = {name: free_port() for name in ("master", "volume", "filer")}
    grpc = {f"{name}.port.grpc": free_port() for name in (*ports, "s3")}
    options: dict[str, Any] = {
        "dir": folder / "objects",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "filer": "true",
        "s3": "true",
        "s3.port": s3_port,
        "s3.config": folder / "s3.json",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 256,
        "volume.max": 50,
        "filer.localSocket": folder / "filer.sock",
    }
    options |= {f"{name}.port": port for name, port in ports.items()} | grpc
    weed = Path(sys.executable).with_name("weed")
    return [str(weed), "-logtostderr", "server", *(f"-{name}={value}" for name, value in options.items())]
