/** A tar archive of a few small files, as the engine takes it. Source: POSIX.1-2001, ustar interchange format. */

export interface TarFile {
  /** Without a leading slash; a folder ends with one. */
  path: string;
  text?: string;
  mode: number;
  uid?: number;
  gid?: number;
}

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

export function tar(files: readonly TarFile[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, text = '', mode, uid = 0, gid = 0 } of files) {
    const content = Buffer.from(text);
    const head = Buffer.alloc(512);
    if (Buffer.byteLength(path) > 100) throw new RangeError(`the path is too long for this archive: ${path}`);
    head.write(path, 0);
    head.write(octal(mode, 8), 100);
    head.write(octal(uid, 8), 108);
    head.write(octal(gid, 8), 116);
    head.write(octal(content.length, 12), 124);
    head.write(octal(Math.floor(Date.now() / 1000), 12), 136);
    head.write(' '.repeat(8), 148);
    head.write(path.endsWith('/') ? '5' : '0', 156);
    head.write('ustar\u000000', 257);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(head, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
