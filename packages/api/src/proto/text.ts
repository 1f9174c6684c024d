/** The .proto file: what clients in other languages are generated from, and what the server itself reads its messages from. */
import { kindName, numberOf, type Ledger } from './numbers.ts';
import type { Field, Message, Shapes } from './shape.ts';

export const protoPackage = 'barista.v1';
export const protoFile = 'barista/v1/barista.proto';
/** Where google.protobuf.Value stands. */
export const valueFile = 'google/protobuf/struct.proto';

export const snake = (name: string): string =>
  name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

const comment = (text: string, indent: string) =>
  text === '' ? '' : `${indent}// ${text.replaceAll(/\s+/g, ' ')}\n`;

function fieldText(field: Field, number: number): string {
  const type = kindName(field.kind);
  const whole =
    field.label === 'many'
      ? `repeated ${type}`
      : field.label === 'map'
        ? `map<string, ${type}>`
        : // A message's presence is always told.
          (field.optional || field.nullable) && typeof field.kind === 'string' && field.kind !== 'value'
          ? `optional ${type}`
          : type;
  return `${comment(field.comment, '  ')}  ${whole} ${snake(field.name)} = ${number};\n`;
}

function messageText({ name, fields }: Message, ledger: Ledger): string {
  const reserved = Object.entries(ledger.messages[name]?.reserved ?? {});
  const names = new Set(
    reserved.map(([, field]) => field).filter(gone => fields.every(field => field.name !== gone)),
  );
  const lines = fields
    .map(field => ({ field, number: numberOf(ledger, name, field.name) }))
    .toSorted((a, b) => a.number - b.number)
    .map(({ field, number }) => fieldText(field, number));
  if (reserved.length > 0) lines.unshift(`  reserved ${reserved.map(([number]) => number).join(', ')};\n`);
  if (names.size > 0)
    lines.unshift(`  reserved ${[...names].map(gone => JSON.stringify(snake(gone))).join(', ')};\n`);
  return lines.length === 0 ? `message ${name} {}\n` : `message ${name} {\n${lines.join('')}}\n`;
}

export function protoText({ messages, services }: Shapes, ledger: Ledger): string {
  const head = `// Cloud-Barista over gRPC. Made by \`node tools/proto.ts\` out of the list of operations (packages/api): don't edit.
// How calls are made: docs/grpc.md.
syntax = "proto3";

package ${protoPackage};

import ${JSON.stringify(valueFile)};
`;
  const serviceTexts = services.map(({ name, methods }) => {
    // Names are looked up from the inside: a message that is called as a method of the service is, needs its whole name.
    const whole = (message: string) =>
      methods.some(each => each.name === message) ? `.${protoPackage}.${message}` : message;
    const lines = methods.map(
      each =>
        `${comment(each.comment, '  ')}  rpc ${each.name}(${whole(each.request)}) returns (${each.streams ? 'stream ' : ''}${whole(each.response)});\n`,
    );
    return `service ${name} {\n${lines.join('')}}\n`;
  });
  return [head, ...serviceTexts, ...[...messages.values()].map(each => messageText(each, ledger))].join('\n');
}
