"""Paths of files that nobody wrote for this repository: copies of others' code, and products of tools.

Told by patterns after github-linguist's `vendor.yml` and `generated.rb`, of which only those are taken that mean a copy
or a product: linguist also hides fixtures, documentation and settings from its statistics, which people do write.
"""

import pyarrow as pa
import pyarrow.compute as pc

_FOLDER = r"(?:^|/)(?:{})/"
_FILE = r"(?:^|/)(?:{})$"

# All in lower case: paths are lowered first. RE2 takes time in proportion to the path.
VENDORED_FOLDERS = (
    r"node_modules",
    r"bower_components",
    r"jspm_packages",
    r"[^/]*(?:3rd|third)[-_]?party",
    r"_?vendor(?:s|ed|ized)?",
    r"extern(?:als?)?",
    r"godeps/_workspace",
    r"carthage",
    r"pods",
    r"site-packages|dist-packages",
    r"v?env",
    r"dist",
    r"\.yarn/(?:releases|plugins|sdks|versions|unplugged)",
    r"gradle/wrapper|\.mvn/wrapper",
    r"mathjax",
    r"extjs",
    r"ace-builds",
    r"bootstrap-datepicker",
    r"tiny_mce",
    r"admin_media",
    r"packages/[^/]+\.\d+",
    r"xvba_modules",
)
VENDORED_TOP_FOLDERS = (r"deps", r"dependencies", r"debian")
VENDORED_FILES = (
    r"configure|config\.guess|config\.sub|aclocal\.m4|libtool\.m4|lt(?:options|sugar|version)\.m4|lt~obsolete\.m4|waf|ltmain\.sh",
    r"gradlew(?:\.bat)?|mvnw(?:\.cmd)?|activator(?:\.bat)?|dotnet-install\.(?:ps1|sh)|cpplint\.py|erlang\.mk",
    r"bootstrap(?:[-.][^/]*)?\.(?:js|css|less|scss|styl)",
    r"(?:font-?awesome|foundation|normalize|skeleton|animate|materialize|bulma)(?:\.[^/]*)?\.(?:css|less|s[ac]ss|styl|js)",
    r"jquery(?:[-.][^/]*)?\.(?:js|css)",
    r"(?:angular|modernizr|mootools|prototype|cordova|html5shiv|knockout|react|yui|ckeditor|d3|chart|dojo|mochikit)(?:-[^/]*)?\.js",
)

GENERATED_FOLDERS = (r"\.idea", r"htmlcov", r"__generated__")
GENERATED_FILES = (
    r"package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|\.pnp\.[^/]*",
    r"composer\.lock|cargo\.lock|cargo\.toml\.orig|poetry\.lock|pdm\.lock|uv\.lock|pixi\.lock|pipfile\.lock|flake\.lock|gopkg\.lock",
    r"glide\.lock|module\.bazel\.lock|package\.resolved|\.terraform\.lock\.hcl|gemfile\.lock|go\.sum|\.secrets\.baseline",
    r"[^/]+[.-]min\.(?:js|css|mjs)|[^/]+\.(?:js|css|mjs)\.map|[^/]+[.-]bundle\.js",
    r"[^/]+\.designer\.(?:cs|vb)|[^/]+\.feature\.cs|[^/]+\.g(?:\.i)?\.cs",
    r"[^/]+_pb2(?:_grpc)?\.pyi?|[^/]+\.pb\.(?:go|h|cc|c|swift)|[^/]+\.pb\.gw\.go|[^/]+_pb\.(?:js|ts|rb)|[^/]+_pb\.d\.ts",
    r"[^/]+\.(?:g|freezed|mocks|pb|pbenum|pbjson|pbserver|pbgrpc)\.dart|[^/]+\.zep\.(?:c|h|php)|[^/]+\.xcworkspacedata",
    r"(?:julia)?manifest(?:-v[\d.]+)?\.toml",
)

# Files of the language Text that belong to code [StarCoder2, "language-specific filters"; OpenCoder takes the same].
CODE_TEXT_FILES = (r"[^/]*requirement[^/]*", r"(?:readme|notes|todo|description|cmakelists)(?:\.[^/]*)?")

_VENDORED = "|".join(
    [
        _FOLDER.format("|".join(VENDORED_FOLDERS)),
        rf"^(?:{'|'.join(VENDORED_TOP_FOLDERS)})/",
        _FILE.format("|".join(VENDORED_FILES)),
    ]
)
_GENERATED = "|".join([_FOLDER.format("|".join(GENERATED_FOLDERS)), _FILE.format("|".join(GENERATED_FILES))])


def is_vendored(paths: pa.StringArray) -> pa.BooleanArray:
    """Whether each path is that of a copy of others' code; null for a null."""
    return pc.match_substring_regex(pc.utf8_lower(paths), _VENDORED)


def is_generated_name(paths: pa.StringArray) -> pa.BooleanArray:
    """Whether each path is that of a tool's product: a lock file, compiled protocols; null for a null."""
    return pc.match_substring_regex(pc.utf8_lower(paths), _GENERATED)


def has_text_name(paths: pa.StringArray) -> pa.BooleanArray:
    """Whether each path's name is that of a text beside code: a readme, notes, requirements; null for a null."""
    return pc.match_substring_regex(pc.utf8_lower(paths), _FILE.format("|".join(CODE_TEXT_FILES)))
