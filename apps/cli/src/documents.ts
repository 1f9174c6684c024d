/**
 * What a user's file says: YAML or JSON, one or more documents. Each has a `kind` (mcis where it has groups), may name
 * its `namespace`, and is otherwise the body of the kind's create operation. A credential may take values from the environment
 * (`valuesFromEnv: { accessKeyId: AWS_ACCESS_KEY_ID }`), so that no secret need stand in a file.
 */
import { readFile } from 'node:fs/promises';
import { isNode, LineCounter, parseAllDocuments, type Document as Parsed } from 'yaml';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';

/** In the order in which they need one another. */
export const kinds = ['namespace', 'credential', 'region', 'connection', 'mcis'] as const;
export type Kind = (typeof kinds)[number];

export interface Document {
  kind: Kind;
  namespace: string | undefined;
  body: Record<string, unknown>;
  /** For errors, e.g. `infra.yaml, document 2`. */
  where: string;
  /** Where a field stands, e.g. `infra.yaml, line 7` for `groups[0].size`; `where` when it stands nowhere. */
  placeOf(field: string): string;
}

const largest = 1024 * 1024;

async function readText(file: string): Promise<string> {
  if (file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BaristaError(
      code === 'ENOENT' ? 'not_found' : 'failed_precondition',
      `${file} can't be read: ${(error as Error).message}`,
      {
        next: 'Check the path; - reads standard input.',
        where: file,
      },
    );
  }
}

export async function readDocuments(file: string): Promise<Document[]> {
  const text = await readText(file);
  if (text.length > largest)
    throw new BaristaError('invalid_argument', `${file} is larger than ${largest} bytes.`, { where: file });
  return parseDocuments(text, file);
}

export function parseDocuments(text: string, file: string): Document[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { prettyErrors: true, lineCounter: lines });
  const documents: Document[] = [];
  for (const [index, document] of [...(parsed as Iterable<(typeof parsed)[number]>)].entries()) {
    const where = parsed.length === 1 ? file : `${file}, document ${index + 1}`;
    const [problem] = document.errors;
    if (problem)
      throw new BaristaError(
        'invalid_argument',
        `${where} is not YAML or JSON: ${problem.message.split('\n')[0] ?? ''}`,
        {
          where,
          next: 'Is the file whole? Mend it; nothing was changed.',
        },
      );
    // Each alias may stand for much: a bound keeps a small file from growing without end.
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      throw new BaristaError('invalid_argument', `${where} can't be read: ${(error as Error).message}.`, {
        where,
        next: 'Write out what its aliases (*name) stand for.',
        source: error,
      });
    }
    if (value === null) continue;
    const placeOf = (field: string) => {
      const offset = offsetOf(document, field);
      return offset === undefined ? where : `${file}, line ${lines.linePos(offset).line}`;
    };
    documents.push({ ...documentOf(value, where), placeOf });
  }
  if (documents.length === 0)
    throw new BaristaError('invalid_argument', `${file} holds nothing.`, {
      where: file,
      next: 'See examples/video-conference.yaml.',
    });
  return documents;
}

/** Of the field, or of the nearest that it would stand in. */
function offsetOf(document: Parsed.Parsed, field: string): number | undefined {
  const path = [...field.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
  for (; path.length > 0; path.pop()) {
    const node: unknown = document.getIn(path, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function documentOf(value: unknown, where: string): Omit<Document, 'placeOf'> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BaristaError('invalid_argument', `${where} is not an object.`, {
      where,
      next: 'It needs fields such as kind and name.',
    });
  const { kind: word, namespace, ...body } = value as Record<string, unknown>;
  const said = word === undefined && 'groups' in body ? 'mcis' : String(word ?? '').toLowerCase();
  const kind = kinds.find(candidate => candidate === said);
  if (!kind)
    throw new BaristaError(
      'invalid_argument',
      word === undefined ? `${where} has no kind.` : `${where} has the unknown kind ${JSON.stringify(word)}.`,
      {
        where,
        next: suggest(said, kinds, `It is one of ${kinds.join(', ')}.`),
      },
    );
  if (typeof body['name'] !== 'string')
    throw body['name'] === undefined
      ? new BaristaError('invalid_argument', `${where} has no name.`, { where, next: 'Add name: …' })
      : new BaristaError('invalid_argument', `${where}: the name must be text.`, {
          where,
          next: `Put it in quotes: name: ${JSON.stringify(String(body['name']))}`,
        });
  if (namespace !== undefined && typeof namespace !== 'string')
    throw new BaristaError('invalid_argument', `${where}: the namespace must be text.`, {
      where,
      next: 'Put it in quotes.',
    });
  // A region without keys of its own is one.
  if (kind === 'region') body['values'] ??= {};
  return { kind, namespace, body: kind === 'credential' ? withEnvironment(body, where) : body, where };
}

function withEnvironment(body: Record<string, unknown>, where: string): Record<string, unknown> {
  const { valuesFromEnv, ...rest } = body;
  if (valuesFromEnv === undefined) return rest;
  if (typeof valuesFromEnv !== 'object' || valuesFromEnv === null || Array.isArray(valuesFromEnv))
    throw new BaristaError('invalid_argument', `${where}: valuesFromEnv must be an object.`, {
      where,
      next: 'Write KEY: VARIABLE in it.',
    });
  const values = { ...(rest['values'] as Record<string, string> | undefined) };
  for (const [key, variable] of Object.entries(valuesFromEnv as Record<string, string>)) {
    const value = process.env[variable];
    if (value === undefined || value === '')
      throw new BaristaError(
        'failed_precondition',
        `${where} takes ${key} from the environment variable ${variable}, which is not set.`,
        {
          where,
          next: `export ${variable}=…`,
        },
      );
    values[key] = value;
  }
  return { ...rest, values };
}
