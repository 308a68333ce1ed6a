"""Notebooks to be fuzzed: three versions of nbformat, both forms."""

from pipelines.sources.notebooks import SOURCE
from tests.pipelines.sources.fuzzing.cases import Fuzzed, file_reader
from tests.pipelines.sources.notebook_files import TIDES, code, notebook, old_notebook, result, stream, text


def samples() -> list[bytes]:
    """Notebooks with every kind of cell and output."""
    traceback = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0;31mE\x1b[0m", "v"]}
    outputs = (stream("1%\r2%\n"), result(text_plain="ë", text_html="<b>"), result(image_png="aGVs"), traceback)
    kernel = {"name": "julia-1.6", "language": "julia"}
    rich = notebook(
        text("![a](data:image/png;base64,aGVs)\n\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")),
        code("%pylab\n!ls\nx = 1", *outputs),
        text("raw", "raw"),
        code(["y = 2\n", "%%bash"], *outputs),
        kernelspec=kernel,
    )
    return [TIDES, rich, old_notebook(2), old_notebook(3)]


CASES = {
    "notebooks": Fuzzed("notebooks", samples, file_reader(SOURCE, "a.ipynb")),
    "notebook_scripts": Fuzzed("notebook_scripts", samples, file_reader(SOURCE, "a.ipynb", {"form": "script"})),
}
