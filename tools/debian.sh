# For tools/setup and tools/install-peers: packages of Debian and Ubuntu, and the rights to install
# them. The caller has `say`, which writes one line on stderr.

export DEBIAN_FRONTEND=noninteractive

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Root may; others with a sudo that asks for nothing, or that can ask in this terminal.
may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return
    [ -t 0 ] && sudo -v
}

# What somebody who has the rights would type.
install_command() {
    if command -v sudo >/dev/null; then
        echo "sudo apt-get install -y --no-install-recommends $*"
    else
        echo "su -c 'apt-get install -y --no-install-recommends $*'"
    fi
}

apt_quietly() {
    local log
    log="$(mktemp)"
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" \
        </dev/null >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
