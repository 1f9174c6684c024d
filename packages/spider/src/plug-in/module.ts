/**
 * Which modules a plug-in may be named by, and whose files. A driver's code runs with the server's own rights, so what it names
 * must be code that the server's user already trusts with them:
 *
 * - the absolute path of a file (`.js`, `.mjs`, `.ts`, `.mts`) or of a package's directory – a relative one would mean something else to
 *   the server than to who writes it;
 * - the bare name of a package installed in the data directory's or the working directory's `node_modules`;
 * - nothing else: no `file:`, `http:` or `data:` address – code must lie on this machine as files – and no `node:` module.
 *
 * As sshd does with its keys (StrictModes), files are refused that another user owns or may write to, for on the loopback any user of
 * the machine may call an open server.
 */
import { realpath, stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaristaError } from '@cloud-barista/model/errors';

const accepted =
  'Give the absolute path of a .js, .mjs, .ts or .mts file or of a package directory, or the name of a package installed in the data directory or the working directory.';
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:\/[A-Za-z0-9._~-]+)*$/;
const extensions = new Set(['.js', '.mjs', '.ts', '.mts']);

const refuse = (
  code: 'invalid_argument' | 'permission_denied' | 'failed_precondition',
  message: string,
  next: string,
) => new BaristaError(code, message, { next, where: 'module' });

/** Throws invalid_argument where `module` is written as nothing that is accepted. */
export function checkModuleName(module: string): void {
  const shown = JSON.stringify(module.slice(0, 200));
  if (module.includes('\0')) throw refuse('invalid_argument', `${shown} is no path.`, accepted);
  if (isAbsolute(module)) return;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(module))
    throw refuse(
      'invalid_argument',
      `${shown} is an address; a driver must lie on this machine as a file.`,
      accepted,
    );
  if (module.startsWith('.') || module.includes('..') || extensions.has(extname(module)))
    throw refuse(
      'invalid_argument',
      `${shown} is a relative path, which is not the same place for the server.`,
      accepted,
    );
  if (!packageName.test(module))
    throw refuse('invalid_argument', `${shown} is neither an absolute path nor a package's name.`, accepted);
}

/** Throws where the file that a module was found as is not the server's user's own to trust. */
export async function checkFile(url: string): Promise<void> {
  let file: string;
  try {
    file = await realpath(fileURLToPath(url));
  } catch {
    throw refuse('failed_precondition', `${JSON.stringify(url)} can't be read.`, 'Look whether it is there.');
  }
  if (!extensions.has(extname(file)))
    throw refuse('invalid_argument', `${JSON.stringify(file)} is no ES module by its name.`, accepted);
  const me = process.getuid?.();
  if (me === undefined) return;
  for (let path = file; ; path = dirname(path)) {
    const { uid, mode } = await stat(path);
    // Anybody may write in /tmp, but its sticky bit keeps others' hands off what is not theirs.
    const open = (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
    if ((uid !== me && uid !== 0) || open)
      throw refuse(
        'permission_denied',
        open
          ? `Anybody may write to ${JSON.stringify(path)}, and so into the server.`
          : `${JSON.stringify(path)} belongs to another user than the server's.`,
        'Put the driver where only the server’s user (or root) may write: chown and chmod o-w, the directories above it included.',
      );
    if (path === dirname(path)) return;
  }
}
