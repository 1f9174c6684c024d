#!/bin/bash
# Becomes the machine inside: run by `unshare` in namespaces of its own, it mounts the machine's root and turns into its init.
# Everything mounted here goes with the mount namespace; nothing is left to unmount.
#   enter.sh BASE RUN    BASE: the unpacked packages, only read; RUN: what this run writes
set -euo pipefail
base=$1 run=$2 here=$(dirname "$(readlink -f "$0")")
# In the outer /proc, which is still mounted, this process has its outer number.
read -r pid _ < /proc/self/stat

root=$run/root
mkdir -p "$run"/{root,upper,work,volumes}
mount -t overlay overlay -o "lowerdir=$base,upperdir=$run/upper,workdir=$run/work,volatile" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root"/dev/{pts,shm,net}
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
node() { mknod -m "$2" "$root/dev/$1" "$3" "$4" "$5"; }
node null 666 c 1 3; node zero 666 c 1 5; node full 666 c 1 7; node random 666 c 1 8; node urandom 666 c 1 9; node tty 666 c 5 0
node net/tun 666 c 10 200
node loop-control 660 c 10 237
# Cinder's volumes are files on loop devices; the numbers are the whole computer's, so many may be taken already.
for number in $(seq 0 127); do node "loop$number" 660 b 7 "$number"; done
for link in fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2 ptmx:pts/ptmx; do
  ln -s "${link#*:}" "$root/dev/${link%%:*}"
done
[ ! -e /dev/kvm ] || node kvm 666 c 10 232

# Straight on the disk below: so that from outside a loop device can be told to be ours by its file.
mkdir -p "$root/var/lib/cinder/volumes" "$root/lab"
mount --bind "$run/volumes" "$root/var/lib/cinder/volumes"
mount --bind "$here" "$root/lab"
mount -o remount,bind,ro "$root/lab"

hostname openstack
mkdir -p "$root/.outside"
cd "$root"
pivot_root . .outside
echo "$pid" > ".outside$run/pid"
exec chroot . /bin/bash /lab/inside/init.sh
