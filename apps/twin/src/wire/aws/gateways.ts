/** Internet gateways. A VPC has one at most; it leaves only when no public address is mapped in the VPC. */
import { commit, type Call } from './call.ts';
import { Ec2Error, dependency } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { lookup, select } from './ids.ts';
import { quota } from './quotas.ts';
import type { InternetGateway } from './records.ts';
import type { AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import type { Members } from './xml.ts';

export function createInternetGateway(call: Call): Members {
  const { site, params } = call;
  const tags = specifiedTags(params, 'internet-gateway');
  const mine = [...site.gateways.values()].filter(gateway => !gateway.isDefault);
  if (mine.length >= quota(site.cloud, 'internetGateways'))
    throw new Ec2Error(
      'InternetGatewayLimitExceeded',
      'The maximum number of internet gateways has been reached.',
    );
  commit(call);
  const gateway: InternetGateway = {
    n: site.next(),
    id: site.newId('igw'),
    tags,
    vpc: undefined,
    isDefault: false,
  };
  site.gateways.set(gateway.id, gateway);
  return { internetGateway: gatewayView(site, gateway) };
}

export function attachInternetGateway(call: Call): Members {
  const { site, params } = call;
  const gateway = lookup(site.gateways, 'gateway', params.required('InternetGatewayId'));
  const vpc = lookup(site.vpcs, 'vpc', params.required('VpcId'));
  if (gateway.vpc)
    throw new Ec2Error(
      'Resource.AlreadyAssociated',
      `resource ${gateway.id} is already attached to network ${gateway.vpc.id}`,
    );
  if (vpc.gateway)
    throw new Ec2Error('InvalidParameterValue', `Network ${vpc.id} already has an internet gateway attached`);
  commit(call);
  gateway.vpc = vpc;
  vpc.gateway = gateway;
  return { return: true };
}

export function detachInternetGateway(call: Call): Members {
  const { site, params } = call;
  const gateway = lookup(site.gateways, 'gateway', params.required('InternetGatewayId'));
  const vpc = lookup(site.vpcs, 'vpc', params.required('VpcId'));
  if (gateway.vpc !== vpc)
    throw new Ec2Error('Gateway.NotAttached', `resource ${gateway.id} is not attached to network ${vpc.id}`);
  for (const instance of site.instances.values())
    if (instance.subnet.vpc === vpc && instance.machine.publicIp !== '')
      throw dependency(
        `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
      );
  commit(call);
  gateway.vpc = undefined;
  vpc.gateway = undefined;
  return { return: true };
}

export function deleteInternetGateway(call: Call): Members {
  const { site, params } = call;
  const gateway = lookup(site.gateways, 'gateway', params.required('InternetGatewayId'));
  if (gateway.vpc)
    throw dependency(`The internetGateway '${gateway.id}' has dependencies and cannot be deleted.`);
  commit(call);
  site.gateways.delete(gateway.id);
  return { return: true };
}

const gatewayView = (site: AwsSite, gateway: InternetGateway): Members => ({
  internetGatewayId: gateway.id,
  ownerId: site.accountId,
  attachmentSet: gateway.vpc ? [{ vpcId: gateway.vpc.id, state: 'available' }] : [],
  tagSet: tagSet(gateway.tags),
});

export function describeInternetGateways({ site, params }: Call): Members {
  const filters = {
    'attachment.state': (gateway: InternetGateway) => (gateway.vpc ? 'available' : undefined),
    'attachment.vpc-id': (gateway: InternetGateway) => gateway.vpc?.id,
    'internet-gateway-id': (gateway: InternetGateway) => gateway.id,
    'owner-id': () => site.accountId,
  };
  const found = filterAll(
    params,
    filters,
    select(site.gateways, 'gateway', params.texts('InternetGatewayId')),
  );
  const { records, nextToken } = page(params, 'DescribeInternetGateways', found, { least: 5, most: 1000 });
  return { internetGatewaySet: records.map(gateway => gatewayView(site, gateway)), nextToken };
}
