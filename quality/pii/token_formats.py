"""The forms of access tokens that can be told by how they begin, as a table that kernels look up.

Prefixes and lengths are those of gitleaks 8 (config/gitleaks.toml) and detect-secrets 1.5, of formats whose prefix
tells the issuer. Access key ids and tokens of test modes are keys as well: they come with the secret or look like it.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quality.pii.bytes import ALPHANUMERIC, BASE64URL, HEX, LETTER


class TokenFormat(NamedTuple):
    """A prefix, and the bytes that follow it: of which classes and how many."""

    kind: str
    prefix: str
    classes: int
    min_bytes: int
    max_bytes: int


LONG = 1000

TOKEN_FORMATS = (
    TokenFormat("adobe", "p8e-", ALPHANUMERIC, 32, 32),
    TokenFormat("age", "AGE-SECRET-KEY-1", ALPHANUMERIC, 58, 58),
    TokenFormat("alibaba", "LTAI", ALPHANUMERIC, 20, 20),
    TokenFormat("anthropic", "sk-ant-", BASE64URL, 80, 120),
    TokenFormat("artifactory", "AKCp", ALPHANUMERIC, 69, 69),
    TokenFormat("atlassian", "ATATT3", BASE64URL, 150, 250),
    TokenFormat("aws_access_key", "AKIA", ALPHANUMERIC, 16, 16),
    TokenFormat("aws_access_key", "ASIA", ALPHANUMERIC, 16, 16),
    TokenFormat("databricks", "dapi", HEX, 32, 32),
    TokenFormat("digitalocean", "doo_v1_", HEX, 64, 64),
    TokenFormat("digitalocean", "dop_v1_", HEX, 64, 64),
    TokenFormat("digitalocean", "dor_v1_", HEX, 64, 64),
    TokenFormat("docker", "dckr_pat_", BASE64URL, 27, 27),
    TokenFormat("github", "ghp_", ALPHANUMERIC, 36, 36),
    TokenFormat("github", "gho_", ALPHANUMERIC, 36, 36),
    TokenFormat("github", "ghu_", ALPHANUMERIC, 36, 36),
    TokenFormat("github", "ghs_", ALPHANUMERIC, 36, 36),
    TokenFormat("github", "ghr_", ALPHANUMERIC, 36, 76),
    TokenFormat("github", "github_pat_", BASE64URL, 82, 82),
    TokenFormat("gitlab", "glpat-", BASE64URL, 20, 300),
    TokenFormat("gitlab", "gldt-", BASE64URL, 20, 20),
    TokenFormat("gitlab", "glrt-", BASE64URL, 20, 300),
    TokenFormat("gitlab", "glptt-", HEX, 40, 40),
    TokenFormat("google", "AIza", BASE64URL, 35, 35),
    TokenFormat("google", "GOCSPX-", BASE64URL, 28, 28),
    TokenFormat("google", "ya29.a0", BASE64URL, 28, LONG),
    TokenFormat("grafana", "glsa_", BASE64URL, 41, 41),
    TokenFormat("hashicorp", "hvs.", BASE64URL, 90, 120),
    TokenFormat("heroku", "HRKU-AA", BASE64URL, 58, 58),
    TokenFormat("huggingface", "hf_", LETTER, 34, 34),
    TokenFormat("huggingface", "api_org_", LETTER, 34, 34),
    TokenFormat("linear", "lin_api_", ALPHANUMERIC, 40, 40),
    TokenFormat("notion", "ntn_", ALPHANUMERIC, 46, 46),
    TokenFormat("npm", "npm_", ALPHANUMERIC, 36, 36),
    TokenFormat("openai", "sk-proj-", BASE64URL, 40, 200),
    TokenFormat("openai", "sk-svcacct-", BASE64URL, 40, 200),
    TokenFormat("openai", "sk-admin-", BASE64URL, 40, 200),
    TokenFormat("openai", "sk-", ALPHANUMERIC, 48, 48),
    TokenFormat("perplexity", "pplx-", ALPHANUMERIC, 48, 48),
    TokenFormat("planetscale", "pscale_tkn_", BASE64URL, 32, 64),
    TokenFormat("pulumi", "pul-", HEX, 40, 40),
    TokenFormat("pypi", "pypi-AgEIcHlwaS5vcmc", BASE64URL, 50, LONG),
    TokenFormat("rubygems", "rubygems_", HEX, 48, 48),
    TokenFormat("sendgrid", "SG.", BASE64URL, 22, 22),  # the second part is read by the kernel
    TokenFormat("sendinblue", "xkeysib-", BASE64URL, 81, 81),
    TokenFormat("shopify", "shpat_", HEX, 32, 32),
    TokenFormat("shopify", "shpca_", HEX, 32, 32),
    TokenFormat("shopify", "shppa_", HEX, 32, 32),
    TokenFormat("shopify", "shpss_", HEX, 32, 32),
    TokenFormat("slack", "xoxa-", BASE64URL, 20, 250),
    TokenFormat("slack", "xoxb-", BASE64URL, 20, 250),
    TokenFormat("slack", "xoxp-", BASE64URL, 20, 250),
    TokenFormat("slack", "xoxr-", BASE64URL, 20, 250),
    TokenFormat("slack", "xoxs-", BASE64URL, 20, 250),
    TokenFormat("slack", "xapp-", BASE64URL, 30, 250),
    TokenFormat("square", "sq0atp-", BASE64URL, 22, 60),
    TokenFormat("square", "sq0csp-", BASE64URL, 43, 43),
    TokenFormat("stripe", "sk_live_", ALPHANUMERIC, 16, 250),
    TokenFormat("stripe", "rk_live_", ALPHANUMERIC, 16, 250),
    TokenFormat("stripe", "sk_test_", ALPHANUMERIC, 16, 250),
    TokenFormat("stripe", "rk_test_", ALPHANUMERIC, 16, 250),
    TokenFormat("twilio", "SK", HEX, 32, 32),
)


class TokenTable(NamedTuple):
    """TOKEN_FORMATS as arrays; prefixes with the same last two bytes are a group: g is rows groups[g]:groups[g + 1]."""

    prefixes: npt.NDArray[np.uint8]
    prefix_offsets: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    min_bytes: npt.NDArray[np.int64]
    max_bytes: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int64]  # number in TOKEN_KINDS
    groups: npt.NDArray[np.int64]


TOKEN_KINDS = tuple(sorted({form.kind for form in TOKEN_FORMATS}))


@cache
def token_table() -> tuple[TokenTable, tuple[bytes, ...]]:
    """The table, and of each group the two bytes that its prefixes end in."""
    forms = sorted(TOKEN_FORMATS, key=lambda form: (form.prefix[-2:], -len(form.prefix)))
    pairs = sorted({form.prefix[-2:].encode() for form in forms})
    endings = [form.prefix[-2:].encode() for form in forms]
    table = TokenTable(
        np.frombuffer("".join(form.prefix for form in forms).encode(), np.uint8),
        np.cumsum([0, *(len(form.prefix) for form in forms)]).astype(np.int64),
        np.array([form.classes for form in forms], np.int64),
        np.array([form.min_bytes for form in forms], np.int64),
        np.array([form.max_bytes for form in forms], np.int64),
        np.array([TOKEN_KINDS.index(form.kind) for form in forms], np.int64),
        np.array([*(endings.index(pair) for pair in pairs), len(forms)], np.int64),
    )
    return table, tuple(pairs)
