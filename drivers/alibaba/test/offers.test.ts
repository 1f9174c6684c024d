/** Prices, addresses and tags over answers as the vendor's reference has them. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { cloudId } from '@cloud-barista/model/ids';
import { createListings } from '@cloud-barista/driver/listing';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { createApi } from '../src/api.ts';
import { toDisk } from '../src/disk-read.ts';
import { toPublicIp } from '../src/eips.ts';
import { AlibabaError } from '../src/errors.ts';
import { toCustomImage } from '../src/custom-images.ts';
import { driver } from '../src/open.ts';
import { createPrices, toPrice } from '../src/prices.ts';
import { createPublicIps } from '../src/public-ips.ts';
import { toRegion } from '../src/regions.ts';
import { createTags } from '../src/tags.ts';

type Asked = Readonly<Record<string, string>>;
const asked: { action: string; parameters: Asked }[] = [];
let script: (action: string, parameters: Asked) => unknown = () => ({});

const api = createApi(
  {
    async send<T>({ action, parameters }: { action: string; parameters: Asked }) {
      asked.push({ action, parameters });
      return script(action, parameters) as T;
    },
    close() {},
  },
  createRoad(driver, 10_000),
  { region: 'ap-northeast-2', zone: '' },
  { ecs: new URL('http://local/ecs'), vpc: new URL('http://local/vpc') },
);
const call = () => ({ signal: AbortSignal.timeout(10_000) });
const refuse = (word: string, status = 403) => {
  throw new AlibabaError(status, word, word);
};
const names = () => asked.map(one => one.action);
beforeEach(() => void (asked.length = 0));

describe('prices', () => {
  const Price = {
    Currency: 'CNY',
    OriginalPrice: 1.5,
    TradePrice: 1.25,
    DetailInfos: {
      DetailInfo: [
        { Resource: 'systemDisk', TradePrice: 0.25 },
        { Resource: 'instanceType', OriginalPrice: 1.2, TradePrice: 1 },
      ],
    },
  };
  it('are those of the instance type alone', () => {
    assert.deepEqual(toPrice({ PriceInfo: { Price } }), { hourly: 1, currency: 'CNY' });
    const { DetailInfos: _, ...whole } = Price;
    assert.deepEqual(toPrice({ PriceInfo: { Price: whole } }), { hourly: 1.25, currency: 'CNY' });
    assert.equal(toPrice({ PriceInfo: { Price: { Currency: 'CNY', TradePrice: 0 } } }), undefined);
    assert.equal(toPrice({}), undefined);
  });

  it('are asked for once an hour, old types without an ESSD; what has none is left out', async () => {
    let now = 0;
    const prices = createPrices(api, () => now);
    script = (_, { InstanceType, 'SystemDisk.Category': disk }) => {
      if (InstanceType === 'ecs.none') refuse('InvalidInstanceType.ValueNotSupported');
      if (InstanceType === 'ecs.old' && disk !== undefined)
        refuse('InvalidSystemDiskCategory.ValueNotSupported');
      return { PriceInfo: { Price } };
    };
    const specs = ['ecs.new', 'ecs.old', 'ecs.none', 'ecs.new'].map(cloudId);
    const ids = async () => (await prices.get(call(), specs)).map(price => price.spec);
    assert.deepEqual(await ids(), ['ecs.new', 'ecs.old']);
    assert.equal(asked.length, 4);
    now = 3_599_999;
    assert.deepEqual(await ids(), ['ecs.new', 'ecs.old']);
    assert.equal(asked.length, 4);
    now = 3_600_001;
    await ids();
    assert.equal(asked.length, 8);
    script = () => refuse('Throttling.User', 400);
    now *= 3;
    await assert.rejects(prices.get(call(), specs), { code: 'unavailable' });
  });
});

describe('public addresses', () => {
  it('are given to a VM in place of the one that it came with', async () => {
    const eip = { AllocationId: 'eip-1', IpAddress: '203.0.113.9', Status: 'Available', InstanceId: '' };
    const vm = {
      InstanceId: 'i-1',
      PublicIpAddress: { IpAddress: ['198.51.100.7'] },
      EipAddress: { IpAddress: '', AllocationId: '' },
    };
    let early = 2;
    script = (action, parameters) => {
      if (action === 'DescribeEipAddresses') return { TotalCount: 1, EipAddresses: { EipAddress: [eip] } };
      if (action === 'DescribeInstances') return { TotalCount: 1, Instances: { Instance: [vm] } };
      if (action === 'ModifyInstanceNetworkSpec') {
        assert.deepEqual([parameters['InstanceId'], parameters['InternetMaxBandwidthOut']], ['i-1', '0']);
        vm.PublicIpAddress.IpAddress = [];
        return {};
      }
      assert.equal(action, 'AssociateEipAddress');
      if (early-- > 0) refuse('EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP', 400);
      Object.assign(eip, { Status: 'InUse', InstanceId: 'i-1' });
      vm.EipAddress = { IpAddress: eip.IpAddress, AllocationId: eip.AllocationId };
      // Performed, and the answer says otherwise: a request that was sent twice.
      return refuse('IncorrectEipStatus', 400);
    };
    const ips = createPublicIps(api, createListings());
    await ips.associate(call(), cloudId('eip-1'), cloudId('i-1'));
    await ips.associate(call(), cloudId('eip-1'), cloudId('i-1'));
    assert.equal(names().filter(name => name === 'ModifyInstanceNetworkSpec').length, 1);
    assert.equal(names().filter(name => name === 'AssociateEipAddress').length, 3);
    await assert.rejects(ips.associate(call(), cloudId('eip-1'), cloudId('i-2')), { code: 'not_found' });
  });

  it('tell their token by their description, however it is spelt, and a carrier only where it is a VM', () => {
    assert.equal(toPublicIp({ Descritpion: 'cb-token=tok_a' }).token, 'tok_a');
    assert.equal(toPublicIp({ Description: 'cb-token=tok_b' }).token, 'tok_b');
    assert.ok(!('token' in toPublicIp({ Description: 'mine' })));
    assert.equal(toPublicIp({ InstanceId: 'i-1', InstanceType: 'EcsInstance' }).vm, 'i-1');
    assert.equal(toPublicIp({ InstanceId: 'ngw-1', InstanceType: 'Nat' }).vm, '');
  });
});

describe('tags', () => {
  it('hide our marks and the cloud’s own, and never remove them', async () => {
    const Tag = [
      { TagKey: 'owner', TagValue: 'me' },
      { TagKey: 'cb-token', TagValue: 'tok_a' },
      { TagKey: 'acs:autoscaling:id', TagValue: 'asg-1' },
    ];
    script = () => ({ TotalCount: 1, Disks: { Disk: [{ DiskId: 'd-1', Tags: { Tag } }] } });
    const tags = createTags(api);
    assert.deepEqual(await tags.get(call(), 'disk', cloudId('d-1')), { owner: 'me' });
    await assert.rejects(tags.get(call(), 'disk', cloudId('d-2')), { code: 'not_found' });
    asked.length = 0;
    await tags.remove(call(), 'disk', cloudId('d-1'), ['cb-token']);
    await tags.set(call(), 'disk', cloudId('d-1'), {});
    assert.deepEqual(names(), []);
    await tags.remove(call(), 'vpc', cloudId('vpc-1'), ['owner']);
    assert.deepEqual(
      asked.map(({ action, parameters }) => [action, parameters['TagKey.1'], parameters['ResourceType']]),
      [['UnTagResources', 'owner', 'VPC']],
    );
  });

  it('have a rule', () => {
    const key = new RegExp(`^(?:${driver.tagRule?.key})$`, 'u');
    for (const right of ['owner', 'a b', 'x'.repeat(128)]) assert.match(right, key);
    for (const wrong of ['', ' a', 'acs:x', 'aliyun', 'cb-token', 'see http://x', 'x'.repeat(129)])
      assert.doesNotMatch(wrong, key);
  });
});

it('disks, images and regions in words that are not known', () => {
  assert.equal(toDisk({ Status: 'ReIniting', InstanceId: 'i-1' }).state, 'Undefined');
  assert.equal(toDisk({ Status: 'constructor' }).state, 'Undefined');
  assert.equal(toDisk({ Status: 'Available', InstanceId: '' }).vm, '');
  assert.deepEqual(
    ['Waiting', 'CreateFailed', 'Strange', 'constructor'].map(Status => toCustomImage({ Status }).state),
    ['Creating', 'Failed', 'Undefined', 'Undefined'],
  );
  assert.deepEqual(
    toRegion({ RegionId: 'r-1', Status: 'soldOut' }, [{ ZoneId: 'r-1b' }, { ZoneId: 'r-1a' }]),
    {
      id: 'r-1',
      name: 'r-1',
      available: false,
      zones: [
        { id: 'r-1a', available: false },
        { id: 'r-1b', available: false },
      ],
    },
  );
});
