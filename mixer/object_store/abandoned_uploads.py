"""Uploads that a killed writer left unfinished: invisible, and paid for until somebody aborts them."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from mixer.object_store.client import store_for
from mixer.object_store.settings import S3, split_uri


class AbandonedUpload(NamedTuple):
    """A multipart upload that was begun `age_seconds` ago and neither completed nor aborted."""

    uri: str  # the object that it would have become
    upload_id: str
    age_seconds: float


def abandoned_uploads(lake_uri: str, older_than_seconds: float) -> list[AbandonedUpload]:
    """The unfinished uploads below `lake_uri` that are older; none for a lake that is no object store's.

    A writer that lives has uploads too: take more seconds than any task runs.
    """
    if not lake_uri.startswith(S3):
        return []
    bucket, key, query = split_uri(lake_uri)
    prefix = f"{key.rstrip('/')}/" if key else ""
    now = time.time()
    return [
        AbandonedUpload(f"{S3}{bucket}/{found['Key']}{query}", found["UploadId"], age_seconds)
        for found in store_for(query).uploads(bucket, prefix)
        # Not every store takes the prefix seriously.
        if found["Key"].startswith(prefix)
        and (age_seconds := now - found["Initiated"].timestamp()) >= older_than_seconds
    ]


def abort_uploads(uploads: Iterable[AbandonedUpload]) -> None:
    """Throw their parts away; one that was completed or aborted meanwhile is left."""
    for upload in uploads:
        bucket, key, query = split_uri(upload.uri)
        store_for(query).abort(bucket, key, upload.upload_id)
