import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction import HIDDEN, one_line, plain_values, redacted, without_credentials

KEY = "AKIAIOSFODNN7EXAMPLE"  # the example of AWS's documentation
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION = "FwoGZXIvYXdzEBYaDHhBTEXAMPLE//////////wEaDM3"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": SESSION,
    "GITHUB_TOKEN": "a-token-of-no-known-form",
    "DB_PASSWORD": 'quote"back\\slash',
    "MY_API_KEY": "short",
    "PEM_PRIVATE_KEY": "first-line-of-it\nsecond-line-of-it",
    "HOME": "/home/somebody",
    "TOKENIZERS_PARALLELISM": "false",
    "SSH_PRIVATE_KEY_PATH": "/home/somebody/.ssh/id",
}

HOSTILE = [
    ("by value", f"signing with {SECRET} failed", SECRET),
    ("inside a word", f"x{SECRET}y", SECRET),
    ("quoted for a url", f"https://one.example/?a={quote(SECRET, safe='')}", quote(SECRET, safe="")),
    (
        "escaped for JSON",
        json.dumps({"error": f"login {ENVIRONMENT['DB_PASSWORD']}"}),
        json.dumps(ENVIRONMENT["DB_PASSWORD"])[1:-1],
    ),
    ("a line of several", "cannot parse second-line-of-it", "second-line-of-it"),
    ("session token", f"token {SESSION}", SESSION),
    ("no known form", "said a-token-of-no-known-form twice: a-token-of-no-known-form", "a-token-of-no-known-form"),
]

FORMS = [
    ("user and password", "clone https://user:hunter2@git.example/x.git failed", "hunter2"),
    ("a token as user", "clone https://ghs16C7e42F292c6912E7@git.example/x", "ghs16C7e42F292c6912E7"),
    ("a password with @", "https://user:p@ss@word@host.example/", "p@ss@word"),
    ("Arrow's form", f"cannot open s3://{KEY}:{SECRET}@bucket/key", SECRET),
    ("no scheme's slash", "redis://:hunter2@cache:6379/0", "hunter2"),
    (
        "presigned",
        "GET https://b.s3.amazonaws.com/k?X-Amz-Credential=ASIA%2F1&X-Amz-Signature=fe5f80f77d5f",
        "fe5f80f77d5f",
    ),
    ("presigned, lower case", "https://b/k?a=1&x-amz-signature=fe5f80f77d5f&b=2", "fe5f80f77d5f"),
    ("security token", "https://b/k?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE&a=1", "IQoJb3JpZ2luX2VjEXAMPLE"),
    ("Azure", "https://a.blob.core.windows.net/c?sv=2022&sig=c2lnbmF0dXJl%3D&se=1", "c2lnbmF0dXJl"),
    ("Google", "https://storage.googleapis.com/b?X-Goog-Signature=247a2aa45f16", "247a2aa45f16"),
    ("inside another url", "https://proxy/?u=https%3A%2F%2Fb%3FX-Amz-Signature%3Dfe5f80f77d5f%26a%3D1", "fe5f80f77d5f"),
    ("in HTML", "https://b/k?a=1&amp;X-Amz-Signature=fe5f80f77d5f", "fe5f80f77d5f"),
    ("bearer", "Authorization: Bearer abc.def-ghi_jkl0123456", "abc.def-ghi_jkl0123456"),
    ("basic", "authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
    ("a header as JSON", '{"Authorization": "token abcdef0123456789"}', "abcdef0123456789"),
    (
        "AWS's header",
        f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/s3/aws4_request, Signature=fe5f80f7",
        "fe5f80f7",
    ),
    ("Hadoop's setting", f"spark.hadoop.fs.s3a.secret.key={SECRET}", SECRET),
    ("Hadoop's other", f"--conf spark.hadoop.fs.s3a.access.key={KEY}", KEY),
    ("an option", "mixdown complete --api-key abcdef0123456789 --json", "abcdef0123456789"),
    ("an option with =", "mixdown x --token=abcdef0123456789", "abcdef0123456789"),
    ("repr of a dict", "{'aws_secret_access_key': 'abc/def+ghi', 'region': 'x'}", "abc/def+ghi"),
    ("JSON with quotes", '{"secret_key": "abc\\"def", "region": "x"}', 'abc\\"def'),
    ("YAML", "password: hunter2\nregion: x", "hunter2"),
    ("environment", f"AWS_SECRET_ACCESS_KEY={SECRET} mixdown build", SECRET),
    ("a key alone", f"The AWS Access Key Id {KEY} does not exist", KEY),
    ("XML", f"<AWSAccessKeyId>{KEY}</AWSAccessKeyId>", KEY),
    ("GitHub", f"ghp_{'a1' * 18}", "a1a1a1"),
    ("Hugging Face", f"hf_{'Ab' * 17}", "AbAbAb"),
    ("JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "dozjgNryP4J3"),
    ("PEM", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA"),
    ("PEM, cut off", "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA", "MIIEpAIBAAKCAQEA"),
]

PLAIN = [
    "ingest     14 tasks          56.2 s   6,769 in, 4,265 out, 2,247 rejected, 35.9 MB of text",
    "tokenize   8 tasks   4,023 in, 4,023 out, 8,199,240 tokens",
    "s3://bucket/lake/stages/ingest/pages/ddd66452320debdd127e1aa8/part-00000.parquet is missing",
    "no document goes by owner/name@0123456789abcdef0123456789abcdef01234567:src/main.py",
    "torch==2.9:torch/nn/modules/linear.py",
    "mailto:somebody@one.example and git@github.com:owner/name.git",
    "the vocabulary has 100,307 ids; the end-of-text token is <|endoftext|>",
    "https://one.example/search?q=tokens&page=2#signature",
    "code share 0.5000; error: the worst of a phase, in sequences of 512 tokens",
    "rm -r /lake/mixtures/demo/13a6e0efa8f2c96f4d913512 && mixdown build recipe.yaml --lake /lake",
]


@pytest.mark.parametrize(("text", "secret"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_the_environments_secrets_are_taken_out(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redacted(text, ENVIRONMENT)


@pytest.mark.parametrize(("text", "secret"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_what_looks_like_a_credential_is_taken_out(text: str, secret: str) -> None:
    assert secret in text
    found = redacted(text, {})
    assert secret not in found
    assert HIDDEN in found
    assert redacted(found, {}) == found


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redacted(text, {}) == text


def test_names_and_short_values_are_no_secrets() -> None:
    text = "short false /home/somebody /home/somebody/.ssh/id MY_API_KEY"
    assert redacted(text, ENVIRONMENT) == text


def test_the_rest_of_a_message_stays() -> None:
    url = "cannot read https://user:hunter2@git.example/path/x.git?depth=1&sig=abc&b=2: not found"
    expected = f"cannot read https://{HIDDEN}@git.example/path/x.git?depth=1&sig={HIDDEN}&b=2: not found"
    assert redacted(url, {}) == expected


@given(st.text(min_size=8).filter(lambda text: text.strip() == text and len(text.split()) == 1), st.text(), st.text())
def test_whatever_a_secret_is_and_wherever_it_stands(secret: str, before: str, after: str) -> None:
    found = redacted(f"{before} {secret} {after}", {"SOME_SECRET": secret})
    assert secret not in found or secret in HIDDEN or secret in before or secret in after


@given(st.text())
def test_it_never_fails_and_is_done_after_one_pass(text: str) -> None:
    once = without_credentials(text)
    assert without_credentials(once) == once


def test_values_are_redacted_wherever_they_stand_and_keys_stay() -> None:
    asked = {"uri": ["s3://KEYKEYKEYKEYKEY12:abc@bucket"], "token": 3, "n": None, "deep": [{"a": "https://t@h/"}]}
    expected = {"uri": [f"s3://{HIDDEN}@bucket"], "token": 3, "n": None, "deep": [{"a": f"https://{HIDDEN}@h/"}]}
    assert plain_values(asked) == expected


def test_long_errors_are_one_line() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert len(one_line("x" * 1000)) == 500


def test_time_is_linear_in_hostile_text() -> None:
    """No form goes back over it: seconds here, where one that did would take hours."""
    starts = (
        "https://",
        "a.",
        "a" * 40 + "://",
        "token=",
        '"secret": "\\',
        "?sig",
        "?a_",
        "eyJaaaaaaaaa-",
        "%3Fsig%3D",
    )
    for start in (*starts, "s3://AKIAAKIAAKIAAKIA:", "-----BEGIN PRIVATE KEY-----", "Bearer ", "-_", "key."):
        assert len(without_credentials(start * (300_000 // len(start)))) > 0


@pytest.mark.parametrize("trace", ["", "1"])
def test_no_message_of_the_command_line_shows_a_credential(tmp_path: Path, trace: str) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: x\nsources: [{name: a, kind: jsonl, uri: 'https://127.0.0.1:9/hunter2hunter2/x.jsonl'}]\n"
        "phases: [{name: main, budget_tokens: 100, weights: {a: 1}}]\n",
        encoding="utf-8",
    )
    process = subprocess.run(
        [Path(sys.executable).parent / "mixdown", "build", str(recipe), "--lake", str(tmp_path / "lake")],
        env={
            "PATH": "/usr/bin:/bin",
            "MIXDOWN_TRACE": trace,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "MIRROR_TOKEN": "hunter2hunter2",  # pragma: allowlist secret
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == (1 if trace else 2), process
    assert "127.0.0.1" in process.stderr
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert len(written) == 2  # the run's record and its log
    for text in (process.stdout, process.stderr, *written):
        assert "hunter2" not in text
