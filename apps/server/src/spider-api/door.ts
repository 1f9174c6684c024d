/**
 * Who may call upstream's API. With SPIDER_USERNAME and SPIDER_PASSWORD every call carries them (HTTP Basic), as upstream has
 * it; or a token of ours, as bearer or as the password of any user. Without them the server's own rule holds.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Role } from '@cloud-barista/api/define';
import { BaristaError } from '@cloud-barista/model/errors';
import { basicOf, type Auth } from '../auth.ts';

export interface SpiderUser {
  name: string;
  password: string;
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export function openDoor(auth: Pick<Auth, 'authorize'>, user: SpiderUser | undefined) {
  return (headers: IncomingHttpHeaders, needs: Role, page: boolean): void => {
    // Many of upstream's deeds are GETs, which a page of another site may send without asking; browsers say so.
    if (!page && headers['sec-fetch-site'] === 'cross-site')
      throw new BaristaError('permission_denied', 'A page of another site may not call this server.');
    if (user) {
      const given = basicOf(headers.authorization);
      if (given && same(given.user, user.name) && same(given.password, user.password)) return;
      // Without a token of ours these are needed, whatever else the header holds.
      if (given || !/^bearer \S/i.test(headers.authorization ?? ''))
        throw new BaristaError('unauthenticated', 'Unauthorized', {
          next: 'Give the user and the password that the server was started with (HTTP Basic).',
        });
    }
    // Upstream's clients send a user and a password whether or not any is wanted: only a token of ours is one of ours.
    const { authorization, ...rest } = headers;
    const given = user === undefined ? basicOf(authorization) : undefined;
    auth.authorize(given && !given.password.startsWith('cb_') ? rest : headers, needs);
  };
}
