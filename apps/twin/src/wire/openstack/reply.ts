/** What a handler answers. */
export interface Reply {
  status: number;
  /** Sent as JSON; beside it only one of `text` and `data`. */
  body?: unknown;
  text?: string;
  data?: Buffer;
  /** Content type; without it `body` is application/json, and an empty answer has the one that is usual in its service. */
  type?: string;
  headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const accepted: Reply = { status: 202 };
export const noContent: Reply = { status: 204 };
