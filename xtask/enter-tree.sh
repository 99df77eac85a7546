#!/bin/sh
# Runs a program inside the tree of another Debian, in the present folder and environment.
#
#   CAUSERIE_TREE     the tree
#   CAUSERIE_MOUNTS   folders that are seen inside under the same paths, one in each line
#
# It becomes the program: the same process, which ends when it is told to. The mounts are its own
# and go with it. It takes root.
set -eu
if [ -z "${CAUSERIE_INSIDE:-}" ]; then
    CAUSERIE_INSIDE=1 exec unshare --mount --propagation private -- "$0" "$@"
fi
unset CAUSERIE_INSIDE
mount_same() {
    mkdir -p "$CAUSERIE_TREE$1"
    mount --rbind "$1" "$CAUSERIE_TREE$1"
}
here=$PWD
old=$IFS
# A folder may have any character in its name but the one between two lines.
set -f
IFS='
'
for folder in $CAUSERIE_MOUNTS /dev /proc; do
    mount_same "$folder"
done
IFS=$old
exec chroot "$CAUSERIE_TREE" /usr/bin/env sh -c 'cd "$0" && exec "$@"' "$here" "$@"
