/**
 * What an instance's metadata says to its guest: who may log in, and what to do at first boot ("Manage VM metadata: predefined
 * metadata keys").
 */
import type { Token } from '@cloud-barista/model/ids';
import { loginUser } from './images.ts';

/**
 * `#cloud-config` is for cloud-init, which Ubuntu's, SUSE's and Container-Optimized OS's images carry; others take no notice of it.
 * A script goes to the guest agent instead, which all of them carry. The agent runs it at every boot, as root; user data is
 * for the first alone, hence the wrapper.
 */
export function guestMetadata(token: Token, publicKey: string, userData?: string): Record<string, string> {
  return {
    'ssh-keys': `${loginUser}:${publicKey} ${loginUser}`,
    // No one of the project's own keys, nor its OS Login, by which keys in metadata count for nothing.
    'block-project-ssh-keys': 'TRUE',
    'enable-oslogin': 'FALSE',
    ...(userData === undefined
      ? {}
      : userData.startsWith('#!')
        ? { 'startup-script': firstBootOnly(token, userData) }
        : { 'user-data': userData }),
  };
}

/**
 * The script in base64, so that nothing in it ends the wrapper early. In /var/lib/google programs may run also where /var is shut to them
 * (Container-Optimized OS). The mark has the token in its name: an image taken from this VM makes VMs that have a first boot too.
 */
export function firstBootOnly(token: Token, script: string): string {
  const lines =
    Buffer.from(script, 'utf8')
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  return `#!/bin/sh
# Cloud-Barista: user data, run at the first boot only.
set -eu
here=/var/lib/google/cb-user-data
mkdir -p "$here"
[ -e "$here/${token}" ] && exit 0
(umask 077 && base64 -d > "$here/script") <<'CB_USER_DATA'
${lines.join('\n')}
CB_USER_DATA
chmod 700 "$here/script"
: > "$here/${token}"
exec "$here/script"
`;
}
