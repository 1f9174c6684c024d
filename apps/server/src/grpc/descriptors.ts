/** A parsed proto file as the descriptor that reflection sends. Source: google/protobuf/descriptor.proto, of which this much is needed. */
import protobuf, {
  type Enum,
  type Field,
  type Method,
  type Namespace,
  type Root,
  type Service,
  type Type,
} from 'protobufjs';

const fileType = protobuf
  .parse(
    `syntax = "proto3";
message FileDescriptorProto {
  string name = 1; string package = 2; repeated string dependency = 3; repeated DescriptorProto message_type = 4;
  repeated EnumDescriptorProto enum_type = 5; repeated ServiceDescriptorProto service = 6; string syntax = 12;
}
message DescriptorProto {
  string name = 1; repeated FieldDescriptorProto field = 2; repeated DescriptorProto nested_type = 3;
  repeated EnumDescriptorProto enum_type = 4; MessageOptions options = 7; repeated OneofDescriptorProto oneof_decl = 8;
  repeated Range reserved_range = 9; repeated string reserved_name = 10;
}
message Range { int32 start = 1; int32 end = 2; }
message MessageOptions { bool map_entry = 7; }
message OneofDescriptorProto { string name = 1; }
message FieldDescriptorProto {
  string name = 1; int32 number = 3; int32 label = 4; int32 type = 5; string type_name = 6; int32 oneof_index = 9;
  string json_name = 10; bool proto3_optional = 17;
}
message EnumDescriptorProto { string name = 1; repeated EnumValueDescriptorProto value = 2; }
message EnumValueDescriptorProto { string name = 1; int32 number = 2; }
message ServiceDescriptorProto { string name = 1; repeated MethodDescriptorProto method = 2; }
message MethodDescriptorProto {
  string name = 1; string input_type = 2; string output_type = 3; bool client_streaming = 5; bool server_streaming = 6;
}`,
  )
  .root.lookupType('FileDescriptorProto');

const scalarTypes: Record<string, number> = { double: 1, int64: 3, int32: 5, bool: 8, string: 9, bytes: 12 };
const [messageType, enumType] = [11, 14];
const [one, repeated] = [1, 3];
const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** What protoc calls the entry of a map. */
const entryName = (field: string) => `${camel(field).replace(/^./, letter => letter.toUpperCase())}Entry`;

export interface Described {
  bytes: Uint8Array;
  /** Full names of all that is declared: messages, enumerations, services and their methods. */
  symbols: string[];
  services: string[];
}

const kindOf = ({ type, resolvedType }: Pick<Field, 'type' | 'resolvedType'>) =>
  resolvedType
    ? { type: 'values' in resolvedType ? enumType : messageType, typeName: resolvedType.fullName }
    : { type: scalarTypes[type] };

function ofMessage(message: Type): object {
  // Those of `optional` fields have to stand behind the others.
  const choices = message.oneofsArray.toSorted((a, b) => Number(isOptional(a)) - Number(isOptional(b)));
  const entries: object[] = [];
  const fields = message.fieldsArray.map(field => {
    const { name, id, repeated: many, map, partOf } = field.resolve();
    const base = { name, number: id, jsonName: camel(name), label: many || map ? repeated : one };
    if (map) {
      entries.push({
        name: entryName(name),
        field: [
          { name: 'key', number: 1, label: one, type: scalarTypes['string'], jsonName: 'key' },
          { name: 'value', number: 2, label: one, jsonName: 'value', ...kindOf(field) },
        ],
        options: { mapEntry: true },
      });
      return { ...base, type: messageType, typeName: `${message.fullName}.${entryName(name)}` };
    }
    return {
      ...base,
      ...kindOf(field),
      ...(partOf && { oneofIndex: choices.indexOf(partOf) }),
      ...(partOf && isOptional(partOf) && { proto3Optional: true }),
    };
  });
  const inner = message.nestedArray;
  const reserved = message.reserved ?? [];
  return {
    name: message.name,
    field: fields,
    nestedType: [...inner.filter(each => each instanceof protobuf.Type).map(ofMessage), ...entries],
    enumType: inner.filter(each => each instanceof protobuf.Enum).map(ofEnum),
    oneofDecl: choices.map(({ name }) => ({ name })),
    reservedRange: reserved
      .filter(each => typeof each !== 'string')
      .map(([start = 0, end = start]) => ({ start, end: end + 1 })),
    reservedName: reserved.filter(each => typeof each === 'string'),
  };
}
const isOptional = (choice: { name: string; oneof: string[] }) =>
  choice.oneof.length === 1 && choice.name === `_${choice.oneof[0]}`;
const ofEnum = ({ name, values }: Enum) => ({
  name,
  value: Object.entries(values).map(([word, number]) => ({ name: word, number })),
});
const ofService = ({ name, methodsArray }: Service) => ({
  name,
  method: methodsArray.map(method => {
    const { resolvedRequestType, resolvedResponseType, requestStream, responseStream } =
      method.resolve() as Method;
    return {
      name: method.name,
      inputType: resolvedRequestType?.fullName,
      outputType: resolvedResponseType?.fullName,
      clientStreaming: requestStream === true,
      serverStreaming: responseStream === true,
    };
  }),
});

/** The file of one package of a root that was parsed with `keepCase`: fields under the file's names, not under this language's. */
export function describeFile(
  root: Root,
  packageName: string,
  name: string,
  imports: readonly string[],
): Described {
  const all = (root.lookup(packageName) as Namespace).nestedArray;
  const messages = all.filter(each => each instanceof protobuf.Type);
  const enums = all.filter(each => each instanceof protobuf.Enum);
  const services = all.filter(each => each instanceof protobuf.Service);
  const full = ({ fullName }: { fullName: string }) => fullName.slice(1);
  const file = {
    name,
    package: packageName,
    dependency: imports,
    messageType: messages.map(ofMessage),
    enumType: enums.map(ofEnum),
    service: services.map(ofService),
    syntax: 'proto3',
  };
  return {
    bytes: fileType.encode(file).finish(),
    services: services.map(full),
    symbols: [
      ...[...messages, ...enums, ...services].map(full),
      ...services.flatMap(service => service.methodsArray.map(method => `${full(service)}.${method.name}`)),
    ],
  };
}
