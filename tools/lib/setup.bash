# shellcheck shell=bash
# What the scripts in tools/ share: who builds, with which Swift, and which Debian packages have to be there.
# To be sourced with `set -euo pipefail`; sets `root`, the directory of the checkout.

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd)

say() { printf 'sonde: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# require_packages LIST…: installs what is missing of the packages that tools/packages/LIST name, or says how to.
require_packages() {
    if ! type -P dpkg-query >/dev/null; then
        say "this is not a Debian system, so nothing was installed; needed is what tools/packages names"
        return
    fi
    local wanted missing
    wanted=$(cd "$root/tools/packages" && grep -hv -e '^#' -e '^$' -- "$@" | LC_ALL=C sort -u)
    # shellcheck disable=SC2086 # one word per package
    missing=$(
        LC_ALL=C comm -23 - <(
            dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' |
                LC_ALL=C sort -u
        ) <<<"$wanted"
    )
    [[ -n $missing ]] || return 0
    local install="apt-get install -y --no-install-recommends ${missing//$'\n'/ }"
    if ((EUID != 0)); then
        say "Debian packages are missing. Install them, then try again:"
        printf '    sudo %s\n' "$install" >&2
        exit 1
    fi
    # SYSTEMD_OFFLINE: the tests start servers of their own, so the packages need not start theirs.
    # shellcheck disable=SC2086 # one word per package
    quietly "installing Debian packages: ${missing//$'\n'/ }" env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 \
        bash -c 'apt-get update && "$@"' - ${install/-y/-y -o DPkg::Lock::Timeout=300}
}

# quietly WHAT COMMAND…: runs the command and shows its output only if it fails, which ends the script.
quietly() {
    local what=$1 output status=0
    shift
    say "$what …"
    output=$("$@" 2>&1 </dev/null) || status=$?
    ((status != 0)) || return 0
    printf '%s\n' "$output" >&2
    die "failed (exit status $status): $what"
}

# Sets `builder_id` (UID:GID) and `as_builder`, the command prefix that runs a command as the user to whom the build
# belongs. Under sudo that is the invoking user, so that calls with and without sudo can follow each other; if that user
# can't write here, it is the owner of the checkout.
choose_builder() {
    builder_id=$(id -u):$(id -g)
    builder_shell=${SHELL:-/bin/sh}
    as_builder=(env)
    if ((EUID != 0)); then
        [[ -w $root ]] || die "$root can't be written by $(id -un): build as its owner, or with sudo"
        [[ -z $(find "$root/.build" ! -user "$EUID" ! -writable -print -quit 2>/dev/null) ]] ||
            die "parts of $root/.build belong to somebody else: run sudo chown -hR $builder_id $root/.build"
        return
    fi
    local candidate uid gid home name prefix shell
    for candidate in "${SUDO_UID:-0}" "$(stat -c %u "$root")"; do
        ((candidate != 0)) || continue
        IFS=: read -r name _ uid gid _ home shell < <(getent passwd "$candidate") || continue
        prefix=(
            setpriv --reuid "$uid" --regid "$gid" --init-groups --
            env -u TMPDIR -u XDG_CACHE_HOME -u XDG_CONFIG_HOME -u XDG_RUNTIME_DIR
            HOME="$home" USER="$name" LOGNAME="$name"
        )
        "${prefix[@]}" test -w "$root" || continue
        builder_id=$uid:$gid
        builder_shell=$shell
        as_builder=("${prefix[@]}")
        return
    done
}

# Makes everything that a build writes belong to the builder, whatever ran here before. Only root can, or has to.
give_to_builder() {
    ((EUID == 0)) || return 0
    local paths=() path
    for path in "$root/.build" "$root/Package.resolved"; do
        [[ ! -e $path ]] || paths+=("$path")
    done
    if ((${#paths[@]} > 0)) && [[ -n $(find "${paths[@]}" ! -user "${builder_id%:*}" -print -quit) ]]; then
        chown -hR "$builder_id" "${paths[@]}"
    fi
}

# Where a `swift` may be, best first. sudo's secure_path often drops the directory that the user's own PATH has, and
# `swift` may also be the client of OpenStack's object store.
swift_candidates() {
    local home directory
    if [[ -n ${SONDE_SWIFT:-} ]]; then
        printf '%s\n' "$SONDE_SWIFT"
        return
    fi
    type -aP swift || true
    # shellcheck disable=SC2016 # for the builder's shell to expand
    "${as_builder[@]}" "$builder_shell" -lc 'command -v swift' </dev/null 2>/dev/null | tail -n 1 || true
    # shellcheck disable=SC2016 # for the builder's environment to expand
    home=$("${as_builder[@]}" sh -c 'printf %s "$HOME"')
    for directory in "$home/.local/share/swiftly/bin" "$home/.swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin \
        /usr/local/swift/bin /opt/swift*/usr/bin /usr/share/swift/usr/bin /usr/libexec/swift/*/bin; do
        [[ ! -x $directory/swift ]] || printf '%s\n' "$directory/swift"
    done
}

# Sets `swift`: the first compiler of at least version 6.3 that the builder can run; and `toolchain`, the directory with
# its swiftc and clang.
find_swift() {
    local candidate version seen=
    while IFS= read -r candidate; do
        version=$("${as_builder[@]}" "$candidate" --version 2>/dev/null </dev/null) || continue
        [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || continue
        if ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= 6003)); then
            swift=$candidate
            # They stand beside the swift, or beside what that is a link to.
            toolchain=$(dirname -- "$swift")
            [[ -x $toolchain/swiftc && -x $toolchain/clang ]] ||
                toolchain=$(dirname -- "$(readlink -f -- "$swift")")
            return
        fi
        seen+=" Found only Swift ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}: $candidate."
    done < <(swift_candidates)
    [[ -z ${SONDE_SWIFT:-} ]] || die "SONDE_SWIFT=$SONDE_SWIFT is not a Swift compiler of version 6.3 or later.$seen"
    die "no Swift 6.3 toolchain found.$seen Install one (https://www.swift.org/install/linux/debian/12/)," \
        "put its bin directory on PATH, or name the compiler: SONDE_SWIFT=/path/to/swift $0"
}

# swift_as_builder ARGUMENTS…: runs swift in the checkout, as the builder.
swift_as_builder() { (cd "$root" && "${as_builder[@]}" "$swift" "$@"); }

# locked COMMAND…: runs the command while no other script builds in this checkout.
locked() {
    local lock
    exec {lock}<"$root"
    if ! flock -n "$lock"; then
        say "waiting for another build in $root"
        flock "$lock"
    fi
    # The command's children must not inherit, and so keep, the lock.
    "$@" {lock}<&-
    exec {lock}<&-
}
