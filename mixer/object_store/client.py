"""One client of an object store a process: its requests, retried, with errors that name the uri."""

import base64
import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mixer.object_store.errors import StoreError, as_told, no_bucket
from mixer.object_store.range_read import Range, RangeRead
from mixer.object_store.retries import patiently
from mixer.object_store.settings import S3, StoreSettings, in_environment, settings_from

PAGE_KEYS = 1000  # of a listing; S3 gives no more
CONNECTIONS = 32  # kept open; more are opened and closed again
ABORT_SECONDS = 10.0  # what an abandoned upload may cost; it is invisible, and collected later

Body = bytes | bytearray


class Found(NamedTuple):
    """An object or a folder (a common prefix) in a listing; `tag` is of the content, where the store has one."""

    key: str
    is_folder: bool
    size_bytes: int
    tag: str
    modified_seconds: float


class ObjectStore:
    """The store of some settings. Safe for threads; not for a fork, see `store_for`."""

    def __init__(self, settings: StoreSettings) -> None:
        self.settings = settings
        self.client = _client(settings)
        self.place = re.sub("//[^/@]*@", "//", settings.endpoint) if settings.endpoint else "AWS S3"
        self._known_buckets: set[str] = set()

    def head(self, bucket: str, key: str) -> Found | None:
        """The object at `key`; None where there is none. StoreError where there is no such bucket."""
        try:
            answer = self._ask("head_object", bucket, key)
        except FileNotFoundError:
            self.check_bucket(bucket)  # the answer to HEAD has no body that would tell
            return None
        modified = answer["LastModified"].timestamp()
        return Found(key, False, answer["ContentLength"], answer.get("ETag", ""), modified)

    def check_bucket(self, bucket: str) -> None:
        """StoreError where there is no such bucket; asked once. One that may not be asked for counts as there."""
        if bucket in self._known_buckets:
            return
        try:
            self._ask("head_bucket", bucket, None)
        except FileNotFoundError:
            raise no_bucket(bucket, self.place) from None
        except PermissionError:
            pass
        self._known_buckets.add(bucket)

    def listing(self, bucket: str, prefix: str, delimiter: str = "/", limit: int | None = None) -> Iterator[Found]:
        """What begins with `prefix`, in pages: one that fails is asked for again, not those before it.

        Up to the next `delimiter` everything is one folder; with an empty one, all objects below.
        """
        asked: dict[str, Any] = {"Prefix": prefix, "Delimiter": delimiter, "MaxKeys": limit or PAGE_KEYS}
        while True:
            page = self._ask("list_objects_v2", bucket, None, what=f"listing {S3}{bucket}/{prefix}", **asked)
            for entry in page.get("Contents", []):
                modified = entry["LastModified"].timestamp()
                yield Found(entry["Key"], False, entry["Size"], entry.get("ETag", ""), modified)
            for folder in page.get("CommonPrefixes", []):
                yield Found(folder["Prefix"], True, 0, "", 0.0)
            if limit or not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def read(self, bucket: str, key: str, start: int, stop: int) -> Range:
        """Bytes [start, stop) of an object, as far as it goes; the last -`start` ones with a negative `start`.

        What breaks off is asked for again from the byte where it stopped. FileNotFoundError where there is no object;
        StoreError where it was replaced meanwhile.
        """
        if not key:
            raise StoreError(f"{S3}{bucket} is a bucket: the key of a file in it is needed")
        reading = RangeRead(self.client, self.place, bucket, key, start, stop)
        return reading.run(self.settings.retry_seconds)

    def put(self, bucket: str, key: str, body: Body) -> None:
        """The object, whole or not at all; the store compares it with our MD5."""
        self.check_bucket(bucket)
        self._ask("put_object", bucket, key, Body=body, ContentMD5=_md5(body))

    def delete(self, bucket: str, key: str) -> None:
        """No object at `key` any more."""
        self._ask("delete_object", bucket, key)

    def start_upload(self, bucket: str, key: str) -> str:
        """The id of a new multipart upload, of which nothing is visible until it is completed."""
        self.check_bucket(bucket)
        return str(self._ask("create_multipart_upload", bucket, key)["UploadId"])

    def upload_part(self, bucket: str, key: str, upload: str, number: int, body: Body) -> str:
        """The part's tag, which `complete` takes."""
        asked: dict[str, Any] = {"UploadId": upload, "PartNumber": number, "Body": body, "ContentMD5": _md5(body)}
        return str(self._ask("upload_part", bucket, key, **asked)["ETag"])

    def complete(self, bucket: str, key: str, upload: str, tags: list[str], size_bytes: int) -> None:
        """The parts become the object; StoreError unless the store then says that it has `size_bytes`."""
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        try:
            self._ask("complete_multipart_upload", bucket, key, UploadId=upload, MultipartUpload={"Parts": parts})
        except StoreError as error:
            # Where the answer to the first try was lost, the upload is gone at the second, and the object is there.
            if error.code != "NoSuchUpload":
                raise
        found = self.head(bucket, key)
        if found is None or found.size_bytes != size_bytes:
            there = "nothing" if found is None else f"{found.size_bytes:,} bytes"
            raise StoreError(f"{S3}{bucket}/{key}: {there} at {self.place} where {size_bytes:,} bytes were written")

    def abort(self, bucket: str, key: str, upload: str) -> None:
        """Throw the parts away; one that is gone already is none of our worries."""
        try:
            self._ask("abort_multipart_upload", bucket, key, seconds=ABORT_SECONDS, UploadId=upload)
        except FileNotFoundError:
            return
        except StoreError as error:
            if error.code != "NoSuchUpload":
                raise

    def uploads(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        """Multipart uploads below `prefix` that were neither completed nor aborted, as boto3 tells them."""
        asked: dict[str, Any] = {"Prefix": prefix}
        while True:
            page = self._ask("list_multipart_uploads", bucket, None, what=f"uploads of {S3}{bucket}/{prefix}", **asked)
            yield from page.get("Uploads", [])
            if not page.get("IsTruncated"):
                return
            asked |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def _ask(
        self,
        operation: str,
        bucket: str,
        key: str | None,
        what: str | None = None,
        seconds: float | None = None,
        **asked: Any,
    ) -> dict[str, Any]:
        """One request, tried again while it may help; what the store refuses as an OSError."""
        uri = f"{S3}{bucket}/{key}" if key is not None else f"{S3}{bucket}"
        asked |= {"Bucket": bucket} | ({"Key": key} if key is not None else {})
        call: Callable[[], dict[str, Any]] = lambda: getattr(self.client, operation)(**asked)  # noqa: E731
        try:
            return patiently(what or uri, seconds or self.settings.retry_seconds, call)
        except Exception as error:
            raise as_told(error, uri, self.place) from error


_stores: dict[tuple[object, ...], ObjectStore] = {}
_lock = threading.Lock()


def store_for(query: str = "") -> ObjectStore:
    """This process's client for the environment as it is now and a uri's settings; a forked child makes its own."""
    asked = (os.getpid(), query, *in_environment())
    with _lock:
        if asked not in _stores:
            _stores[asked] = ObjectStore(settings_from(query))
        return _stores[asked]


def _new_lock() -> None:
    """A child that is forked while another thread holds the lock would wait for it forever."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_new_lock)


def _client(settings: StoreSettings) -> Any:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        retries={"total_max_attempts": 1},  # ours know how long, and name the uri
        connect_timeout=min(10.0, settings.timeout_seconds),
        read_timeout=settings.timeout_seconds,
        max_pool_connections=CONNECTIONS,
        s3={"addressing_style": settings.addressing},
        # Content-MD5 and lengths are checked everywhere; newer checksums are refused by some stores.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        user_agent_extra="mixdown",
    )
    try:
        # A session of its own: boto3's default one is shared, and not for threads.
        session = boto3.session.Session(region_name=settings.region)
        return session.client("s3", endpoint_url=settings.endpoint, config=config)
    except (BotoCoreError, ValueError) as error:  # no such profile, no such region, an endpoint that is no address
        raise StoreError(f"{S3}: {error}: correct AWS_ENDPOINT_URL, AWS_REGION or AWS_PROFILE") from error


def _md5(body: Body) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
