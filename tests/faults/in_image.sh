#!/bin/sh
# Runs a command as compose.yaml has it: on the files of the image, which cannot be written, as a user without rights,
# with limits. It keeps its process id, so the kit can kill it and look into it, and the network of the kit.
#
# unshare --mount in_image.sh FILES COMMAND ...
#
# FILES: the image, unpacked. The tests and all below the directory of temporary files can be read, and written is
# FLEET2MQTT_DATA_DIR alone, as in a volume; IN_IMAGE_WRITES: a file of the kit's to write. Names are resolved as outside.
set -eu
files=$1
shift
tests=$(cd "$(dirname "$0")/.." && pwd)

for place in /sys/fs/cgroup /sys/fs/cgroup/memory /sys/fs/cgroup/pids; do # version 2: the first; 1: the others
    [ -e "$place/cgroup.procs" ] || continue
    for older in "$place"/fleet2mqtt-*; do
        [ ! -d "$older" ] || [ -e "/proc/${older##*-}" ] || rmdir "$older" 2> /dev/null || true
    done
    mine=$place/fleet2mqtt-$$
    mkdir "$mine"
    for limit in memory.max=256M memory.limit_in_bytes=256M pids.max=100; do
        [ ! -e "$mine/${limit%%=*}" ] || echo "${limit#*=}" > "$mine/${limit%%=*}"
    done
    echo $$ > "$mine/cgroup.procs"
done

shown() { # PATH [OPTION ...]: the same file or directory, in there
    [ -e "$files$1" ] || if [ -d "$1" ]; then mkdir -p "$files$1"; else touch "$files$1"; fi
    mount --rbind "$1" "$files$1"
}

data=$FLEET2MQTT_DATA_DIR
while [ ! -e "$data" ]; do data=$(dirname "$data"); done
# Other tests' disks came along with this view of the mounts: they could not be taken out while this bridge lives.
while read -r _ place _; do
    case $place in "${TMPDIR:-/tmp}"/*) case $data/ in "$place"/*) ;; *) umount --lazy "$place" ;; esac ;; esac
done < /proc/self/mounts

mount --rbind "$files" "$files"
for path in /proc /dev /etc/hosts /etc/resolv.conf "${TMPDIR:-/tmp}" "$tests"; do
    shown "$path"
    [ "$path" = /dev ] || [ "$path" = /proc ] || mount -o remount,bind,ro "$files$path"
done
umount --lazy "$files$files" 2> /dev/null || true # a copy that can be written, where the checkout is a temporary one
for path in "$data" ${IN_IMAGE_WRITES-}; do
    shown "$path"
done
mount -o remount,bind,ro "$files"

exec setpriv --no-new-privs unshare --user --map-user=10001 --map-group=10001 --root="$files" --wd="$PWD" "$@"
