/**
 * gRPC: every operation of the list behind the same authorisation, validation and handlers as its route. Loaded at the first HTTP/2
 * connection.
 */
import {
  Metadata,
  Server,
  ServerCredentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Definition } from '@cloud-barista/api/define';
import type { CallContext } from '@cloud-barista/api/handlers';
import { operations, type OperationName } from '@cloud-barista/api/operations';
import { openProto } from '@cloud-barista/api/proto/proto';
import type { Method } from '@cloud-barista/api/proto/shape';
import { protoPackage } from '@cloud-barista/api/proto/text';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import type { Operation } from '@cloud-barista/model/operation';
import { bodyLimit } from '../http-errors.ts';
import type { HttpOptions } from '../http.ts';
import { idempotencyKey, waited, waitOf } from '../long.ts';
import { validate } from '../validate.ts';
import { bare } from './bare.ts';
import { openCodec } from './codec.ts';
import type { Http2 } from './door.ts';
import { refusal } from './errors.ts';
import { addHealth } from './health.ts';
import { addReflection } from './reflection.ts';

type Call = ServerUnaryCall<Buffer, Uint8Array> | ServerWritableStream<Buffer, Uint8Array>;
type Handler = (input: unknown, context: CallContext) => Promise<unknown>;

/** The metadata that mean the same as HTTP's headers. A host is what the client calls us by, as with HTTP/1. */
function headersOf(call: Call): IncomingHttpHeaders {
  const first = (name: string) => call.metadata.get(name)[0]?.toString();
  const headers: IncomingHttpHeaders = { host: call.getHost() };
  for (const name of ['authorization', 'origin', 'prefer', 'idempotency-key']) {
    const value = first(name);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** Of `input`, what the schema of path or query knows. */
const partOf = (schema: Definition['params'], input: Record<string, unknown>) =>
  Object.fromEntries(
    Object.keys(schema.properties)
      .filter(key => Object.hasOwn(input, key))
      .map(key => [key, input[key]]),
  );

export function serveGrpc({ handlers, sagas, auth, present, onError }: HttpOptions): Http2 {
  const proto = openProto();
  const codec = openCodec(proto);

  function inputOf(definition: Definition, method: Method, bytes: Buffer): Record<string, unknown> {
    const input = codec.decode(method.request, bytes);
    const params = partOf(definition.params, input);
    const query = partOf(definition.query, input);
    validate(definition.params, params, 'path');
    validate(definition.query, query, 'query');
    if (!definition.body) return { ...params, ...query };
    if (input['body'] === undefined)
      throw new BaristaError('invalid_argument', 'The body is missing.', {
        where: 'body',
        next: `Set the field body of ${method.request}.`,
      });
    validate(definition.body, input['body'], 'body');
    return { ...params, ...query, body: input['body'] };
  }

  /** Authorised, decoded, validated and done. */
  async function answer(call: Call, method: Method, signal: AbortSignal): Promise<unknown> {
    const name = method.operation as OperationName;
    const definition = operations[name] as unknown as Definition;
    const headers = headersOf(call);
    auth.authorize(headers, definition.role);
    const input = inputOf(definition, method, call.request);
    const handler = handlers[name] as unknown as Handler;
    const answered = await handler(input, { signal, idempotencyKey: idempotencyKey(headers) });
    if (definition.answer !== 'long') return answered;
    const operation = answered as Operation;
    const seconds = waitOf(headers['prefer']);
    if (seconds === undefined) return operation;
    const now = await waited(sagas, operation, seconds, signal);
    return now.state === 'succeeded' ? { ...now, result: await present(now.result) } : now;
  }

  function refused(error: unknown, call: Call) {
    const known = toBaristaError(error);
    const id = crypto.randomUUID();
    onError(known, { method: 'gRPC', url: call.getPath(), id });
    return refusal(known, codec, known.code === 'internal' ? `request ${id}` : undefined);
  }
  /** Fires when the client cancels, its deadline passes or its connection ends. */
  function goneOf(call: Call): AbortSignal {
    const gone = new AbortController();
    call.once('cancelled', () => gone.abort());
    return gone.signal;
  }

  const unary =
    (method: Method): handleUnaryCall<Buffer, Uint8Array> =>
    (call, callback) => {
      answer(call, method, goneOf(call))
        .then(output => codec.encode(method.response, output))
        .then(
          bytes => callback(null, bytes),
          error => callback(refused(error, call)),
        );
    };
  const streaming =
    (method: Method): handleServerStreamingCall<Buffer, Uint8Array> =>
    call => {
      const gone = goneOf(call);
      const send = async () => {
        const source = (await answer(call, method, gone)) as AsyncIterable<unknown>;
        // Before the first item: what follows the watch is told from here on.
        call.sendMetadata(new Metadata());
        for await (const item of source) {
          if (gone.aborted) break;
          if (!call.write(codec.encode(method.response, item))) await once(call, 'drain', { signal: gone });
        }
        call.end();
      };
      send().catch(error => {
        if (!gone.aborted) call.emit('error', refused(error, call));
      });
    };

  const server = new Server({
    'grpc.max_receive_message_length': bodyLimit,
    'grpc.max_concurrent_streams': 250,
    // A client that went without a word is noticed, and its streams end.
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.enable_channelz': 0,
  });
  for (const { name, methods } of proto.shapes.services) {
    const path = (method: Method) => `/${protoPackage}.${name}/${method.name}`;
    server.addService(
      Object.fromEntries(methods.map(method => [method.name, bare(path(method), method.streams)])),
      Object.fromEntries(
        methods.map(method => [method.name, method.streams ? streaming(method) : unary(method)]),
      ),
    );
  }
  const services = proto.shapes.services.map(({ name }) => `${protoPackage}.${name}`);
  addHealth(server, services);
  addReflection(server, proto.text);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: socket => injector.injectConnection(socket),
    close: () => server.forceShutdown(),
  };
}
