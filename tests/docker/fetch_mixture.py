"""Copy the latest mixture of a lake at s3:// into a folder: `python -m tests.docker.fetch_mixture LAKE NAME FOLDER`.

The store is that of AWS_ENDPOINT_URL, and the account that of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from pyarrow.fs import FileSelector, S3FileSystem


def fetch(lake: str, name: str, folder: Path) -> list[str]:
    """Names of the files, which are written into `folder`."""
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    store = S3FileSystem(endpoint_override=endpoint.netloc, scheme=endpoint.scheme, region="us-east-1")
    mixtures = f"{lake.removeprefix('s3://')}/mixtures/{name}"
    with store.open_input_stream(f"{mixtures}/latest") as stream:
        mixture = f"{mixtures}/{stream.read().decode().strip()}"
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for info in store.get_file_info(FileSelector(mixture)):
        if info.is_file:
            with store.open_input_stream(info.path) as stream:
                (folder / info.base_name).write_bytes(stream.read())
            names.append(info.base_name)
    return sorted(names)


if __name__ == "__main__":
    print(*fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3])), sep="\n")
