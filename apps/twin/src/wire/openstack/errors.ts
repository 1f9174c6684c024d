/**
 * Errors as the five services write them. Each has its own body: Nova and Cinder an object named after the status, Neutron
 * `NeutronError`, Keystone `error`, Glance webob's page (HTML, or JSON where only that is accepted).
 * Source: the API references of Compute, Block Storage v3, Networking v2.0, Identity v3 and Image v2.
 */
import type { Reply } from './reply.ts';

export const services = ['identity', 'compute', 'network', 'image', 'volume'] as const;
export type Service = (typeof services)[number];

export class ApiError extends Error {
  readonly status: number;
  /** Neutron's exception name; elsewhere not shown. */
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, type = '', headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.type = type;
    this.headers = headers;
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, message, 'HTTPBadRequest');
/** neutron_lib.exceptions: a handful of its classes are called so themselves. */
export const badResource = (message: string): ApiError => new ApiError(400, message, 'BadRequest');
export const invalidInput = (reason: string): ApiError =>
  new ApiError(400, `Invalid input for operation: ${reason}`, 'InvalidInput');
export const forbidden = (message: string): ApiError => new ApiError(403, message, 'PolicyNotAuthorized');
export const notFound = (message: string): ApiError => new ApiError(404, message, 'HTTPNotFound');
export const conflict = (message: string): ApiError => new ApiError(409, message, 'HTTPConflict');
export const neutronError = (status: number, type: string, message: string): ApiError =>
  new ApiError(status, message, type);

/** No such address at all: webob's own answer, whatever the service. */
export class NoRoute extends ApiError {
  constructor() {
    super(404, 'The resource could not be found.');
  }
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** The words of nova.api.openstack.wsgi.Fault, which is Cinder's as well; any other status is a computeFault. */
const novaNames: Record<number, string> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** WebOb, `webob.exc`: HTML for whoever takes it, JSON for whoever takes only that. */
function webob(status: number, message: string, accept: string): Pick<Reply, 'body' | 'text' | 'type'> {
  const title = titles[status] ?? 'Error';
  const detail = `${message}<br /><br />\n\n\n`;
  if (accept.includes('application/json') && !accept.includes('*/*') && !accept.includes('text/html'))
    return { body: { message: detail, code: `${status} ${title}`, title } };
  return {
    type: 'text/html; charset=UTF-8',
    text: `<html>\n <head>\n  <title>${status} ${title}</title>\n </head>\n <body>\n  <h1>${status} ${title}</h1>\n  ${escapeHtml(message)}<br /><br />\n\n\n\n </body>\n</html>`,
  };
}

const webobUnauthorized =
  'This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.';

/** Keystone's framework has a page of its own. */
const flaskNotFound = {
  type: 'text/html; charset=utf-8',
  text: '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n',
} as const;

export function errorReply(service: Service, error: ApiError, accept: string, keystone: string): Reply {
  const { status, message, headers } = error;
  const reply = (rest: Partial<Reply>): Reply => ({ status, headers, ...rest });
  // The middleware in front of each service answers before the service does, in Keystone's form; Glance's lets webob say it.
  if (status === 401 && error.type !== 'own')
    return {
      status,
      headers: {
        'www-authenticate': `Keystone uri="${service === 'identity' ? `${keystone}/v3` : keystone}"`,
        ...headers,
      },
      ...(service === 'image'
        ? webob(401, webobUnauthorized, accept)
        : { body: { error: { code: 401, message, title: 'Unauthorized' } } }),
    };
  if (error instanceof NoRoute)
    return reply(service === 'identity' ? flaskNotFound : webob(status, message, accept));
  switch (service) {
    case 'identity':
      return reply({ body: { error: { code: status, message, title: titles[status] ?? 'Error' } } });
    case 'compute':
    case 'volume': {
      const wait = headers['retry-after'];
      return reply({
        ...(service === 'compute' && { type: 'application/json; charset=UTF-8' }),
        body: {
          [novaNames[status] ?? 'computeFault']: {
            code: status,
            message,
            ...((status === 429 || status === 413) && { retryAfter: wait ?? '0' }),
          },
        },
      });
    }
    case 'network':
      return reply({ body: { NeutronError: { type: error.type, message, detail: '' } } });
    case 'image':
      return reply(webob(status, message, accept));
  }
}

export const unauthenticated = (): ApiError =>
  new ApiError(401, 'The request you have made requires authentication.');
