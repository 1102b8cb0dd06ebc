"""Small tools with threads or much data: sort --parallel, xz -T, awk, sed, diff, tar."""
from place import digest

COMMANDS = ["sort", "xz", "awk", "sed", "diff", "tar", "bash"]
EXECUTABLES = ["sort", "xz", "mawk", "sed", "diff", "tar", "bash"]

SCRIPT = r"""
set -eu
LC_ALL=C sort --parallel=2 -S 2M -k2,2n -k1,1 lines > sorted
sort --parallel=2 -u -f lines | tail -n 5
xz -T2 -2 --block-size=300KiB -k sorted
xz -dc -T2 sorted.xz | cmp - sorted
mawk '{ n[$2 % 5000] = n[$2 % 5000] " " $1 } END { for (i in n) print i, length(n[i]) }' lines | sort -n | cksum
sed -E 's/([a-z]+)([0-9]+)/\2\1/g; s/(.)\1+/<\1>/g' lines | cksum
diff lines sorted | cksum
tar cf - lines sorted.xz | tar tf - | sort
text=; declare -A seen
for i in {1..20000}; do text+=$i; seen[$((i * 7919 % 1009))]+=$i; done
echo ${#text} ${#seen[@]} ${#seen[7]} "$(printf %s "$text" | cksum)"
"""


def run(place):
    count = place.scale(120_000, 1_500_000)
    place.write("lines", "".join(f"word{i * 48271 % 65537} {i * 7919 % 1000003}\n"
                                 for i in range(count)))
    said = place.run("bash", "-c", SCRIPT)
    return said + digest((place.folder / "sorted.xz").read_bytes())
