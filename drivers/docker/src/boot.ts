/**
 * What a container is given before its first start, in a folder named by its own token: one made of a custom image finds there also what
 * was given to the container that the image was made of.
 */
import type { Token } from '@cloud-barista/model/ids';
import type { TarFile } from './tar.ts';

const folderOf = (token: Token): string => `/var/lib/cloud-barista/${token}`;
export const firstBootOf = (token: Token): string => `${folderOf(token)}/first-boot`;

/** Run once, in the background, when the container first starts; a second run does nothing. */
const firstBoot = (folder: string, user: string, home: string) => `#!/bin/sh
cd / && mkdir ${folder}/booted 2>/dev/null || exit 0
${user === 'root' ? '' : `chown -R '${user}' '${home}/.ssh'\n`}[ ! -x ${folder}/user-data ] || exec ${folder}/user-data >/var/log/user-data.log 2>&1
`;

export function bootFiles(
  token: Token,
  user: string,
  publicKey: string,
  userData: string | undefined,
): TarFile[] {
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const folder = folderOf(token);
  const inside = (path: string) => path.slice(1);
  return [
    { path: inside(`${home}/.ssh/`), mode: 0o755 },
    { path: inside(`${home}/.ssh/authorized_keys`), text: `${publicKey.trim()}\n`, mode: 0o644 },
    { path: inside(`${folder}/`), mode: 0o755 },
    { path: inside(firstBootOf(token)), text: firstBoot(folder, user, home), mode: 0o755 },
    ...(userData === undefined ? [] : [{ path: inside(`${folder}/user-data`), text: userData, mode: 0o700 }]),
  ];
}
