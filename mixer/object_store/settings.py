"""Where an object store is and how patient to be with it: the AWS tools' environment and Arrow's uri settings."""

import os
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from mixer.object_store.errors import StoreError

S3 = "s3://"
SETTING_NAMES = ("region", "scheme", "endpoint_override")
_SETTINGS = re.compile(rf"\?(?:(?:{'|'.join(SETTING_NAMES)})=[^&?]*(?:&|$))+$")
# What decides how boto3 finds a store and its credentials: another value needs another client.
_VARIABLES = (
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CA_BUNDLE",
    "MIXDOWN_S3_ADDRESSING",
    "MIXDOWN_S3_RETRY_SECONDS",
    "MIXDOWN_S3_TIMEOUT_SECONDS",
)
RETRY_SECONDS = 120.0  # a store that restarts is back in less
TIMEOUT_SECONDS = 60.0  # without a byte; botocore's own default


@dataclass(frozen=True)
class StoreSettings:
    """What a client is made of; credentials are boto3's affair."""

    endpoint: str | None  # None: AWS itself
    region: str | None
    addressing: str  # path, virtual or auto
    retry_seconds: float  # how long a request that fails is sent again
    timeout_seconds: float


def in_environment() -> tuple[str | None, ...]:
    """What the environment says now, to tell whether a client still fits it."""
    return tuple(os.environ.get(name) for name in _VARIABLES)


def settings_from(query: str) -> StoreSettings:
    """The settings of the environment, those of a uri's `?region=...&endpoint_override=...` before them."""
    asked = dict(parse_qsl(query.removeprefix("?")))
    endpoint = asked.get("endpoint_override") or os.environ.get("AWS_ENDPOINT_URL_S3")
    endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL") or None
    if endpoint and "://" not in endpoint:
        endpoint = f"{asked.get('scheme', 'https')}://{endpoint}"
    # Stores of one's own rarely have a host name a bucket; AWS wants one.
    addressing = os.environ.get("MIXDOWN_S3_ADDRESSING") or ("path" if endpoint else "auto")
    return StoreSettings(
        endpoint,
        asked.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None,
        addressing,
        _seconds("MIXDOWN_S3_RETRY_SECONDS", RETRY_SECONDS),
        _seconds("MIXDOWN_S3_TIMEOUT_SECONDS", TIMEOUT_SECONDS),
    )


def split_uri(uri: str) -> tuple[str, str, str]:
    """(bucket, key, query) of an `s3://` uri: the key as it stands, the query with its `?` or empty.

    Only a `?` behind which Arrow's settings stand begins a query; any other is of the key or pattern. StoreError for
    credentials in a uri, which would stand in every manifest.
    """
    found = _SETTINGS.search(uri)
    place, query = (uri[: found.start()], uri[found.start() :]) if found else (uri, "")
    bucket, _, key = place.removeprefix(S3).partition("/")
    if "@" in bucket:
        raise StoreError(
            f"{S3}...@{bucket.rsplit('@', 1)[1]}/{key}: a uri stands in manifests, so credentials have no place in it; "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if not bucket:
        raise StoreError(f"{uri!r} names no bucket: {S3}BUCKET/KEY is needed")
    return bucket, key, query


def _seconds(name: str, default: float) -> float:
    written = os.environ.get(name)
    if not written:
        return default
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e9:
        raise StoreError(f"{name} is {written!r}: a number of seconds above 0 is needed")
    return seconds
