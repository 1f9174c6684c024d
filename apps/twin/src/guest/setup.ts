/**
 * The shell script that turns a fresh set of namespaces into a VM. It runs as the VM's root with the VM's folder as
 * working folder, so no path leads through folders that this user must not see. The host's root is left by
 * pivot_root(2) and unmounted: unlike after chroot, there is nothing to climb back to.
 *
 * The VM's root folder is its own user's to spoil: mount points that it turned into links are made folders again, and
 * files are written only once the host is out of reach.
 */
export const setup = `
set -e
umask 022
[ -e made ] || { cp -a ../skel/. . && : > made; }
printf '%s' "$CPUINFO" > cpuinfo
printf '%s' "$MEMINFO" > meminfo
mount -c --bind root root
cd -P root
folder() { [ ! -L "$1" ] && [ -d "$1" ] || { rm -rf "$1"; mkdir "$1"; }; }
file() { [ ! -L "$1" ] && [ -f "$1" ] || { rm -rf "$1"; : > "$1"; }; }
for each in usr dev dev/pts dev/shm proc run mnt etc etc/alternatives etc/ssl etc/ssl/certs root home tmp var; do folder $each; done
for each in null zero full random urandom tty; do file dev/$each; done
mount -c -a -T ../../fstab || true
[ -x usr/bin/env ] && [ -e proc/self/stat ] || { echo 'the root view could not be mounted' >&2; exit 1; }
ip -force -batch - >/dev/null 2>&1 <<END || true
link set lo up
$NETWORK
END
pivot_root . mnt
cd /
umount -n -c -l /mnt
hostname "$NAME"
( echo 1024 > /proc/sys/kernel/pid_max ) 2>/dev/null || true
( echo "$NAMESPACES" > /proc/sys/user/max_user_namespaces ) 2>/dev/null || true
put() { [ ! -L "$1" ] || rm -f "$1"; printf '%s\\n' "$2" > "$1" 2>/dev/null || true; }
put /etc/hostname "$NAME"
put /etc/hosts "127.0.0.1 localhost
$PRIVATE_IP $NAME
::1 localhost ip6-localhost"
if [ ! -e /etc/.born ]; then
  put /etc/os-release "$OS_RELEASE"
  if [ "$LOGIN" = root ]; then home=/root
  else
    home=/home/$LOGIN
    echo "$LOGIN:x:1000:1000:$LOGIN:$home:/bin/bash" >> /etc/passwd
    echo "$LOGIN:x:1000:" >> /etc/group
  fi
  mkdir -p "$home/.ssh"
  printf '%s\\n' "$KEYS" > "$home/.ssh/authorized_keys"
  chmod 700 "$home/.ssh"
  chmod 600 "$home/.ssh/authorized_keys"
  [ "$LOGIN" = root ] || [ "$PRIVILEGE" = user ] || chown -R 1000:1000 "$home"
  : > /etc/.born
fi
echo up
exec env -i --ignore-signal=CHLD cat >/dev/null 2>&1
`;
