#!/bin/bash
# Build the images where there is neither a Docker engine nor a registry, from Debian's packages and PyPI alone:
#   docker/build_without_engine.sh base|spark|store|airflow|trainer|all|sizes|clean
# As root on Debian, with: apt-get install buildah debootstrap. Everything is kept in MIXDOWN_IMAGES; `clean` removes it.
set -euo pipefail

work="${MIXDOWN_IMAGES:-/var/tmp/mixdown-images}"
repository="$(cd "$(dirname "$0")/.." && pwd)"
release="${DEBIAN_RELEASE:-bookworm}"
base="localhost/debian:$release-slim"
version="${MIXDOWN_VERSION:-0.1.0}"
store=(--root "$work/storage" --runroot "$work/run" --storage-driver overlay)

make_base() {
    if buildah "${store[@]}" inspect --type image "$base" > /dev/null 2>&1; then return; fi
    rm -rf "$work/rootfs"
    debootstrap --variant=minbase "$release" "$work/rootfs" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" > "$work/debootstrap.log"
    rm -rf "$work"/rootfs/var/cache/apt/archives/*.deb "$work"/rootfs/var/lib/apt/lists/* "$work"/rootfs/dev/*
    # As Debian's own slim image: no documentation, no translations.
    find "$work/rootfs/usr/share/doc" -type f ! -name copyright -delete
    find "$work"/rootfs/usr/share/{man,info,locale,lintian} "$work/rootfs/var/log" ! -type d -delete
    printf 'path-exclude /usr/share/%s/*\n' man info locale lintian > "$work/rootfs/etc/dpkg/dpkg.cfg.d/slim"
    printf 'path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n' >> "$work/rootfs/etc/dpkg/dpkg.cfg.d/slim"
    local container mounted
    container="$(buildah "${store[@]}" from scratch)"
    mounted="$(buildah "${store[@]}" mount "$container")"
    cp -a "$work/rootfs/." "$mounted/"
    buildah "${store[@]}" umount "$container" > /dev/null
    buildah "${store[@]}" config --cmd bash "$container"
    buildah "${store[@]}" commit --quiet --rm "$container" "$base" > /dev/null
    rm -rf "$work/rootfs"
}

# What this machine's pip is set up with, lent to the build and not a part of the image: its configuration, the folders
# that it names, and the certificates, under another name since Debian's package of them renames its own into place.
machine_settings() {
    local path configuration="$work/pip.conf"
    {
        echo "[global]"
        pip config list 2> /dev/null | sed -nE "s/^(global|:env:)\.([a-z-]+)='(.*)'\$/\2 = \3/p" | sort -u -t= -k1,1 |
            sed 's|^cert =.*|cert = /run/machine-certificates.crt|'
    } > "$configuration"
    printf '%s\n' "--volume=$configuration:/etc/pip.conf:ro"
    if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
        printf '%s\n' "--volume=/etc/ssl/certs/ca-certificates.crt:/run/machine-certificates.crt:ro"
    fi
    grep -v '^cert' "$configuration" | grep -oE '(^| |file://)/[^[:space:]]+' | sed -E 's#^(file://| )##; s#/simple$##' | sort -u | while read -r path; do
        if [ -e "$path" ] && [ "$path" != / ]; then printf '%s\n' "--volume=$path:$path:ro"; fi
    done
}

build() {
    local name="$1" tag="localhost/mixdown-$1:$version" settings start=$SECONDS
    shift
    mapfile -t settings < <(machine_settings)
    buildah "${store[@]}" bud --isolation=chroot --pull-never --layers --quiet --format docker \
        "${settings[@]}" --build-arg "BASE=$base" --build-arg "VERSION=$version" "$@" \
        --file "$repository/docker/$name.Dockerfile" --tag "$tag" "$repository" > "$work/build-$name.log" 2>&1 ||
        { tail -n 40 "$work/build-$name.log" >&2; exit 1; }
    echo "$tag: built in $((SECONDS - start)) s"
}

one() {
    case "$1" in
    base) make_base ;;
    spark | store) build "$1" ;;
    airflow) build airflow --build-arg "SPARK_IMAGE=localhost/mixdown-spark:$version" ;;
    # A machine like this has no GPU: torch for the CPU, and no compiler, which only a GPU's attention needs.
    trainer) build trainer --build-arg "TORCH_INDEX=${TORCH_INDEX:-}" --build-arg "COMPILER=" ;;
    sizes) buildah "${store[@]}" images --format '{{.Name}}:{{.Tag}} {{.Size}}' | grep -v '<none>' ;;
    clean)
        buildah "${store[@]}" rm --all > /dev/null 2>&1 || true
        umount "$work/storage/overlay" 2> /dev/null || true
        rm -rf "$work"
        exit
        ;;
    all) for part in base spark store airflow trainer sizes; do one "$part"; done ;;
    *)
        sed -n '2,5s/^# //p' "$0" >&2
        exit 2
        ;;
    esac
}

mkdir -p "$work"
for part in "${@:-help}"; do
    if [ "$part" != base ] && [ "$part" != clean ] && [ "$part" != help ]; then make_base; fi
    one "$part"
done
