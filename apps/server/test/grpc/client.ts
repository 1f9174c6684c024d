/** A client of gRPC's own library for Node, out of the committed proto file: nothing of ours is between it and the wire. */
import { Client, credentials, Metadata, type CallOptions, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { fileURLToPath } from 'node:url';
import type { Hooks } from '../stage.ts';

export const protoPath = fileURLToPath(
  new URL('../../../../proto/barista/v1/barista.proto', import.meta.url),
);
export const root = await protobuf.load(protoPath);

export interface Options {
  metadata?: Record<string, string>;
  deadlineMs?: number;
  /** Bytes in the request's stead. */
  raw?: Buffer;
}
type Plain = Record<string, unknown>;

export interface ErrorDetail {
  code: string;
  message: string;
  next?: string;
  where?: string;
  cause?: string;
}
/** Of a status's details. Source: google/rpc/status.proto. */
export function detailOf(error: unknown): ErrorDetail {
  const [packed] = (error as ServiceError).metadata.get('grpc-status-details-bin');
  const status = protobuf
    .parse(
      'syntax = "proto3"; message Any { string type_url = 1; bytes value = 2; } message Status { int32 code = 1; string message = 2; repeated Any details = 3; }',
    )
    .root.lookupType('Status')
    .decode(packed as Buffer) as unknown as { details: { typeUrl: string; value: Uint8Array }[] };
  const [detail] = status.details;
  const type = root.lookupType(detail?.typeUrl.split('/')[1] ?? '');
  return type.toObject(type.decode(detail?.value ?? new Uint8Array())) as ErrorDetail;
}

export function openClient(hooks: Hooks, url: string, options: object = {}) {
  const client = new Client(new URL(url).host, credentials.createInsecure(), options);
  hooks.after(async () => client.close());
  const prepared = (path: string, { metadata = {}, deadlineMs }: Options) => {
    const [service = '', name = ''] = path.split('/');
    const method = root.lookupService(`barista.v1.${service}`).methods[name];
    if (!method) throw new Error(`no ${path}`);
    method.resolve();
    const request = method.resolvedRequestType as protobuf.Type;
    const response = method.resolvedResponseType as protobuf.Type;
    const given = new Metadata();
    for (const [key, value] of Object.entries(metadata)) given.set(key, value);
    const call: CallOptions = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return {
      path: `/barista.v1.${path}`,
      encode: (input: Plain) => Buffer.from(request.encode(request.fromObject(input)).finish()),
      decode: (bytes: Buffer) => response.toObject(response.decode(bytes), { longs: Number }),
      given,
      call,
    };
  };
  return {
    call(path: string, input: Plain = {}, options: Options = {}): Promise<Plain> {
      const { path: at, encode, decode, given, call } = prepared(path, options);
      const encoded = (each: Plain) => options.raw ?? encode(each);
      return new Promise((resolve, reject) =>
        client.makeUnaryRequest(at, encoded, decode, input, given, call, (error, answer) =>
          error ? reject(error) : resolve(answer ?? {}),
        ),
      );
    },
    stream(path: string, input: Plain = {}, options: Options = {}) {
      const { path: at, encode, decode, given, call } = prepared(path, options);
      return client.makeServerStreamRequest(at, encode, decode, input, given, call);
    },
    client,
  };
}
