/**
 * The numbers of fields, kept for ever in numbers.json: a field's number is what it is called on the wire. A new field gets
 * the next number of its message; that of a removed one, or of one whose type changed, is never given again.
 */
import type { Field, Kind, Method, Shapes } from './shape.ts';

export interface Ledger {
  /** Message → field → `NUMBER TYPE`; `reserved`: number → the field that had it. */
  messages: Record<string, { fields: Record<string, string>; reserved?: Record<string, string> }>;
  /** Service → method → `REQUEST RESPONSE`, or `REQUEST stream RESPONSE`. Those of removed operations stay. */
  services: Record<string, Record<string, string>>;
}

export const kindName = (kind: Kind): string =>
  typeof kind === 'object' ? kind.message : kind === 'value' ? 'google.protobuf.Value' : kind;
export function typeOf({ kind, label }: Pick<Field, 'kind' | 'label'>): string {
  const type = kindName(kind);
  return label === 'many' ? `repeated ${type}` : label === 'map' ? `map<string, ${type}>` : type;
}
export const signatureOf = ({ request, response, streams }: Method): string =>
  `${request} ${streams ? 'stream ' : ''}${response}`;

const entryOf = (text: string): { number: number; type: string } => {
  const [number = '', ...type] = text.split(' ');
  return { number: Number(number), type: type.join(' ') };
};
export const numberOf = (ledger: Ledger, message: string, field: string): number => {
  const entry = ledger.messages[message]?.fields[field];
  if (entry === undefined) throw new Error(`${message}.${field} has no number`);
  return entryOf(entry).number;
};

/** The ledger with what is new numbered and what is gone reserved. Throws where a method would change what it takes or gives. */
export function numbered(shapes: Shapes, before: Ledger): Ledger {
  const messages: Ledger['messages'] = {};
  for (const name of new Set([...Object.keys(before.messages), ...shapes.messages.keys()])) {
    const old = before.messages[name] ?? { fields: {} };
    const reserved: Record<string, string> = { ...old.reserved };
    const fields: Record<string, string> = {};
    const now = new Map(shapes.messages.get(name)?.fields.map(field => [field.name, typeOf(field)]));
    for (const [field, text] of Object.entries(old.fields)) {
      const { number, type } = entryOf(text);
      if (now.get(field) === type) fields[field] = text;
      else reserved[number] = field;
    }
    const used = [
      ...Object.values(fields).map(text => entryOf(text).number),
      ...Object.keys(reserved).map(Number),
    ];
    let next = Math.max(0, ...used) + 1;
    for (const [field, type] of now) fields[field] ??= `${next++} ${type}`;
    messages[name] = { fields, ...(Object.keys(reserved).length > 0 && { reserved }) };
  }
  const services: Ledger['services'] = structuredClone(before.services);
  for (const { name, methods } of shapes.services)
    for (const method of methods) {
      const all = (services[name] ??= {});
      const signature = signatureOf(method);
      const had = (all[method.name] ??= signature);
      if (had !== signature)
        throw new Error(
          `${name}.${method.name} was (${had}) and would be (${signature}), which breaks its clients: give the operation ` +
            'another name, or, where nobody has it yet, take its line out of numbers.json',
        );
    }
  return { messages, services };
}
