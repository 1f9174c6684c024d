/** The Twin's control API, for the CLI. */
import { BaristaError, isErrorCode, type ErrorBody } from '@cloud-barista/model/errors';

export interface TwinClient {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  /** Text as it is, e.g. JSON lines. */
  sendText<T>(path: string, text: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
}

export interface TwinCounts {
  total: number;
  clouds: Record<string, Record<string, number>>;
}
export interface TwinConnection {
  driver: string;
  credential: Record<string, string>;
  region: Record<string, string>;
}

export function twinClient(address: string): TwinClient {
  const url = address.replace(/\/+$/, '');
  async function call<T>(method: string, path: string, body?: unknown, text?: string): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${url}/twin/v1${path}`, {
        method,
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
        ...(text !== undefined && { body: text, headers: { 'content-type': 'application/x-ndjson' } }),
      });
    } catch (error) {
      throw new BaristaError('unavailable', `No Cloud-Twin answers at ${url}.`, {
        next: 'Start one with: barista twin up',
        source: error,
      });
    }
    if (response.status === 204) return undefined as T;
    const answer = (await response.json().catch(() => ({}))) as { error?: ErrorBody };
    if (response.ok) return answer as T;
    const { error } = answer;
    throw new BaristaError(
      isErrorCode(error?.code) ? error.code : 'unknown',
      error?.message ?? `${url} answered ${response.status}.`,
      {
        next: error?.next ?? 'Is it a Cloud-Twin? Check the address.',
        where: error?.where,
      },
    );
  }
  return {
    url,
    get: path => call('GET', path),
    send: (method, path, body) => call(method, path, body),
    sendText: (path, text) => call('POST', path, undefined, text),
  };
}
