# The trainer, without Spark. For a machine without a GPU:
#   --build-arg BASE=debian:bookworm-slim --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu --build-arg COMPILER=""
# torch's wheel brings CUDA's libraries with it; the base brings what the NVIDIA container toolkit asks for.
ARG BASE=nvidia/cuda:12.8.1-base-ubuntu24.04

FROM ${BASE} AS python
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*

FROM python AS requirements
COPY docker/requirements.py pyproject.toml /build/
RUN python3 /build/requirements.py /build/pyproject.toml --extra train --without pyspark pandas > /build/requirements.txt

FROM python AS libraries
COPY docker/constraints.txt /build/
COPY --from=requirements /build/requirements.txt /build/
ARG TORCH_INDEX=
RUN python3 -m venv /opt/venv \
    && PIP_CONSTRAINT=/build/constraints.txt /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
       ${TORCH_INDEX:+--extra-index-url "${TORCH_INDEX}"} -r /build/requirements.txt \
    && find /opt/venv -depth -type d \( -name tests -o -name test \) -path '*/site-packages/*' -exec rm -r {} +

FROM libraries AS environment
COPY pyproject.toml README.md LICENSE /opt/mixdown/
RUN PIP_CONSTRAINT=/build/constraints.txt /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
       --no-deps --editable /opt/mixdown \
    && /opt/venv/bin/python -c "import site; open(site.getsitepackages()[0] + '/mixdown.pth', 'w').write('/opt/mixdown')" \
    && /opt/venv/bin/pip uninstall -y -q setuptools pip

FROM libraries AS code
ENV NUMBA_CPU_NAME=generic PYTHONPATH=/opt/mixdown
COPY mixer/ /opt/mixdown/mixer/
RUN /opt/venv/bin/python -m mixer.warm
COPY quality/ /opt/mixdown/quality/
COPY dedup/ /opt/mixdown/dedup/
COPY pipelines/ /opt/mixdown/pipelines/
COPY trainer/ /opt/mixdown/trainer/
COPY recipes/ /opt/mixdown/recipes/
COPY docker/shipped_kernels.py /opt/mixdown/docker/lib/
RUN /opt/venv/bin/python -m compileall -q /opt/mixdown

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="mixdown-trainer" \
      org.opencontainers.image.description="mixdown's trainer" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# On a GPU, attention is compiled when training starts, for which Triton needs a C compiler and Python's headers.
ARG COMPILER="gcc libc6-dev python3-dev"
# hadolint ignore=DL3008,SC2086
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 tini ${COMPILER} \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
    && useradd --uid 10001 --create-home mixdown \
    && install -d -o mixdown -g mixdown /data
COPY --from=environment /opt/venv/ /opt/venv/
COPY --from=code /opt/mixdown/ /opt/mixdown/
ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONPATH=/opt/mixdown/docker/lib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/data/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_DIR=/tmp/kernels \
    NUMBA_CACHE_LOCATOR_CLASSES=shipped_kernels.ShippedKernels
USER 10001
WORKDIR /data
ENTRYPOINT ["tini", "-g", "--"]
CMD ["mixdown", "train", "--help"]
# A run is as healthy as its process, which ends with it.
HEALTHCHECK NONE
