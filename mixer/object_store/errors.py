"""What an object store's refusals mean: which may pass, and a message for a person for those that do not."""

import http.client
from typing import Any

TRANSIENT_STATUS = {408, 429, 500, 502, 503, 504}
# Answers below 500 that another try may change; a body that was damaged on its way is among them.
TRANSIENT_CODES = {
    "SlowDown",
    "RequestTimeout",
    "RequestTimeoutException",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "BadDigest",
    "XAmzContentSHA256Mismatch",
    "IncompleteBody",
    "OperationAborted",
}
BAD_CREDENTIALS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "RequestTimeTooSkewed",
    "AuthFailure",
    "InvalidSecurity",
    "NotSignedUp",
}
WRONG_REGION = {
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "301",
}


class StoreError(OSError):
    """An object store that cannot be used: no fault of any file in it. `code` is the store's own word."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class StoreDeniedError(StoreError, PermissionError):
    """A store that does not let us in."""


def status_of(error: Exception) -> tuple[int, str]:
    """HTTP status and the store's code; (0, "") for what is no answer."""
    answer: dict[str, Any] = getattr(error, "response", None) or {}
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return status, str(answer.get("Error", {}).get("Code", ""))


def is_transient(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    import botocore.exceptions as boto
    import urllib3.exceptions

    if isinstance(error, boto.ClientError):
        status, code = status_of(error)
        return status in TRANSIENT_STATUS or code in TRANSIENT_CODES
    if isinstance(error, boto.SSLError):
        return "CERTIFICATE_VERIFY_FAILED" not in str(error)
    connection = (boto.HTTPClientError, boto.IncompleteReadError, boto.ResponseStreamingError, boto.ConnectionError)
    if isinstance(error, (*connection, boto.ConnectionClosedError, boto.ReadTimeoutError)):
        return True
    # An answer that breaks off in the middle of its XML.
    if type(error).__name__ in ("ResponseParserError", "ChecksumError"):
        return True
    return isinstance(
        error, ConnectionError | TimeoutError | http.client.HTTPException | urllib3.exceptions.HTTPError | ShortAnswer
    )


class ShortAnswer(Exception):
    """A body that ended before it was whole."""


def retry_after_seconds(error: Exception) -> float:
    """What the store asks to wait (RFC 9110, Retry-After); 0 where it asks for nothing."""
    answer: dict[str, Any] = getattr(error, "response", None) or {}
    written = str(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", ""))
    return float(written) if written.isdigit() else 0.0


def as_told(error: Exception, uri: str, place: str) -> Exception:
    """The error as a person is told it, with `place` the store's address; itself where it is no answer of a store's."""
    import botocore.exceptions as boto

    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.CredentialRetrievalError):
        return StoreDeniedError(
            f"{uri}: no credentials for {place} ({error}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_PROFILE"
        )
    if isinstance(error, boto.ClientError):
        return _answer(error, uri, place)
    if isinstance(error, boto.BotoCoreError):
        return StoreError(f"{uri}: {place} cannot be asked ({error})")
    return error


def _answer(error: Exception, uri: str, place: str) -> OSError:
    status, code = status_of(error)
    bucket = uri.removeprefix("s3://").split("/", 1)[0]
    if code == "NoSuchBucket":
        return no_bucket(bucket, place)
    if code in WRONG_REGION:
        headers = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = headers.get("x-amz-bucket-region", "another region")
        return StoreError(f"{uri}: bucket {bucket!r} lies in {region}, not where {place} was asked: set AWS_REGION")
    if status == 404 and code != "NoSuchUpload":
        return FileNotFoundError(f"no file at {uri}")
    if code in BAD_CREDENTIALS:
        return StoreDeniedError(
            f"{uri}: {place} does not accept the credentials ({code}): correct AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (or AWS_PROFILE, AWS_SESSION_TOKEN), and check this machine's clock"
        )
    if status == 403:
        return StoreDeniedError(
            f"{uri}: {place} denies access ({code}): the credentials are wrong, or a policy forbids this"
        )
    message = getattr(error, "response", {}).get("Error", {}).get("Message", "")
    return StoreError(f"{uri}: {place} answers {status} {code} {message}".rstrip(), code)


def no_bucket(bucket: str, place: str) -> StoreError:
    """There is none of that name."""
    return StoreError(f"there is no bucket {bucket!r} at {place}: create it, or correct the uri or AWS_ENDPOINT_URL")
