/** The list of routes is what is served: each finds itself, and each answers over HTTP. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createRouter } from '../../src/spider-api/router.ts';
import { routes, served } from '../../src/spider-api/routes.ts';
import type { SpiderRoute } from '../../src/spider-api/route.ts';
import { openSpiderStage } from './stage.ts';

const stage = await openSpiderStage({ after });
const filled = (path: string) => path.replaceAll(/:\w+/g, 'x-1').replace('*', 'a/b');
const router = createRouter(routes);

describe('each route', () => {
  it('finds itself', () => {
    for (const route of routes) {
      const found = router.find(route.method, filled(route.path));
      assert.equal(found?.route, route, `${route.method} ${route.path}`);
      for (const value of Object.values(found?.params ?? {})) assert.equal(value, 'x-1');
    }
  });
  it('is answered, by what it is for', async () => {
    const serving = new Set(Object.values(served).flat());
    // These would end what the others are asked with, or ask a machine that is none.
    const left = (route: SpiderRoute) => /^\/(?:check|sshrun)/.test(route.path);
    for (const route of routes.filter(one => !left(one))) {
      const line = `${route.method} ${route.path}`;
      const answer = await stage.raw(route.method, filled(route.path), { body: {} });
      assert.notEqual(answer.text, '{"message":"Not Found"}\n', line);
      assert.notEqual(answer.status, 405, line);
      assert.notEqual(answer.status, 500, `${line}: ${answer.text}`);
      if (!serving.has(route)) assert.equal(answer.status, 501, line);
    }
  });
});

describe('the router', () => {
  const names = (method: string, path: string) => router.find(method, path)?.route.path;
  it('takes words before parameters, and turns back where they lead nowhere', () => {
    assert.equal(names('GET', '/driver/capability'), '/driver/capability');
    assert.equal(names('GET', '/driver/other'), '/driver/:DriverName');
    assert.equal(names('GET', '/securitygroup/vpc/rules'), '/securitygroup/vpc/:VPCName');
    assert.equal(names('POST', '/securitygroup/vpc/rules'), '/securitygroup/:SGName/rules');
    assert.equal(names('GET', '/api/start.js'), '/api/start.js');
    assert.equal(names('GET', '/api/else.js'), '/api/*');
    assert.equal(names('GET', '/vpc/'), undefined, 'a name is never empty');
  });
  it('decodes each part by itself', () => {
    assert.deepEqual(router.find('GET', '/vmimage/a%2Fb%20c')?.params, { Name: 'a/b c' });
    assert.throws(() => router.find('GET', '/vmimage/%E0%A4%A'), /can’t be decoded/);
  });
  it('tells a path’s methods', () => {
    assert.deepEqual(router.methods('/securitygroup/vpc/rules').sort(), ['DELETE', 'GET', 'POST']);
    assert.deepEqual(router.methods('/nothing'), []);
  });
});
