#!/bin/sh
# Real programs print the same under libebbcount.so as without it, whatever malloc comes next.
#
#     count_programs.sh PRELOAD SCRATCH
#
# PRELOAD is what LD_PRELOAD gets: libebbcount.so, and the next malloc's library after it. Programs
# that aren't installed are left out, and said so.
# Exit: 0 all the same, 1 one differs (its name and the difference go to stderr).
set -eu
preload=$1
scratch=$2
rm -rf -- "$scratch"
mkdir -p -- "$scratch"
cd "$scratch"
unset LD_PRELOAD
export LC_ALL=C HOME="$scratch" GIT_CONFIG_NOSYSTEM=1 PYTHONHASHSEED=0
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='2020-01-01T00:00:00Z'
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'

run_python3() {
    python3 -c '
import hashlib, json, re, threading
def churn(seed, out):
    d = {}
    for i in range(40000):
        k = (i * 7919 + seed) % 5003
        d[str(k)] = [i] * (k % 60) if i % 3 else "x" * (k % 700)
        if i % 5 == 0:
            d.pop(str((k * 31) % 5003), None)
    out[seed] = hashlib.sha256(json.dumps(d, sort_keys=True).encode()).hexdigest()
out = {}
ts = [threading.Thread(target=churn, args=(s, out)) for s in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(out.items()))
print(len(re.sub(r"(a+)(b*)", r"\2\1", "aab" * 50000)))
'
}

run_git() {
    rm -rf repo && git init -q -b main repo
    for n in 1 2 3 4 5 6 7 8; do
        awk -v n="$n" 'BEGIN { for (i = 0; i < 4000; ++i) print i * n % 977, n }' >"repo/file$((n % 3))"
        git -C repo add . && git -C repo commit -q -m "commit $n"
    done
    git -C repo gc -q && git -C repo fsck --full --no-progress 2>&1
    git -C repo log -p --stat | cksum
    git -C repo blame file1 | cksum
}

run_cxx() {
    cat >unit.cpp <<'END'
#include <map>
#include <regex>
#include <string>
#include <vector>
int count(const std::map<std::string, std::vector<int>>& m, const std::regex& r) {
    int n = 0;
    for (const auto& [k, v] : m) n += std::regex_search(k, r) ? int(v.size()) : 0;
    return n;
}
END
    g++ -std=c++20 -O1 -S -o - unit.cpp | cksum
}

run_sort() {
    awk 'BEGIN { for (i = 0; i < 300000; ++i) print i * 7919 % 300007, i }' |
        sort -k1,1n --parallel=4 -S 8M | cksum
}

result=0
for pair in python3:python3 git:git g++:cxx sort:sort; do
    program=${pair%%:*}
    if ! command -v "$program" >/dev/null 2>&1; then
        echo "$program isn't installed: left out"
        continue
    fi
    "run_${pair##*:}" >without 2>&1
    (
        LD_PRELOAD=$preload
        export LD_PRELOAD
        "run_${pair##*:}"
    ) >with 2>&1 || echo "exit status $?" >>with
    if cmp -s without with; then
        echo "$program: the same"
    else
        echo "$program: differs under LD_PRELOAD='$preload':" >&2
        diff without with >&2 || :
        result=1
    fi
done
exit $result
