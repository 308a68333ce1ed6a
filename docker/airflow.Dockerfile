# Airflow: API server, DAG processor and scheduler, with the image of Spark below it, since its tasks are drivers.
# Build that one first, on the same base; both share its layers.
ARG BASE=debian:bookworm-slim
ARG SPARK_IMAGE=mixdown-spark:0.1.0

FROM ${BASE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*
COPY docker/airflow-requirements.txt /build/
# An environment of its own: its versions are not those of the jobs.
RUN python3 -m venv /opt/airflow \
    && /opt/airflow/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps -r /build/airflow-requirements.txt \
    && find /opt/airflow -depth -type d \( -name tests -o -name test \) -path '*/site-packages/*' -exec rm -r {} + \
    && /opt/airflow/bin/pip uninstall -y -q setuptools pip

FROM ${SPARK_IMAGE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="mixdown-airflow" \
      org.opencontainers.image.description="Airflow that submits mixdown's stages to Spark" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 0
COPY --from=build /opt/airflow/ /opt/airflow/
COPY --chmod=755 docker/airflow-server.sh /usr/local/bin/
RUN ln -s /opt/airflow/bin/airflow /usr/local/bin/airflow && install -d -o mixdown -g mixdown /var/lib/airflow
ENV AIRFLOW_HOME=/var/lib/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/mixdown/pipelines/dags \
    AIRFLOW__CORE__EXECUTOR=LocalExecutor \
    AIRFLOW__CORE__PARALLELISM=2 \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION=true \
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL=http://127.0.0.1:8080/execution/ \
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=admin:admin \
    AIRFLOW__API__PORT=8080 \
    AIRFLOW__API__WORKERS=1 \
    AIRFLOW__LOGGING__COLORED_CONSOLE_LOG=false \
    MIXDOWN_HOME=/opt/mixdown
USER 10001
EXPOSE 8080
ENTRYPOINT ["tini", "-g", "--"]
CMD ["airflow-server.sh"]
HEALTHCHECK --interval=10s --timeout=10s --start-period=180s --retries=6 \
    CMD ["answers.sh", "8080", "/api/v2/monitor/health", "\"scheduler\":{\"status\":\"healthy\""]
