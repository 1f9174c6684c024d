/**
 * Server reflection, v1 and its older name v1alpha: clients like grpcurl learn the services and messages from the server itself.
 * It tells what docs and repository tell everybody, so it wants no token, like /openapi.json. Source: grpc/reflection/v1/reflection.proto.
 */
import { status, type Server } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { protoFile, protoPackage, valueFile } from '@cloud-barista/api/proto/text';
import { typed } from './bare.ts';
import { rootOf } from './codec.ts';
import { describeFile } from './descriptors.ts';
import { healthProto } from './health.ts';

const reflectionProto = (name: string) => `syntax = "proto3";
package ${name};
message ServerReflectionRequest {
  string host = 1;
  oneof message_request {
    string file_by_filename = 3;
    string file_containing_symbol = 4;
    ExtensionRequest file_containing_extension = 5;
    string all_extension_numbers_of_type = 6;
    string list_services = 7;
  }
}
message ExtensionRequest { string containing_type = 1; int32 extension_number = 2; }
message ServerReflectionResponse {
  string valid_host = 1;
  ServerReflectionRequest original_request = 2;
  oneof message_response {
    FileDescriptorResponse file_descriptor_response = 4;
    ExtensionNumberResponse all_extension_numbers_response = 5;
    ListServiceResponse list_services_response = 6;
    ErrorResponse error_response = 7;
  }
}
message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
message ExtensionNumberResponse { string base_type_name = 1; repeated int32 extension_number = 2; }
message ListServiceResponse { repeated ServiceResponse service = 1; }
message ServiceResponse { string name = 1; }
message ErrorResponse { int32 error_code = 1; string error_message = 2; }
service ServerReflection {
  rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream ServerReflectionResponse);
}
`;
const versions = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'] as const;

interface Known {
  files: Map<string, { bytes: Uint8Array; imports: readonly string[] }>;
  /** Full name of a service, method, message or enumeration → its file. */
  symbols: Map<string, string>;
  services: string[];
}

/** Every file that is served, under the names that clients know those of others by. */
function describe(text: string): Known {
  const known: Known = { files: new Map(), symbols: new Map(), services: [] };
  const add = (packageName: string, name: string, source: string, imports: readonly string[] = []) => {
    const { bytes, symbols, services } = describeFile(
      rootOf(source, { keepCase: true }),
      packageName,
      name,
      imports,
    );
    known.files.set(name, { bytes, imports });
    for (const symbol of symbols) known.symbols.set(symbol, name);
    known.services.push(...services);
  };
  add(protoPackage, protoFile, text, [valueFile]);
  add('google.protobuf', valueFile, '');
  add('grpc.health.v1', 'grpc/health/v1/health.proto', healthProto);
  for (const name of versions)
    add(name, `${name.replaceAll('.', '/')}/reflection.proto`, reflectionProto(name));
  return known;
}

/** A file, and what it imports. */
function withImports(known: Known, name: string): Uint8Array[] {
  const file = known.files.get(name);
  return file ? [file.bytes, ...file.imports.flatMap(each => withImports(known, each))] : [];
}

interface Request {
  host: string;
  fileByFilename?: string;
  fileContainingSymbol?: string;
  fileContainingExtension?: unknown;
  allExtensionNumbersOfType?: string;
  listServices?: string;
}

function answer(known: Known, request: Request): object {
  const asks = (key: keyof Request) => Object.hasOwn(request, key);
  const missing = (what: string) => ({
    errorResponse: { errorCode: status.NOT_FOUND, errorMessage: `There is no ${what} here.` },
  });
  const files = (name: string | undefined, what: string) =>
    name !== undefined && known.files.has(name)
      ? { fileDescriptorResponse: { fileDescriptorProto: withImports(known, name) } }
      : missing(what);
  if (asks('listServices'))
    return { listServicesResponse: { service: known.services.map(name => ({ name })) } };
  if (asks('fileByFilename')) return files(request.fileByFilename, `file ${request.fileByFilename}`);
  if (asks('fileContainingSymbol')) {
    // Of a field or an enumeration's word: what it stands in.
    let symbol = (request.fileContainingSymbol ?? '').replace(/^\./, '');
    while (symbol !== '' && !known.symbols.has(symbol))
      symbol = symbol.slice(0, Math.max(0, symbol.lastIndexOf('.')));
    return files(known.symbols.get(symbol), `symbol ${request.fileContainingSymbol}`);
  }
  if (asks('fileContainingExtension') || asks('allExtensionNumbersOfType')) return missing('extension');
  return { errorResponse: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'The request asks nothing.' } };
}

export function addReflection(server: Server, text: string): void {
  const roots = versions.map(name => protobuf.parse(reflectionProto(name)).root);
  let known: Known | undefined;
  const open = (): Known => (known ??= describe(text));
  for (const [at, root] of roots.entries()) {
    const name = versions[at] ?? '';
    const type = (message: string) => root.lookupType(`${name}.${message}`);
    server.addService(
      {
        ServerReflectionInfo: typed(
          `/${name}.ServerReflection/ServerReflectionInfo`,
          type('ServerReflectionRequest'),
          type('ServerReflectionResponse'),
          { request: true, response: true },
        ),
      },
      {
        ServerReflectionInfo(call: NodeJS.ReadWriteStream) {
          call.on('end', () => call.end());
          call.on('data', (request: Request) => {
            const response = {
              validHost: request.host,
              originalRequest: request,
              ...answer(open(), request),
            };
            // Who does not read is not answered more.
            if (!call.write(response as never)) {
              call.pause();
              call.once('drain', () => call.resume());
            }
          });
          call.on('error', () => {});
        },
      },
    );
  }
}
