/**
 * EC2's answers: objects as elements, arrays as lists of `<item>`, in EC2's own namespace.
 */

/** Elements that stand as text already, for lists of thousands. */
export class Printed {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Xml =
  | string
  | number
  | boolean
  | undefined
  | Printed
  | readonly Xml[]
  | { readonly [name: string]: Xml };

const special = /[&<>"\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** What XML 1.0 cannot hold at all (other control characters) is left out. */
export const escape = (text: string): string =>
  special.test(text) ? text.replaceAll(new RegExp(special, 'g'), found => entities[found] ?? '') : text;

function print(name: string, value: Xml): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value === '' ? `<${name}/>` : `<${name}>${escape(value)}</${name}>`;
  if (value instanceof Printed) return `<${name}>${value.text}</${name}>`;
  if (typeof value === 'number' || typeof value === 'boolean') return `<${name}>${value}</${name}>`;
  let inner = '';
  if (Array.isArray(value)) for (const item of value as readonly Xml[]) inner += print('item', item);
  else inner = printMembers(value as { readonly [name: string]: Xml });
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

export function printMembers(members: { readonly [name: string]: Xml }): string {
  let text = '';
  for (const name in members) text += print(name, members[name]);
  return text;
}

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';

export type Members = { readonly [name: string]: Xml };

export const ec2Answer = (action: string, version: string, requestId: string, members: Members): string =>
  `${head}<${action}Response xmlns="http://ec2.amazonaws.com/doc/${version}/"><requestId>${requestId}</requestId>${printMembers(members)}</${action}Response>`;

export const ec2Failure = (code: string, message: string, requestId: string): string =>
  `${head}<Response><Errors><Error><Code>${escape(code)}</Code><Message>${escape(message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`;

const sts = 'https://sts.amazonaws.com/doc/2011-06-15/';

export const stsAnswer = (action: string, requestId: string, members: Members): string =>
  `${head}<${action}Response xmlns="${sts}"><${action}Result>${printMembers(members)}</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;

export const stsFailure = (code: string, message: string, requestId: string): string =>
  `${head}<ErrorResponse xmlns="${sts}"><Error><Type>Sender</Type><Code>${escape(code)}</Code><Message>${escape(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
