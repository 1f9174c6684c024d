/** Method definitions whose bytes cross the library as they are: what is wrong in them is told as our error, behind the authorisation. */
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Type } from 'protobufjs';

const asItIs = <T>(value: T): T => value;
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const bare = (path: string, responseStream: boolean) =>
  ({
    path,
    requestStream: false,
    responseStream,
    requestSerialize: asItIs<Buffer>,
    requestDeserialize: asItIs<Buffer>,
    responseSerialize: bufferOf,
    responseDeserialize: asItIs<Buffer>,
  }) satisfies MethodDefinition<Buffer, Uint8Array>;

/** Of gRPC's own services, whose messages are read and written by the library. */
export function typed(
  path: string,
  request: Type,
  response: Type,
  streams: { request?: boolean; response?: boolean } = {},
): MethodDefinition<Record<string, unknown>, Record<string, unknown>> {
  const serialize = (type: Type) => (value: Record<string, unknown>) => bufferOf(type.encode(value).finish());
  const deserialize = (type: Type) => (bytes: Buffer) =>
    type.decode(bytes) as object as Record<string, unknown>;
  return {
    path,
    requestStream: streams.request ?? false,
    responseStream: streams.response ?? false,
    requestSerialize: serialize(request),
    requestDeserialize: deserialize(request),
    responseSerialize: serialize(response),
    responseDeserialize: deserialize(response),
  };
}
