/** Errors. Cloudit's public client reads nothing but the status of one; the body is for people. */

export class ApiError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, message);
export const unauthenticated = (): ApiError =>
  new ApiError(401, 'The token is missing or not valid.', { 'www-authenticate': 'X-Auth-Token' });
export const forbidden = (message: string): ApiError => new ApiError(403, message);
export const notFound = (noun: string, id: string): ApiError =>
  new ApiError(404, `The ${noun} ${JSON.stringify(id)} does not exist.`);
export const conflict = (message: string): ApiError => new ApiError(409, message);
export const overQuota = (noun: string): ApiError =>
  new ApiError(413, `The tenant's quota of ${noun} is used up.`);
