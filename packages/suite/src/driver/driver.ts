/** What a driver says of itself, and the cheapest proof that its cloud is there. */
import assert from 'node:assert/strict';
import { capabilityWords, contractVersion, type Capability, type Cloud } from '@cloud-barista/driver/driver';
import { skip, type It } from './stage.ts';

/** What is there exactly where its capability, or one of them, is declared. */
const parts = {
  regions: ['region.list'],
  prices: ['spec.price'],
  tags: ['tag.vpc', 'tag.securityGroup', 'tag.keyPair', 'tag.vm', 'tag.disk'],
  disks: ['disk'],
  customImages: ['customImage'],
  publicIps: ['publicIp'],
} as const satisfies Partial<Record<keyof Cloud, readonly Capability[]>>;
const ruled = { disk: 'disk', customImage: 'custom-image', publicIp: 'public-ip' } as const;

const everyRegion = new Set(['endpoint', 'sshPort', 'sshVia']);

export function driverCases(it: It): void {
  it('implements this contract, under a name in lower and a provider in upper case', async ({ driver }) => {
    assert.equal(driver.contract, contractVersion);
    assert.match(driver.name, /^[a-z][a-z0-9-]*$/);
    assert.match(driver.provider, /^[A-Z][A-Z0-9]*$/);
  });

  it('documents each key once; the config here has all that are required and no other', async ({
    driver,
    subject,
  }) => {
    for (const [part, specs] of [
      ['credential', driver.credentialKeys],
      ['region', driver.regionKeys],
    ] as const) {
      const keys = specs.map(spec => spec.key);
      assert.equal(new Set(keys).size, keys.length, `${part} keys stand once each: ${keys.join(', ')}`);
      for (const { key, description } of specs) {
        assert.match(key, /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/);
        assert.ok(description.length > 3, `${key} is described`);
        assert.ok(
          part === 'credential' || !everyRegion.has(key),
          `${key} is every region's, not the driver's`,
        );
      }
      const given = Object.keys(subject.config[part]);
      for (const spec of specs)
        assert.ok(!spec.required || given.includes(spec.key), `the config has ${spec.key}`);
      for (const key of given)
        assert.ok(
          keys.includes(key) || (part === 'region' && everyRegion.has(key)),
          `${key} is a known ${part} key`,
        );
    }
  });

  it('has name rules that compile, and that names of the usual form fit', async ({ driver }) => {
    for (const [kind, rule] of Object.entries(driver.names)) {
      const pattern = new RegExp(rule.pattern);
      assert.ok(
        rule.maxLength >= 16,
        `${kind}: a short name and its suffix fit ${rule.maxLength} characters`,
      );
      for (const name of ['web-a2b3c4d5', 'a-2', 'web'])
        assert.ok(pattern.test(name), `${kind}: ${name} fits ${rule.pattern}`);
      assert.ok(!pattern.test(''), `${kind}: an empty name does not fit`);
    }
  });

  it('declares every capability as true or with the reason why not', async ({ driver }) => {
    assert.deepEqual(Object.keys(driver.capabilities).sort(), [...capabilityWords].sort());
    for (const [capability, can] of Object.entries(driver.capabilities))
      assert.ok(can === true || (typeof can === 'string' && can.length > 10), `${capability}: ${can}`);
  });

  it('has of the optional parts those that it declares, each with its rules', async stage => {
    const { driver, cloud } = stage;
    const can = (capability: Capability) => stage.can(capability);
    for (const [part, words] of Object.entries(parts) as [keyof typeof parts, readonly Capability[]][])
      assert.equal(cloud[part] !== undefined, words.some(can), `${part}: ${words.join(', ')}`);
    for (const [word, kind] of Object.entries(ruled) as [
      keyof typeof ruled,
      (typeof ruled)[keyof typeof ruled],
    ][])
      assert.equal(driver.names[kind] !== undefined, can(word), `a name rule of ${kind}s`);
    if (can('disk.resize') || can('tag.disk')) assert.ok(can('disk'), 'what is done to disks needs disks');
    assert.equal(driver.tagRule !== undefined, parts.tags.some(can), 'a tag rule');
    if (driver.tagRule) {
      assert.ok(driver.tagRule.most >= 4);
      assert.match('owner', new RegExp(`^(?:${driver.tagRule.key})$`, 'u'));
      assert.match('team-a', new RegExp(`^(?:${driver.tagRule.value})$`, 'u'));
    }
    for (const { type, minGb, maxGb } of driver.diskTypes ?? [])
      assert.ok(type !== '' && minGb >= 1 && maxGb >= minGb, `${type}: ${minGb} to ${maxGb} GiB`);
  });

  it('tells the region without the network', async ({ driver, subject, road }) => {
    const before = road.sent.length;
    const { region, zone } = driver.regionOf(subject.config);
    assert.ok(region !== '');
    assert.equal(typeof zone, 'string');
    assert.equal(road.sent.length, before);
  });

  it('sends nothing when opened, and at least one request to check', async stage => {
    const { cloud, road } = await stage.open();
    assert.equal(road.sent.length, 0);
    await cloud.check(stage.call());
    assert.ok(road.sent.length > 0, 'the check asked the cloud');
    for (const { request } of road.sent)
      assert.ok(request.api !== '', 'each request has the name of its API');
  });

  it('refuses wrong credentials', async stage => {
    const config = stage.subject.badCredential ?? skip('any credential is right here');
    const { cloud } = await stage.open({}, config);
    const error = await stage.rejects(cloud.check(stage.call()), 'unauthenticated', 'permission_denied');
    for (const [key, value] of Object.entries(config.credential))
      if (/secret|password|private|token/i.test(key))
        assert.ok(!JSON.stringify(error).includes(value), `the error does not tell the ${key}`);
    await stage.rejects(
      cloud.vpcs.list({ ...stage.call(), limit: 10 }),
      'unauthenticated',
      'permission_denied',
    );
  });

  it('says unavailable where nothing answers', async stage => {
    const { cloud } = await stage.open(
      {},
      stage.subject.unreachable ?? skip('nothing to be unreachable here'),
    );
    await stage.rejects(cloud.check(stage.call()), 'unavailable');
    await stage.rejects(cloud.vms.list({ ...stage.call(), limit: 10 }), 'unavailable');
  });

  it('refuses a region that is none', async stage => {
    const { cloud } = await stage.open({}, stage.subject.unknownRegion ?? skip('any region is one here'));
    await stage.rejects(cloud.check(stage.call()), 'invalid_argument');
  });
}
