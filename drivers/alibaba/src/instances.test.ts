import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientToken, flatten, time } from './api.ts';
import { toImage } from './images.ts';
import { toState, toVm } from './instances.ts';
import { toSpec } from './specs.ts';
import { hostName } from './vms.ts';
import type { Token } from '@cloud-barista/model/ids';

describe('what ECS says, as ours', () => {
  it('tells a first start from a later one', () => {
    const CreationTime = '2026-01-01T10:00Z';
    const starting = (StartTime: string) => toState({ Status: 'Starting', CreationTime, StartTime });
    assert.deepEqual(
      [starting(''), starting('2026-01-01T10:01Z'), starting('2026-01-02T10:01Z')],
      ['Creating', 'Creating', 'Resuming'],
    );
    assert.deepEqual(
      ['Pending', 'Running', 'Stopping', 'Stopped', 'Strange', 'constructor'].map(Status =>
        toState({ Status }),
      ),
      ['Creating', 'Running', 'Suspending', 'Suspended', 'Undefined', 'Undefined'],
    );
  });

  it('takes an elastic address where there is no public one', () => {
    const vm = toVm({ PublicIpAddress: { IpAddress: [] }, EipAddress: { IpAddress: '203.0.113.9' } });
    assert.equal(vm.publicIp, '203.0.113.9');
    assert.equal(time('2017-12-10T04:04Z'), '2017-12-10T04:04:00.000Z');
  });

  it('reads an image’s system', () => {
    for (const [image, os, osVersion, user] of [
      [
        { ImageName: 'ubuntu_22_04_x64_20G_alibase_20230907.vhd', OSNameEn: 'Ubuntu  22.04 64 bit' },
        'ubuntu',
        '22.04',
        'root',
      ],
      [
        {
          ImageName: 'aliyun_3_x64_20G_alibase_20230727.vhd',
          OSNameEn: 'Alibaba Cloud Linux  3.2104 LTS 64 bit',
        },
        'alibaba-linux',
        '3.2104',
        'root',
      ],
      [
        {
          ImageName: 'win2022',
          OSNameEn: 'Windows Server  2022 Data Center Edition 64bit',
          OSType: 'windows',
        },
        'windows',
        '2022',
        'Administrator',
      ],
      [{ ImageName: 'mine', Platform: 'CentOS' }, 'centos', '', 'root'],
    ] as const) {
      const read = toImage({ ImageId: 'm-1', Architecture: 'x86_64', ...image });
      assert.deepEqual([read.os, read.osVersion, read.user], [os, osVersion, user]);
    }
  });

  it('reads a spec and its GPUs', () => {
    const spec = toSpec({
      InstanceTypeId: 'ecs.gn6v',
      CpuCoreCount: 8,
      MemorySize: 0.5,
      CpuArchitecture: 'X86',
      GPUAmount: 2,
      GPUSpec: 'NVIDIA V100',
      GPUMemorySize: 16,
    });
    assert.deepEqual([spec.memoryMib, spec.architecture], [512, 'x86_64']);
    assert.deepEqual(spec.gpus, [{ count: 2, vendor: 'NVIDIA', model: 'V100', memoryMib: 16384 }]);
    assert.deepEqual(toSpec({ CpuArchitecture: 'ARM' }).gpus, []);
  });
});

describe('what ECS is asked', () => {
  it('numbers lists from 1 and leaves out what is undefined', () =>
    assert.deepEqual(
      flatten({
        A: undefined,
        B: true,
        SystemDisk: { Size: 40 },
        Ids: ['x', 'y'],
        Tag: [{ Key: 'k', Value: 'v' }],
      }),
      {
        B: 'true',
        'SystemDisk.Size': '40',
        'Ids.1': 'x',
        'Ids.2': 'y',
        'Tag.1.Key': 'k',
        'Tag.1.Value': 'v',
      },
    ));

  it('has a client token for each step, the same each time', () => {
    const token = 'tok_abc' as Token;
    assert.equal(clientToken(token, 'vpc'), clientToken(token, 'vpc'));
    assert.notEqual(clientToken(token, 'vpc'), clientToken(token, 'vm'));
    assert.match(clientToken(token, 'vpc'), /^[\x21-\x7e]{1,64}$/);
  });

  it('makes host names of names', () => {
    assert.equal(hostName('web_1.a:b'), 'web-1-a-b');
    assert.equal(hostName('a'), undefined);
    assert.ok((hostName('x'.repeat(128)) ?? '').length <= 63);
  });
});
