#!/bin/bash
# The entry point of Spark's image: `master`, `worker`, `health`, or any command (spark-submit, mixdown, python).
set -euo pipefail

deploy=org.apache.spark.deploy
case "${1:-}" in
master)
    # Drivers and workers must call the master by the very name that it has itself.
    echo master > /tmp/role
    exec spark-class "$deploy.master.Master" --host "${SPARK_MASTER_NAME:-$HOSTNAME}" --port 7077 --webui-port 8080
    ;;
worker)
    echo worker > /tmp/role
    exec spark-class "$deploy.worker.Worker" --host "$(hostname -i | cut -d' ' -f1)" --webui-port 8081 \
        --cores "${WORKER_CORES:-1}" --memory "${WORKER_MEMORY:-1g}" "${SPARK_MASTER_URL:-spark://spark-master:7077}"
    ;;
health)
    # A driver is as healthy as its process; daemons answer on their page.
    case "$(cat /tmp/role 2> /dev/null || true)" in
    master) answers.sh 8080 / 'ALIVE' ;;
    worker) answers.sh 8081 / 'Worker' ;;
    esac
    ;;
*)
    exec "$@"
    ;;
esac
