/**
 * What messages are called: every exported object schema of the nouns and of the operations has its export's name. Where it is
 * not the very object, a schema is recognised by its content, for an optional field holds a copy. What is not exported is named
 * after the field it stands in.
 */
import * as call from '@cloud-barista/model/call';
import * as cloudRegion from '@cloud-barista/model/cloud-region';
import * as command from '@cloud-barista/model/command';
import * as conformance from '@cloud-barista/model/conformance';
import * as connection from '@cloud-barista/model/connection';
import * as customImage from '@cloud-barista/model/custom-image';
import * as disk from '@cloud-barista/model/disk';
import * as image from '@cloud-barista/model/image';
import * as inventory from '@cloud-barista/model/inventory';
import * as keyPair from '@cloud-barista/model/key-pair';
import * as mcis from '@cloud-barista/model/mcis';
import * as operation from '@cloud-barista/model/operation';
import * as publicIp from '@cloud-barista/model/public-ip';
import * as securityGroup from '@cloud-barista/model/security-group';
import * as spec from '@cloud-barista/model/spec';
import * as tag from '@cloud-barista/model/tag';
import * as vm from '@cloud-barista/model/vm';
import * as vpc from '@cloud-barista/model/vpc';
import * as mcisOperations from '../mcis.ts';
import * as operationOperations from '../operation-operations.ts';
import * as system from '../system.ts';

const modules: readonly object[] = [
  call,
  cloudRegion,
  command,
  conformance,
  connection,
  customImage,
  disk,
  image,
  inventory,
  keyPair,
  mcis,
  operation,
  publicIp,
  securityGroup,
  spec,
  tag,
  vm,
  vpc,
  mcisOperations,
  operationOperations,
  system,
];
/** `Shape` and `Error` mean something else to who reads generated code. */
const calledOtherwise: Record<string, string> = {
  ErrorShape: 'ErrorDetail',
  CommandEventShape: 'CommandEvent',
};

export interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  patternProperties?: Record<string, JsonSchema>;
  required?: readonly string[];
  description?: string;
}

/** An object with fields, or one of several such. */
export const isMessage = (schema: JsonSchema): boolean =>
  schema.properties !== undefined ||
  (schema.anyOf !== undefined && schema.anyOf.every(each => each.properties !== undefined));

let known: { schemas: Map<unknown, string>; contents: Map<string, string> } | undefined;
/** The name of a schema that is exported; undefined where none is. */
export function nameOf(schema: JsonSchema): string | undefined {
  if (!known) {
    known = { schemas: new Map(), contents: new Map() };
    for (const module of modules)
      for (const [name, value] of Object.entries(module) as [string, unknown][]) {
        if (!/^[A-Z]/.test(name) || typeof value !== 'object' || value === null || !isMessage(value))
          continue;
        const called = calledOtherwise[name] ?? name;
        if (!known.schemas.has(value)) known.schemas.set(value, called);
        const text = JSON.stringify(value);
        if (!known.contents.has(text)) known.contents.set(text, called);
      }
  }
  return known.schemas.get(schema) ?? known.contents.get(JSON.stringify(schema));
}
