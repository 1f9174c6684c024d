/** What a handler answers: as the public client expects, 200 to GET and PUT, 201 or 202 to POST, 202 or 204 to DELETE. */
export interface Reply {
  readonly status: number;
  /** Sent as JSON; absent: an empty body. */
  readonly body?: unknown;
}

export const ok = (body?: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
/** The order is taken; its end shows in the resource's state. */
export const taken = (body?: unknown): Reply => ({ status: 202, body });
export const gone: Reply = { status: 204 };
