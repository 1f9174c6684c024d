/**
 * The shell script that turns a fresh set of namespaces into a VM. It runs as the VM's root with the VM's folder as
 * working folder, so no path leads through folders that this user must not see. The host's root is left by
 * pivot_root(2) and unmounted: unlike after chroot, there is nothing to climb back to.
 *
 * The root folder is an overlay (Documentation/filesystems/overlayfs.rst): below the skeleton of all VMs, or the captured
 * disk that the VM begins with (disks.ts), above what it has changed. Where the kernel lets a user namespace have none
 * (before 5.11), it is a copy of what is below.
 *
 * The VM's root folder is its own root's to spoil, and until the host's root is unmounted nothing of it may be trusted:
 * - mount points that it turned into links are made folders again; files are written only after the unmounting;
 * - the one program started between pivot_root and that, umount, comes from the host in all its parts: PATH has no
 *   /usr/local, /bin and /lib* are mounts and not links, the loader's cache is the host's and ld.so.preload is removed
 *   (ld.so(8)). Else root of a VM could have its own code run while the host's files are in view.
 */
export const setup = `
set -e
umask 022
if [ "$OVERLAY" = yes ]; then
  # What it was told not to sync at its end (volatile) it would not mount again.
  [ ! -e work/work/incompat ] || rm -rf work/work/incompat
  mount -n -c -t overlay -o lowerdir=../$BELOW,upperdir=upper,workdir=work,userxattr,index=off,volatile overlay root
else
  [ -e made ] || { cp -dR --preserve=mode,ownership ../$BELOW/. root && : > made; }
  mount -n -c --bind root root
fi
printf '%s' "$CPUINFO" > cpuinfo
printf '%s' "$MEMINFO" > meminfo
cd -P root
folder() { [ ! -L "$1" ] && [ -d "$1" ] || { rm -rf "$1"; mkdir "$1"; }; }
file() { [ ! -L "$1" ] && [ -f "$1" ] || { rm -rf "$1"; : > "$1"; }; }
for each in $FOLDERS dev dev/pts dev/shm proc run mnt etc etc/alternatives etc/ssl etc/ssl/certs root home tmp var; do folder $each; done
for each in dev/null dev/zero dev/full dev/random dev/urandom dev/tty etc/ld.so.cache; do file $each; done
if [ -e etc/ld.so.preload ] || [ -L etc/ld.so.preload ]; then rm -rf etc/ld.so.preload; fi
mount -c -a -T ../../fstab || true
[ -x usr/bin/env ] && [ -e proc/self/stat ] || { echo 'the root view could not be mounted' >&2; exit 1; }
for each in $FOLDERS; do [ $each -ef /$each ] || { echo "/$each could not be mounted" >&2; exit 1; }; done
[ ! -e /etc/ld.so.cache ] || [ etc/ld.so.cache -ef /etc/ld.so.cache ] || { echo 'the loader cache could not be mounted' >&2; exit 1; }
ip -force -batch - >/dev/null 2>&1 <<END || true
link set lo up
$NETWORK
END
pivot_root . mnt
cd /
umount -n -c -l /mnt
hostname "$NAME"
{ echo 1024 > /proc/sys/kernel/pid_max; } 2>/dev/null || true
{ echo "$NAMESPACES" > /proc/sys/user/max_user_namespaces; } 2>/dev/null || true
put() { [ ! -L "$1" ] || rm -f "$1"; printf '%s\\n' "$2" > "$1" 2>/dev/null || true; }
put /etc/hostname "$NAME"
put /etc/hosts "127.0.0.1 localhost
$PRIVATE_IP $NAME
::1 localhost ip6-localhost"
if [ ! -e /etc/.born ]; then
  put /etc/os-release "$OS_RELEASE"
  new=yes
  if [ "$LOGIN" = root ]; then home=/root
  else
    home=/home/$LOGIN
    [ ! -d "$home" ] || new=no
    if [ "$CAPTURED" = no ]; then
      echo "$LOGIN:x:1000:1000:$LOGIN:$home:/bin/bash" >> /etc/passwd
      echo "$LOGIN:x:1000:" >> /etc/group
    elif ! grep -q "^$LOGIN:" /etc/passwd; then
      # Before another of that number, whose disk it was.
      sed -i "1a $LOGIN:x:1000:1000:$LOGIN:$home:/bin/bash" /etc/passwd
      sed -i "1a $LOGIN:x:1000:" /etc/group
    fi
  fi
  umask 077
  [ -d "$home/.ssh" ] || { rm -rf "$home/.ssh"; mkdir -p "$home/.ssh"; }
  printf '%s\\n' "$KEYS" > "$home/.ssh/authorized_keys"
  if [ "$LOGIN" != root ] && [ "$PRIVILEGE" != user ]; then
    # What is there already keeps its owners; and of a captured disk each such change would be a copy.
    [ "$new" = yes ] && chown -R 1000:1000 "$home" || chown -R 1000:1000 "$home/.ssh"
  fi
  : > /etc/.born
fi
echo up
exec env -i --ignore-signal=CHLD cat >/dev/null 2>&1
`;
