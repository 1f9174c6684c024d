/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) under one master key, a random 96-bit nonce each, and the record's store
 * key as associated data, so that a sealed text moved to another record does not open.
 */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { BaristaError } from '@cloud-barista/model/errors';

export interface Seals {
  /** `place` is the key of the record that will hold it. */
  seal(text: string, place: string): string;
  /** data_loss where it was changed or moved; failed_precondition where another master key sealed it. */
  open(sealed: string, place: string): string;
}

const bytes = 32;

export function openSeals(master: Buffer): Seals {
  if (master.length !== bytes) throw badKey('The master key', master.length);
  // A KeyObject made once: a raw key costs ten times as much a cipher.
  const key = createSecretKey(master);
  const id = createHash('sha256')
    .update('cloud-barista master key id\0')
    .update(master)
    .digest('hex')
    .slice(0, 8);
  return {
    seal(text, place) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v1.${id}.${nonce.toString('base64url')}.${body.toString('base64url')}`;
    },
    open(sealed, place) {
      const [version, by, nonce, body] = sealed.split('.');
      if (version === 'v1' && by !== undefined && by !== id && /^[0-9a-f]{8}$/.test(by))
        throw new BaristaError(
          'failed_precondition',
          `The secret of ${place} was sealed with another master key (${by}; this one is ${id}).`,
          {
            next: 'Start with the master key that sealed it (BARISTA_KEY or the key file), or store the secret anew.',
            where: place,
          },
        );
      try {
        const data = Buffer.from(body ?? '', 'base64url');
        if (version !== 'v1' || by !== id || data.length < 16) throw new Error('not a sealed secret');
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce ?? '', 'base64url'), {
          authTagLength: 16,
        });
        decipher.setAAD(Buffer.from(place));
        decipher.setAuthTag(data.subarray(-16));
        return Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]).toString('utf8');
      } catch (error) {
        throw new BaristaError(
          'data_loss',
          `The secret of ${place} does not open: it was changed or moved.`,
          {
            next: 'Restore the data directory from a backup, or delete the record and store the secret anew.',
            where: place,
            source: error,
          },
        );
      }
    },
  };
}

const badKey = (what: string, length: number) =>
  new BaristaError('invalid_argument', `${what} has ${length} bytes, not ${bytes}.`, {
    next: 'Give 32 random bytes as base64, e.g. from: openssl rand -base64 32',
    where: 'BARISTA_KEY',
  });

function decode(text: string, what: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== bytes) throw badKey(what, key.length);
  return key;
}

/** The master key of `BARISTA_KEY` in `env`, else of `file`, which is made (mode 0600) where absent. */
export async function loadMasterKey({
  file,
  env,
}: {
  file: string;
  env: Record<string, string | undefined>;
}): Promise<Buffer> {
  const given = env['BARISTA_KEY'];
  if (given !== undefined && given !== '') return decode(given, 'BARISTA_KEY');
  try {
    return await readKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // Written whole under another name, then linked: two starters get one key, a crash leaves no half file.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(bytes).toString('base64')}\n`);
    await handle.sync();
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await handle.close();
    await unlink(draft);
  }
  return readKey(file);
}

async function readKey(file: string): Promise<Buffer> {
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new BaristaError(
      'failed_precondition',
      `The master key file ${file} can be read by others (mode ${(mode & 0o777).toString(8)}).`,
      {
        next: `Run: chmod 600 ${file} (and think about who has read it).`,
        where: file,
      },
    );
  return decode(await readFile(file, 'utf8'), `The master key file ${file}`);
}
