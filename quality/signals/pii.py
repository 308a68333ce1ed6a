"""PII: email addresses, public IP addresses, telephone numbers and keys, counted and replaced."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from quality.edits import EDIT, EDIT_KINDS
from quality.pii.find import ASSIGNED_SECRET, EMAIL, IP, KEY, KEY_KINDS, PHONE, PRIVATE_KEY, URL_PASSWORD, find_all
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

PII_SCHEMA = pa.schema(
    [
        ("n_emails", pa.int64()),
        ("n_ips", pa.int64()),  # public addresses, v4 and v6
        ("n_phone_numbers", pa.int64()),
        ("pii_share", pa.float64()),  # bytes of the three / all bytes
        ("n_keys", pa.int64()),  # the four below
        ("n_private_keys", pa.int64()),  # in text armour
        ("n_access_tokens", pa.int64()),  # that begin as their issuer makes them
        ("n_assigned_secrets", pa.int64()),  # random values of names such as api_key
        ("n_url_passwords", pa.int64()),  # scheme://user:password@host
        ("secret_kinds", pa.list_(pa.string())),  # of the keys: see KEY_KINDS; empty: there are none
    ]
)

PiiKind = Literal["email", "ip", "phone", "key"]


class PiiSettings(GroupSettings):
    """Settings of the group `pii`."""

    replace: tuple[PiiKind, ...] = Field(
        ("email", "ip", "phone", "key"), description="What is replaced by its placeholder; all four are counted anyway."
    )


def measure(documents: Documents, settings: PiiSettings) -> Measured:
    """PII_SCHEMA for every document, and an edit for every finding of the kinds in `replace`.

    A document with a path or a programming language is code.
    """
    data, offsets = documents.buffers
    is_code = np.asarray(documents.path.is_valid()) | np.asarray(documents.language_hint.is_valid())
    findings = find_all(data, offsets, is_code)
    columns = _columns(findings, np.diff(offsets))
    replaced = [EDIT_KINDS.index(kind) for kind in settings.replace]
    edits = findings[np.isin(findings["kind"], replaced)][list(EDIT.names or ())].astype(EDIT)
    return Measured({field.name: pa.array(columns[field.name], field.type) for field in PII_SCHEMA}, edits)


def _columns(findings: npt.NDArray[Any], n_bytes: npt.NDArray[np.int64]) -> dict[str, Any]:
    def count(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(findings["document"][chosen], minlength=len(n_bytes))

    kind, key = findings["kind"], findings["key"]
    is_key = kind == KEY
    sizes = np.where(is_key, 0, findings["end_bytes"] - findings["start_bytes"])
    pii_bytes = np.bincount(findings["document"], sizes, len(n_bytes))
    special = {PRIVATE_KEY: "n_private_keys", ASSIGNED_SECRET: "n_assigned_secrets", URL_PASSWORD: "n_url_passwords"}
    return {
        "n_emails": count(kind == EMAIL),
        "n_ips": count(kind == IP),
        "n_phone_numbers": count(kind == PHONE),
        "pii_share": np.divide(pii_bytes, n_bytes, out=np.zeros(len(n_bytes)), where=n_bytes > 0),
        "n_keys": count(is_key),
        "n_access_tokens": count(is_key & ~np.isin(key, list(special))),
        **{name: count(is_key & (key == number)) for number, name in special.items()},
        "secret_kinds": _secret_kinds(findings[is_key], len(n_bytes)),
    }


def _secret_kinds(keys: npt.NDArray[Any], n_documents: int) -> pa.ListArray:
    """Of each document, the kinds of its keys, each once, in the order of their names."""
    names = np.array(KEY_KINDS)
    pairs = sorted({(document, str(names[key])) for document, key in zip(keys["document"], keys["key"], strict=True)})
    counts = np.bincount(np.array([document for document, _ in pairs], np.int64), minlength=n_documents)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array([name for _, name in pairs], pa.string()))


SIGNALS = SignalGroup(
    name="pii",
    meaning="Email addresses, public IP addresses, telephone numbers and keys, and their replacement by placeholders.",
    schema=PII_SCHEMA,
    settings=PiiSettings,
    measured_for=frozenset({"text", "code"}),
    measure=measure,
    version=2,
)
