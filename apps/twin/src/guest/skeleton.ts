/**
 * What every VM's disk starts as, made once a Twin: folders, a minimal /etc of our own (never the host's, with its
 * secrets), a `sudo`, and the table of what is mounted over it. The programs come from the host's /usr, read-only.
 *
 * `sudo`: every cloud image lets its login user become root. The real one can't: its file belongs to the host's root,
 * who is nobody inside, so its set-uid bit is void. As root's Twin, a copy of setpriv(1) that belongs to the VM's root
 * and is set-uid stands in; without root, a nested user namespace where the user is shown as root.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `root`: Twin runs as root, a VM's users are an unprivileged range of the host's. `user`: all are the Twin's own user. */
export type Privilege = 'root' | 'user';

/** First of the 65,536 host users that a VM's users are, where the Twin is root. Beyond any real account's. */
export const firstUid = 100_000;

/** Its folder's name, beside the VMs'. */
export const skeleton = 'skel';

const folders = (
  'boot dev/pts dev/shm etc/alternatives etc/ssl/certs etc/profile.d home media mnt opt proc root run srv sys tmp usr ' +
  'usr/local/bin usr/local/etc usr/local/include usr/local/lib usr/local/libexec usr/local/sbin usr/local/share usr/local/src ' +
  'var/cache var/lib/cloud/instance/scripts var/log var/opt var/spool var/tmp'
).split(' ');
const devices = 'null zero full random urandom tty'.split(' ');
/** Of the host's /etc, what programs need and tells nothing: names of ports and file types, keys of a line. */
const harmless = ['services', 'protocols', 'mime.types', 'inputrc'];

const etc: Record<string, string> = {
  group: 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n',
  passwd: 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  shells: '/bin/sh\n/bin/bash\n',
  'nsswitch.conf':
    'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n',
  'resolv.conf': '# No name server: a VM of Cloud-Twin reaches no network but its own.\n',
  profile:
    'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n' +
    'if [ -n "${BASH_VERSION-}" ] && [ "$(id -u)" -eq 0 ]; then PS1="\\u@\\h:\\w# "; ' +
    'elif [ -n "${BASH_VERSION-}" ]; then PS1="\\u@\\h:\\w\\$ "; fi\n' +
    'for each in /etc/profile.d/*.sh; do [ -r "$each" ] && . "$each"; done\nunset each\n',
};

const sudo = (elevate: string): string => `#!/bin/sh
# Stands in for sudo: the login user of a cloud's image becomes any user without a password.
user=root; shell=; login=
while [ $# -gt 0 ]; do
  case $1 in
    -u|--user) user=$2; shift 2 ;;
    --user=*) user=\${1#--user=}; shift ;;
    -i|--login) login=1; shift ;;
    -s|--shell) shell=1; shift ;;
    -v|-l|-k|-K) exit 0 ;;
    -g|-h|-p|-C|-r|-t|-T|-U|-D|-R) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *=*) export "$1"; shift ;;
    *) break ;;
  esac
done
entry=$(grep "^$user:" /etc/passwd) || { echo "sudo: unknown user $user" >&2; exit 1; }
home=$(echo "$entry" | cut -d: -f6)
group=$(echo "$entry" | cut -d: -f4)
if [ $# -eq 0 ]; then
  [ -n "$shell$login" ] || { echo 'usage: sudo [-u user] [-i | -s] [command]' >&2; exit 1; }
  set -- /bin/bash \${login:+-l}
elif [ -n "$shell$login" ]; then set -- /bin/bash \${login:+-l} -c "$*"
fi
export SUDO_USER="$(id -un)" SUDO_UID="$(id -u)" SUDO_GID="$(id -g)"
set -- /usr/bin/env \${login:+-C "$home"} HOME="$home" USER="$user" LOGNAME="$user" "$@"
${elevate}
`;

const elevateByBit = 'exec /usr/local/libexec/elevate --reuid "$user" --regid "$group" --init-groups "$@"';
const elevateByNamespace = `uid=$(echo "$entry" | cut -d: -f3)
[ "$uid" = "$(id -u)" ] && exec "$@"
exec /usr/bin/unshare -U --map-user="$uid" --map-group="$group" "$@"`;

/** Mounted from the host, links (merged /usr) as folders too: see setup.ts for why. */
export const programFolders = (): string[] =>
  ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].filter(name => existsSync(`/${name}`));

/**
 * The mounts of a VM, as fstab(5), relative to its root folder (which is two folders below this table's). /usr/local is its
 * own, and lies below what /usr is hidden by: it is reached by the same folder mounted once more, at `base`.
 */
function table(privilege: Privilege): string {
  return [
    '. ../base none bind 0 0',
    ...programFolders().map(name => `/${name} ${name} none rbind,ro 0 0`),
    '../base/usr/local usr/local none bind 0 0',
    ...devices.map(name => `/dev/${name} dev/${name} none bind 0 0`),
    ...['etc/alternatives', 'etc/ssl/certs', 'etc/ld.so.cache']
      .filter(at => existsSync(`/${at}`))
      .map(at => `/${at} ${at} none rbind,ro 0 0`),
    'proc proc proc nosuid,nodev,noexec 0 0',
    `devpts dev/pts devpts newinstance,ptmxmode=0666,mode=620${privilege === 'root' ? ',gid=5' : ''} 0 0`,
    'tmpfs dev/shm tmpfs size=64m,nosuid,nodev,mode=1777 0 0',
    'tmpfs run tmpfs size=16m,mode=755,nosuid,nodev 0 0',
    '../cpuinfo proc/cpuinfo none bind,ro 0 0',
    '../meminfo proc/meminfo none bind,ro 0 0',
    '',
  ].join('\n');
}

/** Writes `<guests>/skel` and `<guests>/fstab`. */
export async function makeSkeleton(guests: string, privilege: Privilege): Promise<void> {
  const root = join(guests, skeleton);
  const local = join(root, 'usr/local');
  await Promise.all(folders.map(name => mkdir(join(root, name), { recursive: true })));
  for (const name of programFolders()) await mkdir(join(root, name), { recursive: true });
  for (const name of [...devices.map(each => `dev/${each}`), 'etc/ld.so.cache'])
    await writeFile(join(root, name), '');
  await symlink('pts/ptmx', join(root, 'dev/ptmx'));
  for (const [at, name] of ['stdin', 'stdout', 'stderr'].entries())
    await symlink(`/proc/self/fd/${at}`, join(root, 'dev', name));
  await symlink('/proc/self/fd', join(root, 'dev/fd'));
  await symlink('/run', join(root, 'var/run'));
  await symlink('/proc/mounts', join(root, 'etc/mtab'));
  await symlink('/usr/share/zoneinfo/Etc/UTC', join(root, 'etc/localtime'));
  for (const [name, text] of Object.entries(etc)) await writeFile(join(root, 'etc', name), text);
  for (const name of harmless)
    if (existsSync(`/etc/${name}`)) await copyFile(`/etc/${name}`, join(root, 'etc', name));
  await chmod(join(root, 'root'), 0o700);
  await writeFile(join(local, 'bin/sudo'), sudo(privilege === 'root' ? elevateByBit : elevateByNamespace));
  await chmod(join(local, 'bin/sudo'), 0o755);
  if (privilege === 'root') {
    await copyFile('/usr/bin/setpriv', join(local, 'libexec/elevate'));
    await run('chown', ['-Rh', `${firstUid}:${firstUid}`, root]);
    await chmod(join(local, 'libexec/elevate'), 0o4755);
  }
  for (const name of ['tmp', 'var/tmp']) await chmod(join(root, name), 0o1777);
  await writeFile(join(guests, 'fstab'), table(privilege));
  await chmod(join(guests, 'fstab'), 0o644);
}
