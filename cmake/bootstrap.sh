#!/bin/sh
# The one place that knows which Debian packages ebb needs, by group, and installs what is missing.
#
#     cmake/bootstrap.sh [--no-install] [GROUP...]
#
# Groups: build, tests, bench, mallocs, maps, arenas, plot, lint, fuzz, tidy, go, aarch64, floor,
# programs, programs_long; without one, all but the last seven.
# The servers among programs (redis, nginx, …) are installed without starting a service of theirs.
# Exit: 0 nothing is missing (any more), 2 usage, 3 packages are missing and were not installed.
set -eu

packages_build="cmake g++ ninja-build"
packages_tests="libgtest-dev libgmock-dev gdb"
packages_bench="libbenchmark-dev libcli11-dev libfmt-dev nlohmann-json3-dev strace valgrind"
packages_mallocs="libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4"
packages_maps="libboost1.81-dev libabsl-dev robin-map-dev libtsl-hopscotch-map-dev libsparsehash-dev"
packages_arenas="libboost1.81-dev libboost-container1.81-dev"
packages_plot="librsvg2-bin"
packages_lint="clang libclang-rt-dev lld clang-format"
packages_fuzz="clang libclang-rt-dev"
packages_tidy="clang-tidy"
packages_go="golang-go"
packages_floor="debootstrap googletest clang-16 libc++-16-dev libc++abi-16-dev"
packages_aarch64="g++-aarch64-linux-gnu qemu-user googletest"
packages_programs="python3 libpython3.11-testsuite redis-server redis-tools sqlite3 nginx wrk
    memcached nodejs perl ruby php-cli gdb git xz-utils g++ clang cmake"
packages_programs_long="postgresql rocksdb-tools stress-ng ffmpeg mariadb-server-core mariadb-client-core"

install=yes
groups=
for word in "$@"; do
    case $word in
    --no-install) install=no ;;
    build | tests | bench | mallocs | maps | arenas | plot | lint | fuzz | tidy | go | aarch64 | floor | programs | programs_long) groups="$groups $word" ;;
    *)
        echo "bootstrap.sh: $word: not one of --no-install build tests bench mallocs maps arenas plot lint fuzz tidy go aarch64 floor programs programs_long" >&2
        exit 2
        ;;
    esac
done
: "${groups:=build tests bench mallocs maps arenas plot lint}"

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "bootstrap.sh: no dpkg here: can't tell what is installed, going on" >&2
    exit 0
fi

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
for group in $groups; do
    eval "list=\$packages_$group"
    for package in $list; do
        installed "$package" || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

if [ "$install" = no ]; then
    echo "missing packages:$missing" >&2
    exit 3
fi

as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "missing packages:$missing" >&2
        echo "neither root nor sudo here; as root: apt-get install$missing" >&2
        exit 3
    fi
    as_root=sudo
fi

echo "installing:$missing" >&2
# A fresh image carries no package lists, or lists from when it was made.
for package in $missing; do
    if [ -z "$(apt-cache policy "$package" 2>/dev/null | sed -n 's/^  Candidate: (none)$//; /^  Candidate: /p')" ]; then
        $as_root apt-get update -qq >&2 || exit 3
        break
    fi
done
# Debian starts a server as soon as it is installed, unless this file says no; ours run by the tests.
policy=/usr/sbin/policy-rc.d
case $groups in
*programs*)
    if [ ! -e $policy ]; then
        trap '$as_root rm -f $policy' EXIT
        trap 'exit 3' HUP INT TERM
        printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
        $as_root chmod 755 $policy
    fi
    ;;
esac
# Progress to stderr: a caller's stdout is for what it prints itself.
get="$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
# shellcheck disable=SC2086
if ! $get $missing >&2; then
    # Lists may be older than the mirror: once more with fresh ones.
    $as_root apt-get update -qq >&2 || exit 3
    $get $missing >&2 || exit 3
fi
