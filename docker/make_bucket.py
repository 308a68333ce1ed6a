"""Make the lake's bucket, once the store is up: `python -m make_bucket NAME`; one that is there stays as it is.

Where the store is and who asks stands in AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

import os
import sys
from urllib.parse import urlsplit

from pyarrow.fs import S3FileSystem


def main(bucket: str) -> None:
    """Make it through Arrow, as the jobs read and write."""
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    store = S3FileSystem(
        endpoint_override=endpoint.netloc,
        scheme=endpoint.scheme,
        region=os.environ.get("AWS_REGION", "us-east-1"),
        allow_bucket_creation=True,
    )
    store.create_dir(bucket)
    print(f"bucket {bucket}: {store.get_file_info(bucket).type.name} at {endpoint.netloc}")


if __name__ == "__main__":
    main(sys.argv[1])
