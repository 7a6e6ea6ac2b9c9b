#!/usr/bin/env bash
# Proves the set-up on a system that has nothing: a minimal Debian with python3 and make.
#
#   bootstrap/try_bare.sh [--suite bookworm] [--user] [--keep] TARGET...
#
# runs `make TARGET` for each target in a fresh clone of the last commit, as root or, with --user, as an
# ordinary user whose home cannot be written to; says how long each took. Needs root and debootstrap, uses
# about 4 GB in /var/tmp/replant-bare, and removes all of it but the base system, which the next call uses.
# With --keep the system stays, and the next call with --keep goes on in it.
set -euo pipefail

main() {
    suite=bookworm user=root keep=
    while [[ ${1-} == --* ]]; do
        case $1 in
            --suite) suite=$2; shift ;;
            --user) user=tester ;;
            --keep) keep=1 ;;
            *) echo "try_bare.sh: unknown option $1" >&2; exit 2 ;;
        esac
        shift
    done
    [[ $# -gt 0 && $EUID -eq 0 ]] || { sed -n '2,10s/^# \?//p' "$0" >&2; exit 2; }

    checkout=$(cd "$(dirname "$0")/.." && pwd)
    places=/var/tmp/replant-bare
    base=$places/base-$suite
    bare=$places/$suite-$user
    mkdir -p "$places"

    if [[ ! -d $base ]]; then
        # MIRROR and OPTIONS are debootstrap's, which has defaults for what it knows. For Ubuntu: see docs/setup.md.
        # shellcheck disable=SC2086
        debootstrap --variant=minbase --include=python3,make ${OPTIONS-} \
            "$suite" "$base.making" ${MIRROR:+"$MIRROR"} >"$base.log"
        mv "$base.making" "$base"
    fi
    [[ $keep ]] || trap 'rm -rf "$bare"' EXIT
    if [[ ! ($keep && -d $bare) ]]; then
        rm -rf "$bare"
        cp -a "$base" "$bare"
        cp /etc/resolv.conf "$bare/etc/"
        echo "tester:x:1234:1234::/home/tester:/bin/bash" >>"$bare/etc/passwd"
        echo "tester:x:1234:" >>"$bare/etc/group"
        mkdir -p "$bare/home/tester" "$bare/srv/replant"
        git clone -q "$checkout" "$bare/srv/replant"
        [[ $user == root ]] || chown -R 1234:1234 "$bare/srv/replant"
    fi

    # What the machine needs to reach its package index: certificates, proxy, pip's environment.
    reach=()
    bundle=${PIP_CERT:-${SSL_CERT_FILE:-}}
    if [[ $bundle ]]; then
        cp "$bundle" "$bare/etc/own-certificates.crt"
        reach+=("PIP_CERT=/etc/own-certificates.crt" "SSL_CERT_FILE=/etc/own-certificates.crt")
    fi
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST http_proxy https_proxy no_proxy; do
        [[ -z ${!name-} ]] || reach+=("$name=${!name}")
    done
    # CI: tests that look at pages must run, not be skipped; only root can bring a browser here.
    [[ $user != root ]] || reach+=("CI=1")

    as=(env -i "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "LANG=C.UTF-8"
        "HOME=$([[ $user == root ]] && echo /root || echo /home/tester)" ${reach[@]+"${reach[@]}"})
    [[ $user == root ]] || as+=(setpriv --reuid=1234 --regid=1234 --clear-groups)

    for target in "$@"; do
        started=$SECONDS
        # Own mounts and processes: both end with the command, whatever it leaves behind.
        code=0
        unshare --mount --pid --fork --kill-child --propagation private bash -euc '
            bare=$1; shift
            mount -t proc proc "$bare/proc"
            mount --bind /dev "$bare/dev"
            mount -t tmpfs tmpfs "$bare/dev/shm"
            exec chroot "$bare" "$@"
        ' bash "$bare" "${as[@]}" make -C /srv/replant "$target" || code=$?
        echo "try_bare: $suite, $user: make $target: exit $code after $((SECONDS - started)) s"
        [[ $code -eq 0 ]] || exit "$code"
    done
}

# In a function, so that an edit of this file meanwhile does not matter to bash.
main "$@"; exit
