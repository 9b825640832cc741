#!/bin/sh
# A root as Android has it, for adbd: mksh as the shell, toybox for its programs, no home folder, /data/local/tmp.
# In a mount namespace of its own: nothing is left when adbd ends.
set -eu
root=$1; shift
mkdir -p "$root/usr" "$root/etc" "$root/proc" "$root/dev" "$root/bin" "$root/data/local/tmp"
ln -sfn usr/lib "$root/lib"
ln -sfn usr/lib64 "$root/lib64"
cp /usr/bin/mksh "$root/bin/sh"
cp /usr/bin/toybox "$root/bin/toybox"
for name in $(toybox); do [ "$name" = sh ] || ln -sf toybox "$root/bin/$name"; done
# which Debian's toybox is built without
ln -sf /usr/bin/tr "$root/bin/tr"
echo "shell:x:$(id -u):$(id -g)::/:/bin/sh" >"$root/etc/passwd"
for folder in usr proc dev; do mount --rbind "/$folder" "$root/$folder"; done
exec chroot "$root" "$@"
