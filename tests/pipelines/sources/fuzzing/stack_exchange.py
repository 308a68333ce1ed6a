"""StackExchange dumps to be fuzzed: plain and compressed."""

import gzip

from pipelines.sources.stack_exchange import SOURCE
from tests.pipelines.sources.fuzzing.cases import Fuzzed, file_reader
from tests.pipelines.sources.stack_exchange_posts import answer, dump, question, row, thread

BODY = (
    '<p>a <b>b</b> &lt; c<br>d</p><ul><li>e<ol><li><p>f</p></li></ol></li></ul><pre class="lang-py"><code>g\n</code></pre>'
    "<blockquote><h2>h</h2><table><tr><td>i|j</td></tr></table></blockquote><!-- k --><hr>&#955;<code>`</code>"
)


def samples() -> list[bytes]:
    """Threads in order and mixed, other posts, an orphan, bodies with every tag."""
    plain = dump(*thread(20), row(Id=1, PostTypeId=5, Body="tag"), answer(3, parent=2), *thread(40, answers=2))
    rich = dump(
        answer(14, Body=BODY), question(Body=BODY, Title="größer"), *(answer(n, Body=BODY) for n in (11, 12, 13))
    )
    return [plain, rich, gzip.compress(plain + rich, mtime=0)]


LIMITS = {"max_row_bytes": 2000, "site": "lamps.example"}
CASES = {"stack_exchange": Fuzzed("stack_exchange", samples, file_reader(SOURCE, "Posts.xml", LIMITS))}
