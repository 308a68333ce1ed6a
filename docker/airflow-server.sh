#!/bin/bash
# The command of Airflow's image: all its parts in one container, on SQLite, which one container alone may use.
# Where any of them ends, so does the container, and Docker starts it anew.
set -euo pipefail

: "${AIRFLOW_ADMIN_PASSWORD:?give the password of the user admin}"
random() { head -c 32 /dev/urandom | base64 -w 0; }

umask 077
export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=/tmp/passwords.json
/opt/airflow/bin/python -c 'import json, os; print(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))' \
    > "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
unset AIRFLOW_ADMIN_PASSWORD
# Sessions end with the container; a deployment of several parts gives these.
export AIRFLOW__API__SECRET_KEY="${AIRFLOW__API__SECRET_KEY:-$(random)}"
export AIRFLOW__API_AUTH__JWT_SECRET="${AIRFLOW__API_AUTH__JWT_SECRET:-$(random)}"

airflow db migrate
airflow dags reserialize
airflow api-server &
until answers.sh 8080 /api/v2/monitor/health 2> /dev/null; do
    kill -0 $!
    sleep 1
done
airflow dag-processor &
# Logs of tasks are read from this container's disk; the log server would be one more port.
airflow scheduler --skip-serve-logs &
wait -n
