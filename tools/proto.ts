/**
 * Writes proto/ and the ledger of field numbers out of the list of operations. Run it when an operation or a noun has changed:
 *
 *   node tools/proto.ts
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openProto } from '@cloud-barista/api/proto/proto';
import { protoFile } from '@cloud-barista/api/proto/text';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { ledger, text } = openProto();
const file = at(`proto/${protoFile}`);
await mkdir(dirname(file), { recursive: true });
await writeFile(file, text);
await writeFile(at('packages/api/src/proto/numbers.json'), `${JSON.stringify(ledger, null, 2)}\n`);
