"""Licences from texts, headers and classifiers; languages from names."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers.languages import check_languages, language_of
from pipelines.readers.licenses import all_of, is_license_file, spdx_header, spdx_of_classifiers, spdx_of_text

ROOT = Path(__file__).parents[3]
MIT = """The MIT License
Permission is hereby granted, free of charge, to any person obtaining a copy of this software, to deal in it
without restriction. The above copyright notice and this permission notice shall be included in all copies."""
BSD = "Redistribution and use in source and binary forms, with or without modification, are permitted"
ISC = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is granted"


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        (MIT, "MIT"),
        (MIT.replace(" and this permission notice", ""), "MIT-0"),
        (MIT.replace("any person obtaining", "any person or organization\nobtaining"), "BSL-1.0"),
        (BSD, "BSD-2-Clause"),
        (BSD + "\n * used to endorse or promote products", "BSD-3-Clause"),
        (BSD + "\n 3. All advertising materials mentioning features", "BSD-4-Clause"),
        (ISC, "0BSD"),
        (ISC + ", provided that the above copyright notice appears", "ISC"),
        ("Apache License\n   Version 2.0, January 2004", "Apache-2.0"),
        ("# Mozilla Public License Version 2.0", "MPL-2.0"),
        ("GNU GENERAL PUBLIC LICENSE\n Version 2, June 1991", "GPL-2.0-only"),
        ("GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007 ... GNU Affero General Public", "GPL-3.0-only"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", "AGPL-3.0-only"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1, February 1999", "LGPL-2.1-only"),
        ("This is free and unencumbered software released into the public domain.", "Unlicense"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "PSF-2.0"),
        ("The origin of this software must not be misrepresented;", "Zlib"),
        (MIT + "\nThe Software shall be used for Good, not Evil.", None),
        ('"Commons Clause" License Condition v1.0 ' + MIT, None),
        ("Business Source License 1.1", "BUSL-1.1"),
        ("Eclipse Public License - v 2.0", "EPL-2.0"),
        ("Creative Commons Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0"),
        ("By obtaining, using, and/or copying this software and/or its associated documentation, you agree", "MIT-CMU"),
        ("All rights reserved.", None),
        ("", None),
    ],
)
def test_a_text_is_recognised_by_its_own_phrases(text: str, spdx: str | None) -> None:
    assert spdx_of_text(text) == spdx


def test_the_first_licence_is_the_texts_own() -> None:
    assert spdx_of_text(BSD + "\n\nBundled parts:\n" + MIT) == "BSD-2-Clause"


def test_this_projects_own_licence_is_recognised() -> None:
    assert spdx_of_text((ROOT / "LICENSE").read_text()) == "Apache-2.0"


@pytest.mark.parametrize(
    ("header", "spdx"),
    [
        ("# SPDX-License-Identifier: MIT", "MIT"),
        ("/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */", "(GPL-2.0-only OR MIT)"),
        ("<!-- SPDX-License-Identifier: Apache-2.0 -->", "Apache-2.0"),
        ("// SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note", "GPL-2.0 WITH Linux-syscall-note"),
        ("# SPDX-License-Identifier: MIT, see LICENSE", "MIT"),
        ("# SPDX-License-Identifier: MIT AND", "MIT"),
        ("# SPDX-License-Identifier: (MIT", None),
        ("# SPDX-License-Identifier: NOASSERTION", None),
        ("# SPDX-License-Identifier:", None),
        ("\n" * 19 + "# SPDX-License-Identifier: MIT", "MIT"),
        ("\n" * 20 + "# SPDX-License-Identifier: MIT", None),
    ],
)
def test_a_header_gives_its_expression(header: str, spdx: str | None) -> None:
    assert spdx_header(header + "\ncode()\n") == spdx


@given(st.text(alphabet="SPDX-License-Identifier: ()MITANDORWTH\n", max_size=200))
@settings(max_examples=100)
def test_any_header_gives_balanced_parentheses_or_none(text: str) -> None:
    found = spdx_header("SPDX-License-Identifier: " + text)
    assert found is None or (found.count("(") == found.count(")") and found.strip() == found)


def test_classifiers_give_every_licence_or_none() -> None:
    mit = "License :: OSI Approved :: MIT License"
    apache = "License :: OSI Approved :: Apache Software License"
    assert spdx_of_classifiers(["Topic :: Internet", mit, apache]) == "Apache-2.0 AND MIT"
    assert spdx_of_classifiers(["License :: OSI Approved", mit]) == "MIT"
    assert spdx_of_classifiers([mit, "License :: Other/Proprietary License"]) is None
    assert spdx_of_classifiers(["Topic :: Internet"]) is None
    assert all_of([]) is None


def test_which_files_are_licences() -> None:
    yes = [b"LICENSE", b"LICENCE.md", b"COPYING", b"COPYING.LESSER", b"license-mit", b"LICENSE_APACHE", b"UNLICENSE"]
    no = [b"license.py", b"LICENSES.third-party", b"LICENSE.thirdparty", b"relicense.txt", b"copyings", b"NOTICE"]
    assert all(is_license_file(name) for name in yes)
    assert not any(is_license_file(name) for name in no)


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a/b.py", "Python"),
        ("A.JS", "JavaScript"),
        ("Makefile", "Makefile"),
        ("docker/Dockerfile", "Dockerfile"),
        ("CMakeLists.txt", "CMake"),
        ("notes.txt", "Text"),
        ("a.py/picture.png", None),
        (".py", None),
        ("py", None),
    ],
)
def test_a_name_tells_its_language(path: str, language: str | None) -> None:
    assert language_of(path) == language


def test_an_unknown_language_is_named_with_those_known() -> None:
    check_languages(frozenset({"Python", "Dockerfile"}))
    with pytest.raises(ValueError, match=r"Pyton.*Python"):
        check_languages(frozenset({"Pyton"}))


LGPL_NOTICE = """######################## BEGIN LICENSE BLOCK ########################
# The Original Code is an invented detector.
#
# This library is free software; you can redistribute it and/or
# modify it under the terms of the GNU Lesser General Public
# License as published by the Free Software Foundation; either
# version 2.1 of the License, or (at your option) any later version.
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LGPL_NOTICE, "LGPL-2.1-or-later"),
        ("/* Licensed under the GNU General Public License version 3 */", "GPL-3.0-or-later"),
        ("// under the terms of the GNU General Public License.\n", "GPL-2.0-or-later"),
        (" * under the terms of the GNU Affero General Public License\n", "AGPL-3.0-or-later"),
        ("# subject to the terms of the Mozilla Public\n# License, v. 2.0.\n", "MPL-2.0"),
        ("# SPDX-License-Identifier: MIT\n" + LGPL_NOTICE, "MIT"),
        ("# Licensed under the Apache License,\n# Version 2.0 (the License)\n", "Apache-2.0"),
        ("# This source code is licensed under the MIT license found in the\n# LICENSE file\n", "MIT"),
        ("/*\n" + MIT.replace("\n", "\n * ") + "*/\n", "MIT"),
        ("// Confidential and proprietary. All rights reserved.\n", "LicenseRef-Proprietary"),
        (
            "// Unauthorized copying of this file, via any medium, is prohibited\n" + LGPL_NOTICE,
            "LicenseRef-Proprietary",
        ),
        ("# Copyright somebody. All rights reserved.\n", None),
        ("\n" * 41 + LGPL_NOTICE, None),
        ("# reads the GNU General Public License and the MIT licence\n", None),
    ],
)
def test_a_copyleft_notice_in_the_head_counts(text: str, expected: str | None) -> None:
    assert spdx_header(text) == expected
