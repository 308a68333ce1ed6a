"""Make top_level_domains.txt: `python -m quality.pii.make_top_level_domains FILE`, a public suffix list.

The list is the one of https://publicsuffix.org; tldextract and others ship it. Kept are the names of one label in its
ICANN part, which are IANA's delegated top-level domains.
"""

import sys
from pathlib import Path

END_OF_ICANN = "===END ICANN DOMAINS==="


def top_level_domains(public_suffixes: str) -> list[str]:
    """Every last label of the ICANN part, sorted."""
    icann = public_suffixes.split(END_OF_ICANN)[0]
    lines = (line.strip() for line in icann.splitlines())
    return sorted({line.lstrip("!*.").rsplit(".", 1)[-1] for line in lines if line and not line.startswith("//")})


def main() -> None:
    """Write the list beside this file."""
    names = top_level_domains(Path(sys.argv[1]).read_text("utf-8"))
    Path(__file__).with_name("top_level_domains.txt").write_text("\n".join(names) + "\n", "utf-8")


if __name__ == "__main__":
    main()
