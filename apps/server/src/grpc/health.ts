/** grpc.health.v1: what probes ask. All that is served is well as long as it answers. Source: grpc/health/v1/health.proto. */
import { status, type Server } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { typed } from './bare.ts';

export const healthProto = `syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
  ServingStatus status = 1;
}
service Health {
  rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
  rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
}
`;
const serving = 1;
const serviceUnknown = 3;

/** `services`: the full names; "" is the server as a whole. */
export function addHealth(server: Server, services: readonly string[]): void {
  const { root } = protobuf.parse(healthProto);
  const request = root.lookupType('grpc.health.v1.HealthCheckRequest');
  const response = root.lookupType('grpc.health.v1.HealthCheckResponse');
  const known = new Set(['', ...services]);
  const path = '/grpc.health.v1.Health';
  server.addService(
    {
      Check: typed(`${path}/Check`, request, response),
      Watch: typed(`${path}/Watch`, request, response, { response: true }),
    },
    {
      Check(
        call: { request: { service: string } },
        callback: (error: object | null, answer?: object) => void,
      ) {
        const { service } = call.request;
        if (known.has(service)) callback(null, { status: serving });
        else callback({ code: status.NOT_FOUND, details: `There is no service ${JSON.stringify(service)}.` });
      },
      // It says so at once and then nothing more: with the server its streams end.
      Watch(call: { request: { service: string }; write(answer: object): void }) {
        call.write({ status: known.has(call.request.service) ? serving : serviceUnknown });
      },
    },
  );
}
