# Spark's driver, master and worker: one image, whose command says the role (docker/spark-role.sh).
# Any base with Debian's packages and Python 3.11 or newer does.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS python
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Versions of Debian's packages are the release's: an older one is gone from the mirrors when its fix is there.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*

FROM python AS requirements
COPY docker/requirements.py pyproject.toml /build/
RUN python3 /build/requirements.py /build/pyproject.toml > /build/requirements.txt

FROM python AS libraries
COPY docker/constraints.txt /build/
# By its content, so that another change of pyproject.toml does not install everything anew.
COPY --from=requirements /build/requirements.txt /build/
# networkx, tqdm and certifi are text that the demo's recipe reads. Tests and examples are 120 MB that no job reads.
RUN python3 -m venv /opt/venv \
    && PIP_CONSTRAINT=/build/constraints.txt /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
       -r /build/requirements.txt networkx tqdm certifi \
    && find /opt/venv -depth -type d \( -name tests -o -name test \) -path '*/site-packages/*' -exec rm -r {} + \
    && rm -r /opt/venv/lib/python3*/site-packages/pyspark/examples \
    && ln -s /opt/venv/lib/python3*/site-packages/pyspark /opt/venv/spark

FROM libraries AS environment
# The packages stay in a checkout, beside the recipes, and the environment finds them there; that they are not there yet
# is why the path is written by hand.
COPY pyproject.toml README.md LICENSE /opt/mixdown/
RUN PIP_CONSTRAINT=/build/constraints.txt /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
       --no-deps --editable /opt/mixdown \
    && /opt/venv/bin/python -c "import site; open(site.getsitepackages()[0] + '/mixdown.pth', 'w').write('/opt/mixdown')" \
    && /opt/venv/bin/pip uninstall -y -q setuptools pip

FROM libraries AS code
# Kernels are compiled for a plain CPU of this architecture, so that an image runs on another machine than the one that
# built it: numba's key of a kernel has the CPU's name and features. Compiling takes minutes, so it comes before the rest.
ENV NUMBA_CPU_NAME=generic PYTHONPATH=/opt/mixdown
COPY quality/ /opt/mixdown/quality/
COPY dedup/ /opt/mixdown/dedup/
RUN /opt/venv/bin/python -m quality.warm && /opt/venv/bin/python -m dedup.warm
COPY mixer/ /opt/mixdown/mixer/
RUN /opt/venv/bin/python -m mixer.warm
COPY pipelines/ /opt/mixdown/pipelines/
COPY trainer/ /opt/mixdown/trainer/
COPY recipes/ /opt/mixdown/recipes/
COPY docker/spark-conf/ /opt/mixdown/docker/spark-conf/
COPY docker/shipped_kernels.py docker/make_bucket.py /opt/mixdown/docker/lib/
RUN /opt/venv/bin/python -m compileall -q /opt/mixdown

FROM ${BASE} AS spark
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="mixdown-spark" \
      org.opencontainers.image.description="mixdown on Spark: driver, master and worker" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# git reads the sources that are repositories. Java's package links its manual pages into a folder that slim bases lack.
# hadolint ignore=DL3008
RUN mkdir -p /usr/share/man/man1 \
    && apt-get update \
    && apt-get install -y --no-install-recommends python3 openjdk-17-jre-headless git tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
    && useradd --uid 10001 --create-home mixdown \
    && install -d -o mixdown -g mixdown /var/lib/spark/work /var/lib/spark/local
COPY --from=environment /opt/venv/ /opt/venv/
COPY --from=code /opt/mixdown/ /opt/mixdown/
COPY --chmod=755 docker/spark-role.sh docker/answers.sh /usr/local/bin/
ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONPATH=/opt/mixdown/docker/lib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 \
    XDG_CACHE_HOME=/tmp/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    SPARK_HOME=/opt/venv/spark \
    SPARK_CONF_DIR=/opt/mixdown/docker/spark-conf \
    SPARK_LOCAL_DIRS=/var/lib/spark/local \
    SPARK_WORKER_DIR=/var/lib/spark/work \
    PYSPARK_PYTHON=/opt/venv/bin/python \
    NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_DIR=/tmp/kernels \
    NUMBA_CACHE_LOCATOR_CLASSES=shipped_kernels.ShippedKernels
USER 10001
WORKDIR /opt/mixdown
EXPOSE 7077 8080 8081
ENTRYPOINT ["tini", "-g", "--", "spark-role.sh"]
CMD ["mixdown", "--help"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["spark-role.sh", "health"]
