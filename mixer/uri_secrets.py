"""Passwords and signatures in uris: refused, for uris are written into manifests, logs and reports.

Where they belong instead: the environment (AWS_ACCESS_KEY_ID ...), a profile, the machine's role.
"""

import re
from urllib.parse import parse_qsl, urlsplit

# Names of parameters that let their bearer in: signed urls of S3 (versions 4 and 2), Google, Azure and CloudFront, and
# the OAuth 2.0 query parameter (RFC 6750, 2.3).
_SIGNATURES = re.compile(
    r"(?i)x-(amz|goog)-(signature|credential|security-token)|signature|sig|awsaccesskeyid|key-pair-id|access_token"
    r"|(access_?|secret_?|api_?)key|session_?token|auth(orization)?|password|passwd|secret|token"
)


def secret_in(uri: str) -> str | None:
    """What in `uri` looks like a credential, in words that do not repeat it; None when nothing does."""
    if "://" not in uri:
        return None
    try:
        parts = urlsplit(uri)
    except ValueError:  # no such host: whoever opens it says so
        return None
    if "@" in parts.netloc:
        return f"a user or password before the {'bucket' if parts.scheme == 's3' else 'host'}"
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    found = next((name for name in names if _SIGNATURES.fullmatch(name)), None)
    return f"the parameter {found!r}, which is a credential" if found else None


def without_secrets(uri: str) -> str:
    """`uri` as it may be shown: nothing before the host, no parameters."""
    if secret_in(uri) is None:
        return uri
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
