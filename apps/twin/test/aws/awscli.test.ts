/**
 * Debian's `awscli` against the wire, as a first user of it would type. Version 2.9 does not read AWS_ENDPOINT_URL (2.13 does),
 * so --endpoint-url is given.
 */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { region, some, startTwin, type Twin } from './server.ts';

const execute = promisify(execFile);

function find(): string | undefined {
  if (existsSync('/usr/bin/aws')) return '/usr/bin/aws';
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' });
    return 'aws';
  } catch {
    return undefined;
  }
}
const found = find();
const skip =
  found === undefined && process.env['CI'] !== 'true'
    ? "the AWS CLI is not installed (Debian's package awscli)"
    : false;

describe('awscli', { skip }, () => {
  let twin: Twin;
  const home = mkdtempSync(join(tmpdir(), 'awscli-'));
  before(async () => {
    twin = await startTwin();
  });
  after(async () => {
    rmSync(home, { recursive: true });
    await twin.close();
  });

  /** The command's answer, parsed. */
  async function aws(line: string, more: string[] = []): Promise<Record<string, never>> {
    const { AWS_ENDPOINT_URL: endpoint = '', ...env } = twin.wire.env(twin.cloud, twin.base);
    const { stdout } = await execute(
      found ?? 'aws',
      ['--endpoint-url', endpoint, '--output', 'json', ...line.split(' '), ...more],
      {
        env: { ...env, PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8' },
      },
    );
    return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, never>);
  }
  /** A value by its path in the answer. */
  const at = (value: unknown, ...path: (string | number)[]): string =>
    path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value) as string;

  it('makes a network, a key, a VM, and takes them down', async () => {
    assert.equal(at(await aws('sts get-caller-identity'), 'Account'), twin.cloud.credentials['accountId']);
    const listed = await Promise.all([
      aws('ec2 describe-regions'),
      aws('ec2 describe-images --owners 099720109477', [
        '--filters',
        'Name=name,Values=ubuntu/images/*jammy*amd64*',
      ]),
    ]);
    assert.equal(at(listed[0], 'Regions', 0, 'RegionName'), region);
    const image = at(listed[1], 'Images', 0, 'ImageId');

    const key = join(home, 'key.pub');
    writeFileSync(key, ssh2.utils.generateKeyPairSync('ed25519').public);
    const [vpc, gateway, imported] = await Promise.all([
      aws('ec2 create-vpc --cidr-block 10.0.0.0/16', [
        '--tag-specifications',
        'ResourceType=vpc,Tags=[{Key=Name,Value=demo}]',
      ]),
      aws('ec2 create-internet-gateway'),
      aws(`ec2 import-key-pair --key-name me --public-key-material fileb://${key}`),
    ]);
    assert.match(at(imported, 'KeyPairId'), /^key-/);
    const vpcId = at(vpc, 'Vpc', 'VpcId');
    const gatewayId = at(gateway, 'InternetGateway', 'InternetGatewayId');
    const [subnet, group, tables] = await Promise.all([
      aws(`ec2 create-subnet --vpc-id ${vpcId} --cidr-block 10.0.1.0/24`),
      aws(`ec2 create-security-group --group-name web --vpc-id ${vpcId}`, ['--description', 'web servers']),
      aws('ec2 describe-route-tables', ['--filters', `Name=vpc-id,Values=${vpcId}`]),
      aws(`ec2 attach-internet-gateway --internet-gateway-id ${gatewayId} --vpc-id ${vpcId}`),
    ]);
    const subnetId = at(subnet, 'Subnet', 'SubnetId');
    const groupId = at(group, 'GroupId');
    await Promise.all([
      aws(
        `ec2 create-route --route-table-id ${at(tables, 'RouteTables', 0, 'RouteTableId')} --destination-cidr-block 0.0.0.0/0 --gateway-id ${gatewayId}`,
      ),
      aws(
        `ec2 authorize-security-group-ingress --group-id ${groupId} --protocol tcp --port 22 --cidr 0.0.0.0/0`,
      ),
    ]);
    const run = `ec2 run-instances --image-id ${image} --instance-type t3.micro --key-name me --subnet-id ${subnetId} --security-group-ids ${groupId} --associate-public-ip-address --user-data hello`;
    const made = await aws(run);
    const id = at(made, 'Instances', 0, 'InstanceId');
    await aws(`ec2 wait instance-running --instance-ids ${id}`);
    const [described, attribute] = await Promise.all([
      aws(`ec2 describe-instances --instance-ids ${id}`),
      aws(`ec2 describe-instance-attribute --instance-id ${id} --attribute userData`),
    ]);
    assert.match(at(described, 'Reservations', 0, 'Instances', 0, 'PublicIpAddress'), /^127\./);
    assert.equal(Buffer.from(at(attribute, 'UserData', 'Value'), 'base64').toString(), 'hello');
    const machine = twin.world.machines.byKey(`seoul/${id}`);
    assert.equal(machine?.site.reachable(machine, 22), true);

    await assert.rejects(
      aws(`ec2 delete-vpc --vpc-id ${vpcId}`),
      /An error occurred \(DependencyViolation\) when calling the DeleteVpc operation/,
    );
    await aws(`ec2 terminate-instances --instance-ids ${id}`);
    await Promise.all([
      aws(`ec2 delete-subnet --subnet-id ${subnetId}`),
      aws(`ec2 delete-security-group --group-id ${groupId}`),
      aws(`ec2 detach-internet-gateway --internet-gateway-id ${gatewayId} --vpc-id ${vpcId}`),
      aws('ec2 delete-key-pair --key-name me'),
    ]);
    await Promise.all([
      aws(`ec2 delete-vpc --vpc-id ${vpcId}`),
      aws(`ec2 delete-internet-gateway --internet-gateway-id ${gatewayId}`),
    ]);
    assert.equal(
      Object.values(twin.wire.counts(twin.cloud)).reduce((sum, one) => sum + one, 0),
      0,
    );
  });

  it('keeps data on a volume and in an image, and asks for a price', async () => {
    // What the test above has seen the CLI do goes through the SDK: each start of the CLI costs half a second.
    const { client } = twin;
    const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['136693071363'] }));
    const { Instances = [] } = await client.send(
      new ec2.RunInstancesCommand({
        ImageId: some(Images.find(one => one.Architecture === 'x86_64')?.ImageId),
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        Placement: { AvailabilityZone: `${region}a` },
      }),
    );
    const instance = some(Instances[0]?.InstanceId);
    const [volume, custom, prices] = await Promise.all([
      aws(`ec2 create-volume --availability-zone ${region}a --size 10 --volume-type gp3`),
      aws(`ec2 create-image --instance-id ${instance} --name golden --no-reboot`),
      aws('pricing get-products --region us-east-1 --service-code AmazonEC2 --max-items 5', [
        '--filters',
        'Type=TERM_MATCH,Field=instanceType,Value=t3.micro',
        'Type=TERM_MATCH,Field=regionCode,Value=ap-northeast-2',
        'Type=TERM_MATCH,Field=operatingSystem,Value=Linux',
        'Type=TERM_MATCH,Field=capacitystatus,Value=Used',
        'Type=TERM_MATCH,Field=tenancy,Value=Shared',
      ]),
    ]);
    assert.match(at(prices, 'PriceList', 0), /"USD":"0\.0130000000"/);
    assert.match(at(custom, 'ImageId'), /^ami-0/);
    const id = at(volume, 'VolumeId');
    await aws(`ec2 attach-volume --volume-id ${id} --instance-id ${instance} --device /dev/sdf`);
    const described = await aws(`ec2 describe-volumes --volume-ids ${id}`);
    assert.equal(at(described, 'Volumes', 0, 'Attachments', 0, 'InstanceId'), instance);
    twin.wire.reset(twin.cloud);
  });
});
