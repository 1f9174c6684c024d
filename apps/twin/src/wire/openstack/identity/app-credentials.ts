/** /v3/users/{id}/application_credentials. Source: Identity API v3, "Application credentials". */
import type { AppCredential } from '../account.ts';
import { isObject, jsonBody, type Call } from '../call.ts';
import { badRequest, conflict, forbidden, notFound } from '../errors.ts';
import { created, noContent, ok } from '../reply.ts';
import { route, type Route } from '../router.ts';
import { zonedMicros } from '../text.ts';
import { page, roles } from './directory.ts';

const view = ({ account, root }: Call, credential: AppCredential) => ({
  id: credential.id,
  name: credential.name,
  description: credential.description,
  project_id: account.projectId,
  roles: roles(account),
  expires_at: credential.expiresAt === undefined ? null : zonedMicros(credential.expiresAt),
  unrestricted: false,
  system: null,
  links: { self: `${root}/identity/v3/users/${account.userId}/application_credentials/${credential.id}` },
});

function own(call: Call): void {
  if (call.id !== call.account.userId)
    throw forbidden(
      'You are not authorized to perform the requested action: identity:application_credentials.',
    );
}

function find(call: Call): AppCredential {
  own(call);
  const credential = call.account.appCredentials.get(call.sub);
  if (!credential) throw notFound(`Could not find Application Credential: ${call.sub}.`);
  return credential;
}

function create(call: Call) {
  own(call);
  const { account, world } = call;
  const { application_credential: given } = jsonBody(call);
  if (!isObject(given)) throw badRequest("'application_credential' is a required property");
  const { name, secret, description, expires_at: expires } = given;
  if (typeof name !== 'string' || name === '') throw badRequest("'name' is a required property");
  if ([...account.appCredentials.values()].some(each => each.name === name))
    throw conflict(
      `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${name}.`,
    );
  const end =
    typeof expires === 'string' ? Date.parse(expires.endsWith('Z') ? expires : `${expires}Z`) : undefined;
  if (Number.isNaN(end)) throw badRequest('expires_at is not a date and time');
  const stream = `${account.cloud.name}/application-credential`;
  const credential: AppCredential = {
    id: world.random.hex(stream, 32),
    name,
    secret: typeof secret === 'string' && secret !== '' ? secret : world.random.hex(stream, 64),
    description: typeof description === 'string' ? description : '',
    expiresAt: end,
  };
  account.appCredentials.set(credential.id, credential);
  // Only this answer ever shows the secret.
  return created({ application_credential: { ...view(call, credential), secret: credential.secret } });
}

export const appCredentialRoutes: readonly Route<Call>[] = [
  route('GET /users/{}/application_credentials', call => {
    own(call);
    const rows = [...call.account.appCredentials.values()].filter(
      each => (call.query.get('name') ?? each.name) === each.name,
    );
    return page(
      call,
      'application_credentials',
      `users/${call.id}/application_credentials`,
      rows.map(each => view(call, each)),
    );
  }),
  route('POST /users/{}/application_credentials', create),
  route('GET /users/{}/application_credentials/{}', call =>
    ok({ application_credential: view(call, find(call)) }),
  ),
  route('DELETE /users/{}/application_credentials/{}', call => {
    call.account.appCredentials.delete(find(call).id);
    return noContent;
  }),
];
