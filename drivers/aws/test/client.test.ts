/** What the driver makes of answers that no emulator gives: a server that says what the case wants, byte for byte. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Cloud } from '@cloud-barista/driver/driver';
import type { Request } from '@cloud-barista/driver/road';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, newToken } from '@cloud-barista/model/ids';
import { driver } from '../src/open.ts';

interface Answer {
  status?: number;
  body: string;
}

const xml = (action: string, body: string): Answer => ({
  body: `<?xml version="1.0" encoding="UTF-8"?><${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${body}</${action}Response>`,
});
const failure = (code: string, message: string, status = 400): Answer => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
});

const call = () => ({ signal: AbortSignal.timeout(10_000) });
const create = (again = false) => ({ ...call(), token: newToken(), again });

describe('the client', () => {
  const strange = {
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_PROFILE: 'no-such-profile',
    AWS_REGION: 'mars-1',
  };
  const usual = { ...process.env };
  let server: Server;
  let cloud: Cloud;
  let script: (form: URLSearchParams, header: (name: string) => string) => Answer | undefined;
  const sent: Request[] = [];

  before(async () => {
    // Meant for other programs: nothing of it may reach the driver.
    Object.assign(process.env, strange);
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const form = new URLSearchParams(Buffer.concat(chunks).toString());
        const answer = script(form, name => String(request.headers[name] ?? ''));
        if (!answer) request.socket.destroy();
        else response.writeHead(answer.status ?? 200, { 'content-type': 'text/xml' }).end(answer.body);
      });
    });
    await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    cloud = await driver.open(
      {
        credential: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'shh-secret', sessionToken: 'session' },
        region: { region: 'ap-northeast-2', endpoint: `http://127.0.0.1:${port}` },
      },
      {
        async send(request, signal, send) {
          sent.push(request);
          try {
            return await send(signal);
          } catch (error) {
            const known = driver.classify(error);
            if (!known) throw error;
            throw new BaristaError(known.code, known.message, { cause: known.cause, source: error });
          }
        },
      },
    );
  });
  after(async () => {
    for (const key of Object.keys(strange)) delete process.env[key];
    Object.assign(process.env, usual);
    await cloud.close();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });

  it('signs for the region, with the session token, and reads nothing from the environment', async () => {
    let authorization = '';
    script = (_, header) => {
      authorization = header('authorization');
      assert.equal(header('x-amz-security-token'), 'session');
      return xml(
        'DescribeRegions',
        '<regionInfo><item><regionName>ap-northeast-2</regionName></item></regionInfo>',
      );
    };
    await cloud.check(call());
    assert.match(authorization, /Credential=AKIDEXAMPLE\/\d{8}\/ap-northeast-2\/ec2\/aws4_request/);
  });

  for (const [what, answer] of Object.entries<Answer | undefined>({
    'an HTML page with 502': { status: 502, body: '<html><body>Bad gateway</body></html>' },
    'an empty 503': { status: 503, body: '' },
    'no XML at all': { body: 'hello' },
    'cut XML': { body: '<?xml version="1.0"?><DescribeVpcsResponse><vpcSet><item>' },
    JSON: { body: '{"vpcs":[]}' },
    'a broken connection': undefined,
    'a throttled request': failure('RequestLimitExceeded', 'Request limit exceeded.', 503),
  }))
    it(`${what} is unavailable, and is asked once`, async () => {
      sent.length = 0;
      let asked = 0;
      script = () => {
        asked++;
        return answer;
      };
      await assert.rejects(cloud.vpcs.list({ ...call(), limit: 10 }), { code: 'unavailable' });
      // DescribeVpcs and DescribeSubnets.
      assert.equal(asked, 2);
    });

  it('a fired signal ends a request that hangs', async () => {
    const abort = new AbortController();
    const arrived = Promise.withResolvers<void>();
    script = () => {
      arrived.resolve();
      return xml('DescribeInstances', '');
    };
    server.once('request', (_request, response) => {
      response.end = (() => response) as typeof response.end;
    });
    const asked = cloud.vms.list({ signal: abort.signal, limit: 10 });
    await arrived.promise;
    abort.abort();
    await assert.rejects(asked, { code: 'cancelled' });
  });

  it('waits where EC2 does not know yet what was made a moment ago', async () => {
    let instances = 0;
    script = form => {
      switch (form.get('Action')) {
        case 'ImportKeyPair':
          return xml('ImportKeyPair', '<keyName>young</keyName>');
        case 'RunInstances':
          return ++instances < 3
            ? failure('InvalidKeyPair.NotFound', "The key pair 'young' does not exist")
            : xml('RunInstances', '<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>');
        default:
          // The instance too shows only when asked for a second time.
          return ++instances < 5
            ? xml('DescribeInstances', '<reservationSet/>')
            : xml(
                'DescribeInstances',
                '<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item></reservationSet>',
              );
      }
    };
    await cloud.keyPairs.create(create(), { name: 'young', publicKey: 'ssh-ed25519 AAAA' });
    const request = {
      name: 'vm',
      image: cloudId('ami-1'),
      spec: cloudId('t3.micro'),
      vpc: cloudId('vpc-1'),
      subnet: cloudId('subnet-1'),
      securityGroups: [cloudId('sg-1')],
      keyPair: cloudId('young'),
    };
    const vm = await cloud.vms.create(create(), request);
    assert.deepEqual([vm.id, vm.state], ['i-1', 'Undefined']);
    assert.equal((await cloud.vms.getMany(call(), [vm.id])).length, 1);

    instances = -100;
    script = () => failure('InvalidKeyPair.NotFound', "The key pair 'old' does not exist");
    await assert.rejects(cloud.vms.create(create(), { ...request, keyPair: cloudId('old') }), {
      code: 'not_found',
    });
  });

  it('reads every page, and asks for many VMs in filters of 200', async () => {
    const pages: number[] = [];
    script = form => {
      const ids = [...form].filter(([key]) => /^Filter\.1\.Value\.\d+$/.test(key)).map(([, id]) => id);
      pages.push(ids.length);
      const half = form.get('NextToken') === 'more' ? ids.slice(100) : ids.slice(0, 100);
      const next =
        half.length === 100 && ids.length > 100 && form.get('NextToken') === null
          ? '<nextToken>more</nextToken>'
          : '';
      const items = half.map(
        id => `<item><instancesSet><item><instanceId>${id}</instanceId></item></instancesSet></item>`,
      );
      return xml('DescribeInstances', `<reservationSet>${items.join('')}</reservationSet>${next}`);
    };
    const ids = Array.from({ length: 450 }, (_, i) => cloudId(`i-${i}`));
    const vms = await cloud.vms.getMany(call(), ids);
    assert.deepEqual(vms.map(vm => vm.id).sort(), [...ids].sort());
    assert.deepEqual(
      pages.sort((a, b) => a - b),
      [50, 200, 200, 200, 200],
    );
  });

  it('closes what EC2 opens in a new group, IPv6 too where the VPC has it', async () => {
    const revoked: string[] = [];
    script = form => {
      const action = form.get('Action') ?? '';
      if (action === 'DescribeVpcs')
        return xml(
          action,
          '<vpcSet><item><vpcId>vpc-1</vpcId><ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock></item></ipv6CidrBlockAssociationSet></item></vpcSet>',
        );
      if (action === 'CreateSecurityGroup') return xml(action, '<groupId>sg-9</groupId>');
      for (const [key, value] of form) if (/Cidr/.test(key)) revoked.push(`${action} ${value}`);
      return xml(action, '<return>true</return>');
    };
    const asked = create();
    const group = await cloud.securityGroups.create(asked, {
      name: 'sg-web',
      vpc: cloudId('vpc-1'),
      rules: [],
    });
    assert.deepEqual(group, {
      id: 'sg-9',
      name: 'sg-web',
      vpc: 'vpc-1',
      rules: [],
      token: asked.token,
    });
    assert.deepEqual(revoked, ['RevokeSecurityGroupEgress 0.0.0.0/0', 'RevokeSecurityGroupEgress ::/0']);
  });

  it('tells no secret in an error', async () => {
    script = () =>
      failure(
        'SignatureDoesNotMatch',
        'The signature does not match.\n\nThe Canonical String: AKIDEXAMPLE shh-secret',
        403,
      );
    await assert.rejects(cloud.check(call()), (error: BaristaError) => {
      assert.equal(error.code, 'unauthenticated');
      assert.doesNotMatch(JSON.stringify(error), /shh-secret|Canonical/);
      return true;
    });
  });

  it('tells a wrong region from wrong keys by asking the partition’s first region', async () => {
    let home: Answer = failure('InvalidParameterValue', 'Invalid region');
    script = (form, header) =>
      header('authorization').includes('/us-east-1/') ? home : failure('AuthFailure', 'Not validated.', 401);
    await assert.rejects(cloud.check(call()), { code: 'invalid_argument', where: 'region.region' });
    const item = (status: string) =>
      `<regionInfo><item><regionName>ap-northeast-2</regionName><optInStatus>${status}</optInStatus></item></regionInfo>`;
    home = xml('DescribeRegions', item('not-opted-in'));
    await assert.rejects(cloud.check(call()), { code: 'invalid_argument', where: 'region.region' });
    home = xml('DescribeRegions', item('opted-in'));
    await assert.rejects(cloud.check(call()), { code: 'unauthenticated' });
    home = failure('AuthFailure', 'Not validated.', 401);
    await assert.rejects(cloud.check(call()), { code: 'unauthenticated' });
  });

  it('refuses an endpoint that is none', async () => {
    const road = { send: () => Promise.reject(new Error('not asked')) };
    const config = {
      credential: { accessKeyId: 'a', secretAccessKey: 'b' },
      region: { region: 'r', endpoint: 'ftp://x' },
    };
    await assert.rejects(driver.open(config, road), { code: 'invalid_argument', where: 'region.endpoint' });
  });
});
