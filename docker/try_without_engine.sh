#!/bin/bash
# The demo on the cluster of docker/compose.yaml, without an engine, and again with a worker killed in between: the shards
# are audited and must be the same bytes. After `build_without_engine.sh spark store`; wants the development environment.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
work="${MIXDOWN_IMAGES:-/var/tmp/mixdown-images}"
python="${PYTHON:-$here/../.venv/bin/python}"
compose="$here/compose_without_engine.sh"
set -a
# shellcheck disable=SC1091
. "$here/.env.example"
set +a
export AWS_ENDPOINT_URL="http://127.0.0.1:$STORE_PORT"

finish() { "$compose" stop > /dev/null 2>&1; }
trap finish EXIT

# podman's service tells compose no exit status, so the run's last line is looked for.
submit() {
    "$compose" run --rm --no-deps -T driver spark-submit --master spark://spark-master:7077 pipelines/build_mix.py \
        --recipe recipes/demo.yaml --budget 60K --lake "s3://$LAKE_BUCKET/$1" > "$work/$1.log" 2>&1
    grep -q '^shards: ' "$work/$1.log" || { tail -n 30 "$work/$1.log" >&2; exit 1; }
}

"$compose" start
"$compose" up --detach --wait --no-build store master worker
"$compose" run --rm --no-deps -T bucket
start=$SECONDS
submit undisturbed
echo "undisturbed: $((SECONDS - start)) s"

start=$SECONDS
rm -f "$work/disturbed.log"
submit disturbed &
run=$!
# Killed while tokenizing or later would be too late to matter: annotate has begun when ingest is told.
until grep -q "${KILL_AFTER:-ingest}" "$work/disturbed.log" 2> /dev/null; do
    kill -0 "$run"
    sleep 0.2
done
sleep "${KILL_DELAY:-2}"
kill -0 "$run" || { echo "the run was over before a worker could be killed" >&2; exit 1; }
podman --root "$work/storage" --runroot "$work/run" --storage-driver overlay kill --signal KILL mixdown-worker-1 > /dev/null
echo "killed mixdown-worker-1 after $((SECONDS - start)) s"
wait "$run"
echo "disturbed: $((SECONDS - start)) s"

cd "$here/.."
for lake in undisturbed disturbed; do
    rm -rf "${work:?}/$lake"
    "$python" -m tests.docker.fetch_mixture "s3://$LAKE_BUCKET/$lake" demo "$work/$lake" > /dev/null
    "$python" -m tests.audit "$work/$lake"
done
for file in "$work"/undisturbed/shard-*.parquet "$work/undisturbed/manifest.json"; do
    cmp "$file" "$work/disturbed/$(basename "$file")"
done
echo "$(find "$work/undisturbed" -name 'shard-*.parquet' | wc -l) shards and the manifest: the same bytes"
