/** Drivers, credentials, regions and the connections made of them. */
import {
  Connection,
  ConnectionInput,
  Credential,
  CredentialInput,
  Driver,
  DriverInput,
  Region,
  RegionInput,
} from '@cloud-barista/model/connection';
import { closed, Name, page } from '@cloud-barista/model/schema';
import { Done, inConnection, PageQuery } from './common.ts';
import { define } from './define.ts';

const driver = closed({ driver: Name });
const credential = closed({ credential: Name });
const region = closed({ region: Name });
const connection = closed(inConnection);

export const connections = {
  'driver.create': define({
    method: 'POST',
    path: '/v1/drivers',
    summary: 'Load a driver from a module into a process of its own',
    role: 'admin',
    status: 201,
    body: DriverInput,
    output: Driver,
    errors: ['already_exists', 'failed_precondition', 'permission_denied'],
  }),
  'driver.list': define({
    method: 'GET',
    path: '/v1/drivers',
    summary: 'List the drivers and what each needs and can',
    query: PageQuery,
    output: page(Driver),
  }),
  'driver.get': define({
    method: 'GET',
    path: '/v1/drivers/{driver}',
    summary: 'Show a driver',
    params: driver,
    output: Driver,
    errors: ['not_found'],
  }),
  'driver.reload': define({
    method: 'POST',
    path: '/v1/drivers/{driver}/reload',
    summary: 'Load a driver from its module again, as it is now; its connections stay',
    role: 'admin',
    params: driver,
    output: Driver,
    errors: ['not_found', 'failed_precondition', 'aborted'],
  }),
  'driver.delete': define({
    method: 'DELETE',
    path: '/v1/drivers/{driver}',
    summary: 'Unload a driver that was loaded from a module and that nothing uses',
    role: 'admin',
    status: 204,
    params: driver,
    output: Done,
    errors: ['not_found', 'failed_precondition'],
  }),

  'credential.create': define({
    method: 'POST',
    path: '/v1/credentials',
    summary: 'Store a credential, sealed; its values are never shown again',
    role: 'admin',
    status: 201,
    body: CredentialInput,
    output: Credential,
    errors: ['already_exists', 'not_found'],
  }),
  'credential.list': define({
    method: 'GET',
    path: '/v1/credentials',
    summary: 'List credentials (names and keys, no values)',
    query: PageQuery,
    output: page(Credential),
  }),
  'credential.get': define({
    method: 'GET',
    path: '/v1/credentials/{credential}',
    summary: 'Show a credential (no values)',
    params: credential,
    output: Credential,
    errors: ['not_found'],
  }),
  'credential.delete': define({
    method: 'DELETE',
    path: '/v1/credentials/{credential}',
    summary: 'Delete a credential that no connection uses',
    role: 'admin',
    status: 204,
    params: credential,
    output: Done,
    errors: ['not_found', 'failed_precondition'],
  }),

  // A region's `endpoint` says where a credential is sent: who may set it may read what admins stored.
  'region.create': define({
    method: 'POST',
    path: '/v1/regions',
    summary: 'Describe a region of a cloud',
    role: 'admin',
    status: 201,
    body: RegionInput,
    output: Region,
    errors: ['already_exists', 'not_found'],
  }),
  'region.list': define({
    method: 'GET',
    path: '/v1/regions',
    summary: 'List regions',
    query: PageQuery,
    output: page(Region),
  }),
  'region.get': define({
    method: 'GET',
    path: '/v1/regions/{region}',
    summary: 'Show a region',
    params: region,
    output: Region,
    errors: ['not_found'],
  }),
  'region.delete': define({
    method: 'DELETE',
    path: '/v1/regions/{region}',
    summary: 'Delete a region that no connection uses',
    role: 'admin',
    status: 204,
    params: region,
    output: Done,
    errors: ['not_found', 'failed_precondition'],
  }),

  'connection.create': define({
    method: 'POST',
    path: '/v1/connections',
    summary: 'Join driver, credential and region into a connection',
    role: 'admin',
    status: 201,
    body: ConnectionInput,
    output: Connection,
    errors: ['already_exists', 'not_found'],
  }),
  'connection.list': define({
    method: 'GET',
    path: '/v1/connections',
    summary: 'List connections',
    query: PageQuery,
    output: page(Connection),
  }),
  'connection.get': define({
    method: 'GET',
    path: '/v1/connections/{connection}',
    summary: 'Show a connection',
    params: connection,
    output: Connection,
    errors: ['not_found'],
  }),
  'connection.delete': define({
    method: 'DELETE',
    path: '/v1/connections/{connection}',
    summary: 'Delete a connection that holds nothing',
    role: 'admin',
    status: 204,
    params: connection,
    output: Done,
    errors: ['not_found', 'failed_precondition'],
  }),
  'connection.check': define({
    method: 'POST',
    path: '/v1/connections/{connection}/check',
    summary: 'Prove endpoint, credential and region with one call to the cloud',
    params: connection,
    output: Connection,
    errors: ['not_found', 'unavailable', 'deadline_exceeded', 'failed_precondition'],
  }),
} as const;
