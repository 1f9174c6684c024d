/** OpenAPI 3.1 out of the list of operations. Its schemas are the definitions' own: JSON Schema 2020-12 as it stands. */
import type { Definition } from '@cloud-barista/api/define';
import { operations } from '@cloud-barista/api/operations';
import { errorCodes, errorTable, type ErrorCode } from '@cloud-barista/model/errors';
import { Operation } from '@cloud-barista/model/operation';

const always: readonly ErrorCode[] = ['invalid_argument', 'unauthenticated', 'permission_denied', 'internal'];
const json = (schema: unknown) => ({ 'application/json': { schema } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function answers(definition: Definition): Record<string, unknown> {
  const { answer, status, output } = definition;
  const responses: Record<string, unknown> = {};
  if (answer === 'stream')
    responses['200'] = {
      description:
        'Server-sent events, one of this shape each; JSON lines when asked for application/x-ndjson.',
      content: { 'text/event-stream': { schema: output }, 'application/x-ndjson': { schema: output } },
    };
  else if (status === 204) responses['204'] = { description: 'Done.' };
  else
    responses[String(status)] = {
      description: answer === 'long' ? 'Done; given when asked to wait.' : 'Done.',
      content: json(output),
    };
  if (answer === 'long')
    responses['202'] = {
      description: 'Begun; watch the operation.',
      headers: { Location: { schema: { type: 'string' }, description: 'The operation.' } },
      content: json(ref('Operation')),
    };
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...always, ...definition.errors]))
    byStatus.set(errorTable[code].status, [...(byStatus.get(errorTable[code].status) ?? []), code]);
  for (const [code, words] of byStatus)
    responses[String(code)] = { description: words.join(', '), content: json(ref('Error')) };
  return responses;
}

function parameters(definition: Definition): unknown[] {
  const of = (schema: { properties?: object; required?: string[] }, place: 'path' | 'query') =>
    Object.entries(schema.properties ?? {}).map(([name, property]) => ({
      name,
      in: place,
      required: place === 'path' || (schema.required ?? []).includes(name),
      schema: property as unknown,
    }));
  const found = [...of(definition.params, 'path'), ...of(definition.query, 'query')];
  if (definition.answer === 'long')
    found.push(
      {
        name: 'Idempotency-Key',
        in: 'header' as never,
        required: false,
        schema: { type: 'string', maxLength: 128 },
      },
      {
        name: 'Prefer',
        in: 'header' as never,
        required: false,
        schema: { type: 'string', examples: ['wait=60'] },
      },
    );
  return found;
}

export function openApi(version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, definition] of Object.entries(operations) as [string, Definition][]) {
    const path = (paths[definition.path] ??= {});
    path[definition.method.toLowerCase()] = {
      operationId: name,
      summary: definition.summary,
      tags: [name.split('.')[0]],
      'x-role': definition.role,
      parameters: parameters(definition),
      ...(definition.body && { requestBody: { required: true, content: json(definition.body) } }),
      responses: answers(definition),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cloud-Barista',
      version,
      description: "The world's clouds, usable as one.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Operation,
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: {
                code: { type: 'string', enum: errorCodes },
                message: { type: 'string', description: 'What is wrong, and where' },
                next: { type: 'string', description: 'What to do about it' },
                where: { type: 'string', description: 'The field or resource' },
                cause: { type: 'string', description: "The cloud's own code" },
              },
            },
          },
        },
      },
    },
  };
}
