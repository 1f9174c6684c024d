/** The engine's answers by status, and by its words where a status means several things. Source: Engine API reference, "Errors". */
import type { Classified } from '@cloud-barista/driver/driver';
import { hasCode, type ErrorCode } from '@cloud-barista/model/errors';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** 0: no answer came. */
  readonly status: number;
  /** The socket's code where no answer came. */
  readonly socket: string;

  constructor(status: number, socket: string, message: string) {
    super(message);
    this.status = status;
    this.socket = socket;
  }
}

/** The engine has one message and no code: the parts of it that tell what it means. First match counts. */
const words: readonly [RegExp, ErrorCode][] = [
  [/pool overlaps|overlaps with other one/i, 'failed_precondition'],
  [
    /has active endpoints|in use|is paused|is not paused|is not running|is restarting|already paused|marked for removal/i,
    'failed_precondition',
  ],
  [/could not find an available|no available (?:ipv4 )?address/i, 'resource_exhausted'],
  [/no space left|cannot allocate memory|minimum memory limit|range of cpus/i, 'resource_exhausted'],
  [/no such image/i, 'not_found'],
];
const statuses: Readonly<Record<number, ErrorCode>> = {
  0: 'unavailable',
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'already_exists',
  429: 'unavailable',
  500: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

export function classify(error: unknown): Classified | undefined {
  if (!(error instanceof EngineError)) return undefined;
  const code =
    words.find(([pattern]) => pattern.test(error.message))?.[1] ?? statuses[error.status] ?? 'unknown';
  return {
    code,
    cause: error.status === 0 ? error.socket : `HTTP ${error.status}`,
    message: error.message,
    ...(error.status === 429 && { throttled: true as const }),
  };
}

export const isAbsent = (error: unknown): boolean =>
  (error instanceof EngineError && error.status === 404) || hasCode(error, 'not_found');
