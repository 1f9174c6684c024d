/**
 * Errors as gRPC tells them: our code words are its codes; the message; and in the status's details (`grpc-status-details-bin`, a
 * google.rpc.Status) a barista.v1.ErrorDetail with `next`, `where` and `cause`.
 */
import { Metadata, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { BaristaError, ErrorCode } from '@cloud-barista/model/errors';
import { protoPackage } from '@cloud-barista/api/proto/text';
import type { Codec } from './codec.ts';

/** Source: google/rpc/status.proto; its Any as google/protobuf/any.proto has it. */
const rpcStatus = protobuf
  .parse(
    `syntax = "proto3";
message Any { string type_url = 1; bytes value = 2; }
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }`,
  )
  .root.lookupType('Status');
/** Trailers are headers: clients take 8 KiB of them by default, and the message stands in them twice, once percent-encoded. */
const longest = 400;
const short = (text: string) =>
  text.length <= longest ? text.toWellFormed() : `${text.slice(0, longest - 1).toWellFormed()}…`;

export const codeOf = (code: ErrorCode): number => status[code.toUpperCase() as Uppercase<ErrorCode>];

export interface Refusal {
  code: number;
  details: string;
  metadata: Metadata;
}

export function refusal(error: BaristaError, codec: Pick<Codec, 'encode'>, where?: string): Refusal {
  const body = { where, ...error.toJSON() };
  const detail = Object.fromEntries(
    Object.entries(body)
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .map(([key, text]) => [key, short(text)]),
  );
  const code = codeOf(error.code);
  const message = short(error.message);
  const details = [
    {
      typeUrl: `type.googleapis.com/${protoPackage}.ErrorDetail`,
      value: codec.encode('ErrorDetail', detail),
    },
  ];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(rpcStatus.encode({ code, message, details }).finish()));
  if (error.retryAfterMs !== undefined)
    metadata.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
  return { code, details: message, metadata };
}
