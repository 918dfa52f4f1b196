# For scripts that make another Debian with debootstrap. The caller has `say` and `stop`, and
# `machine`, the directory of that Debian.

mirror_here() {
    apt-get indextargets --format '$(ORIGIN) $(SITE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null \
        | sed -n '/^Debian /{/security/d;s/.* //;p;q}'
}

need_debootstrap() {
    command -v debootstrap >/dev/null && return
    if command -v apt-get >/dev/null; then
        say "installing debootstrap"
        apt-get update -qq </dev/null >/dev/null || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap </dev/null >/dev/null 2>&1 && return
    fi
    status=69 stop "debootstrap is missing; install the package debootstrap and try again"
}

apt_settings() {
    # A mirror may be frozen, and older than its own date of expiry. It is signed all the same.
    echo 'Acquire::Check-Valid-Until "false";'
    ! command -v apt-config >/dev/null || apt-config dump | grep -iE '^Acquire::https?::(Proxy|CAInfo)' || true
}

# What pip, uv and git are told here through the environment or pip's configuration. A file that a
# setting names is copied, to a place that no package writes to. A setting that names a directory
# of this machine is left out.
network_settings() {
    local name value copied=/etc/of-the-host
    mkdir -p "$machine$copied"
    while IFS='=' read -r name value; do
        case "$value" in
            /*) [ -f "$value" ] || continue
                cp -L "$value" "$machine$copied/$name"
                value="$copied/$name" ;;
        esac
        echo "$name=$value"
    done < <(
        for name in index-url proxy cert trusted-host; do
            value="$(python3 -m pip config get "global.$name" 2>/dev/null)" || continue
            echo "PIP_$(tr 'a-z-' 'A-Z_' <<<"$name")=$value"
        done
        env | grep -iE '^(PIP|UV)_[a-z_]+=|^[a-z]+_proxy=|^(SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)=' || true
    )
}
