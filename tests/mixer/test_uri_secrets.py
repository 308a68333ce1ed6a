import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.uri_secrets import secret_in, without_secrets

HIDDEN = "wJalrXUtnFEMI"  # pragma: allowlist secret


@pytest.mark.parametrize(
    "uri",
    [
        f"https://anna:{HIDDEN}@example.org/pages.warc.gz",
        f"https://{HIDDEN}@github.com/owner/name.git",
        f"s3://AKIA:{HIDDEN}@bucket/key.parquet",
        f"https://bucket.s3.amazonaws.com/k.gz?X-Amz-Algorithm=AWS4&X-Amz-Signature={HIDDEN}",
        f"https://storage.googleapis.com/b/k?X-Goog-Credential={HIDDEN}",
        f"https://account.blob.core.windows.net/c/k?sv=2024&sig={HIDDEN}",
        f"https://cdn.example.org/k?Expires=1&Signature={HIDDEN}&Key-Pair-Id=K",
        f"https://example.org/k?access_token={HIDDEN}",
        f"s3://bucket/key?region=eu-west-1&secret_key={HIDDEN}",
    ],
)
def test_credentials_are_seen_and_never_said(uri: str) -> None:
    found = secret_in(uri)
    assert found is not None
    assert HIDDEN not in found
    assert HIDDEN not in without_secrets(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/key with spaces/a@b.parquet",
        "s3://bucket/key?region=eu-west-1&endpoint_override=http%3A%2F%2Flocalhost%3A9000",
        "https://data.commoncrawl.org/crawl-data/CC-MAIN-2026-05/warc.paths.gz",
        "https://example.org/search?q=token+economy&page=2",
        "/data/anna:secret@home/pages.warc.gz",
        "environment",
        "https://[not-an-address/x",
    ],
)
def test_others_are_left_as_they_are(uri: str) -> None:
    assert secret_in(uri) is None
    assert without_secrets(uri) == uri


@given(st.text(max_size=60), st.sampled_from(["", "s3://", "https://", "file:///"]))
def test_any_text_is_answered(text: str, scheme: str) -> None:
    shown = without_secrets(scheme + text)
    assert secret_in(scheme + text) is None or "@" not in shown.partition("://")[2].partition("/")[0]
