#!/bin/bash
# Health: `answers.sh PORT PATH [TEXT]` is 0 where loopback's PORT answers PATH with 200, and with TEXT in the body.
# Bash alone, so that no image needs curl.
set -euo pipefail

port="$1" path="$2" text="${3:-}"
exec 3<> "/dev/tcp/127.0.0.1/$port"
printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$path" >&3
read -r status <&3
case "$status" in
*" 200 "*) ;;
*)
    echo "port $port answers $path with $status" >&2
    exit 1
    ;;
esac
[ -z "$text" ] || grep -q "$text" <&3
