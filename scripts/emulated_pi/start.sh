#!/bin/sh
# The emulated board's first process, in namespaces of its own (mounts, processes, name): its mounts, then its servers.
# When it is killed the kernel ends every process in them and takes the mounts away: nothing can be left behind.
set -eu
here=$(dirname "$0")
root=$1 cpuinfo=$2 name=$3 qemu=$4 qemu_cpu=$5 user=$6 port=$7 adb_port=$8

binfmt=/proc/sys/fs/binfmt_misc
[ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
if ! grep -qs '^enabled' "$binfmt/$qemu"; then
    if command -v update-binfmts >/dev/null; then
        update-binfmts --enable "$qemu"
    else
        cat "/usr/lib/binfmt.d/$qemu.conf" >$binfmt/register
    fi
fi
if ! grep -qs '^flags:.*F' "$binfmt/$qemu"; then
    echo "the kernel has no $qemu that works in another root: apt-get install qemu-user-static binfmt-support" >&2
    exit 1
fi

hostname "$name"
mount -t proc proc "$root/proc"
mount --bind "$cpuinfo" "$root/proc/cpuinfo"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o size=256m,mode=1777 tmpfs "$root/dev/shm"

as_board() {
    home=$1; shift
    env -i PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin HOME="$home" QEMU_CPU="$qemu_cpu" "$@"
}
if [ -e "$root/usr/sbin/adbd" ]; then
    # not as root: whoever reaches the port is let in
    as_board "/home/$user" python3 "$here/adb_link.py" "$adb_port" \
        chroot --userspec="$user:$user" "$root" /usr/sbin/adbd &
fi
as_board /root chroot "$root" /usr/sbin/sshd -D -e -p "$port" &
wait $!
