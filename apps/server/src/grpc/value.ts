/** Any JSON as google.protobuf.Value and back. Source: google/protobuf/struct.proto. */

export const structProto = `syntax = "proto3";
package google.protobuf;
message Struct { map<string, Value> fields = 1; }
message Value {
  oneof kind {
    NullValue null_value = 1;
    double number_value = 2;
    string string_value = 3;
    bool bool_value = 4;
    Struct struct_value = 5;
    ListValue list_value = 6;
  }
}
enum NullValue { NULL_VALUE = 0; }
message ListValue { repeated Value values = 1; }
`;

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue | undefined };
export interface Value {
  nullValue?: 0;
  numberValue?: number;
  stringValue?: string;
  boolValue?: boolean;
  structValue?: { fields: Record<string, Value> };
  listValue?: { values: Value[] };
}

export function toValue(json: JsonValue | undefined): Value {
  if (json === null || json === undefined) return { nullValue: 0 };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(toValue) } };
  const fields: Record<string, Value> = {};
  for (const [key, value] of Object.entries(json)) if (value !== undefined) fields[key] = toValue(value);
  return { structValue: { fields } };
}

export function fromValue(value: Value): JsonValue {
  const own = <K extends keyof Value>(key: K): Value[K] | undefined =>
    Object.hasOwn(value, key) && value[key] !== null ? value[key] : undefined;
  const list = own('listValue');
  if (list) return (list.values ?? []).map(fromValue);
  const struct = own('structValue');
  if (struct)
    return Object.fromEntries(
      Object.entries(struct.fields ?? {}).map(([key, each]) => [key, fromValue(each)]),
    );
  return own('stringValue') ?? own('numberValue') ?? own('boolValue') ?? null;
}
