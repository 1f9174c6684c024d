/** Route tables, their routes, and which subnet follows which table. Source: VPC user guide, "Configure route tables". */
import { contains, formatCidr } from '@cloud-barista/model/cidr';
import { commit, type Call } from './call.ts';
import { instanceOf, interfaceId } from './derived.ts';
import { Ec2Error, dependency, invalidValue, missing } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { checkId, lookup, notFound, select } from './ids.ts';
import { quota } from './quotas.ts';
import type { Route, RouteTable, Subnet } from './records.ts';
import { makeRouteTable, type AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import { readCidr } from './vpcs.ts';
import type { Members } from './xml.ts';

const table = ({ site, params }: Call): RouteTable =>
  lookup(site.routeTables, 'routeTable', params.required('RouteTableId'));

export function createRouteTable(call: Call): Members {
  const { site, params } = call;
  const vpc = lookup(site.vpcs, 'vpc', params.required('VpcId'));
  const tags = specifiedTags(params, 'route-table');
  const standing = [...site.routeTables.values()].filter(one => one.vpcId === vpc.id);
  if (standing.length >= quota(site.cloud, 'routeTablesPerVpc'))
    throw new Ec2Error('RouteTableLimitExceeded', 'The maximum number of route tables has been reached.');
  commit(call);
  return { routeTable: tableView(site, makeRouteTable(site, vpc.id, vpc.block, tags)) };
}

const followers = (site: AwsSite, routeTable: RouteTable): Subnet[] =>
  [...site.subnets.values()].filter(subnet => subnet.association?.table === routeTable);

export function deleteRouteTable(call: Call): Members {
  const { site } = call;
  const doomed = table(call);
  if (doomed.isMain || followers(site, doomed).length > 0)
    throw dependency(`The routeTable '${doomed.id}' has dependencies and cannot be deleted.`);
  commit(call);
  site.routeTables.delete(doomed.id);
  return { return: true };
}

export function associateRouteTable(call: Call): Members {
  const { site, params } = call;
  const routeTable = table(call);
  const subnet = lookup(site.subnets, 'subnet', params.required('SubnetId'));
  if (subnet.vpc.id !== routeTable.vpcId)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Route table ${routeTable.id} and subnet ${subnet.id} belong to different networks`,
    );
  if (subnet.association && subnet.association.table !== routeTable)
    throw new Ec2Error(
      'Resource.AlreadyAssociated',
      `the specified association for route table ${routeTable.id} conflicts with an existing association`,
    );
  commit(call);
  subnet.association ??= { id: site.newId('rtbassoc'), table: routeTable };
  return { associationId: subnet.association.id, associationState: { state: 'associated' } };
}

function associated(site: AwsSite, id: string): Subnet {
  for (const subnet of site.subnets.values()) if (subnet.association?.id === id) return subnet;
  for (const vpc of site.vpcs.values())
    if (vpc.mainAssociation === id)
      throw new Ec2Error(
        'InvalidParameterValue',
        `cannot disassociate the main route table association ${id}`,
      );
  throw new Ec2Error('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
}

export function disassociateRouteTable(call: Call): Members {
  const subnet = associated(call.site, call.params.required('AssociationId'));
  commit(call);
  subnet.association = undefined;
  return { return: true };
}

/** Of a subnet, or of a VPC's main table, which then becomes an ordinary one. */
export function replaceRouteTableAssociation(call: Call): Members {
  const { site, params } = call;
  const routeTable = table(call);
  const id = params.required('AssociationId');
  const vpc = [...site.vpcs.values()].find(one => one.mainAssociation === id);
  const subnet = vpc ? undefined : associated(site, id);
  if (routeTable.vpcId !== (vpc ?? subnet?.vpc)?.id)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Route table ${routeTable.id} and association ${id} belong to different networks`,
    );
  commit(call);
  const newAssociationId = site.newId('rtbassoc');
  if (vpc) {
    vpc.mainTable.isMain = false;
    routeTable.isMain = true;
    vpc.mainTable = routeTable;
    vpc.mainAssociation = newAssociationId;
  } else if (subnet) subnet.association = { id: newAssociationId, table: routeTable };
  return { newAssociationId, associationState: { state: 'associated' } };
}

function target({ site, params }: Call, routeTable: RouteTable): Route['target'] {
  const gatewayId = params.text('GatewayId');
  const instanceId = params.text('InstanceId');
  const interfaceOf = params.text('NetworkInterfaceId');
  const natGateway = params.text('NatGatewayId');
  if (natGateway !== undefined)
    throw new Ec2Error('InvalidNatGatewayID.NotFound', `The natGateway ID '${natGateway}' does not exist`);
  if (gatewayId !== undefined) {
    if (gatewayId === 'local')
      throw invalidValue(gatewayId, 'gatewayId', 'Only the local route has the target local.');
    if (gatewayId.startsWith('vgw-'))
      throw new Ec2Error('InvalidVpnGatewayID.NotFound', `The vpnGateway ID '${gatewayId}' does not exist`);
    const gateway = lookup(site.gateways, 'gateway', gatewayId);
    if (gateway.vpc?.id !== routeTable.vpcId)
      throw new Ec2Error(
        'InvalidParameterValue',
        `route table ${routeTable.id} and network gateway ${gateway.id} belong to different networks`,
      );
    return { kind: 'gateway', gateway: gateway.id };
  }
  if (interfaceOf !== undefined) checkId('interface', interfaceOf);
  const id = instanceId ?? (interfaceOf === undefined ? undefined : instanceOf(interfaceOf));
  if (id === undefined)
    throw missing('gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId or instanceId');
  const instance = site.instances.get(id);
  if (interfaceOf !== undefined && !instance) throw notFound('interface', interfaceOf);
  const found = instance ?? lookup(site.instances, 'instance', id);
  if (found.subnet.vpc.id !== routeTable.vpcId)
    throw new Ec2Error(
      'InvalidParameterValue',
      `route table ${routeTable.id} and interface ${interfaceId(id)} belong to different networks`,
    );
  return { kind: 'instance', instance: id };
}

const destination = ({ params }: Call): { text: string; block: Route['block'] } => {
  if (
    params.text('DestinationIpv6CidrBlock') !== undefined ||
    params.text('DestinationPrefixListId') !== undefined
  )
    throw new Ec2Error('Unsupported', 'Only IPv4 destinations (DestinationCidrBlock) are supported.');
  const block = readCidr(params.required('DestinationCidrBlock'), 'destinationCidrBlock');
  return { text: formatCidr(block), block };
};

export function createRoute(call: Call): Members {
  const { site } = call;
  const routeTable = table(call);
  const { text, block } = destination(call);
  const standing = routeTable.routes.find(route => route.destination === text);
  const goal = target(call, routeTable);
  if (standing) {
    if (standing.target.kind !== 'local' && JSON.stringify(standing.target) === JSON.stringify(goal)) {
      commit(call);
      return { return: true };
    }
    throw new Ec2Error('RouteAlreadyExists', `The route identified by ${text} already exists.`);
  }
  const vpc = lookup(site.vpcs, 'vpc', routeTable.vpcId);
  if (goal.kind === 'gateway' && contains(vpc.block, block))
    throw new Ec2Error(
      'InvalidParameterValue',
      `The destination CIDR block ${text} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
    );
  if (routeTable.routes.length >= quota(site.cloud, 'routesPerTable'))
    throw new Ec2Error('RouteLimitExceeded', `The maximum number of routes has been reached.`);
  commit(call);
  routeTable.routes.push({ block, destination: text, target: goal });
  return { return: true };
}

function standingRoute(call: Call, routeTable: RouteTable): Route {
  const { text } = destination(call);
  const route = routeTable.routes.find(one => one.destination === text);
  if (!route)
    throw new Ec2Error(
      'InvalidRoute.NotFound',
      `no route with destination-cidr-block ${text} in route table ${routeTable.id}`,
    );
  if (route.target.kind === 'local')
    throw new Ec2Error(
      'InvalidParameterValue',
      `cannot remove or replace local route ${text} in route table ${routeTable.id}`,
    );
  return route;
}

export function replaceRoute(call: Call): Members {
  const routeTable = table(call);
  const route = standingRoute(call, routeTable);
  const goal = target(call, routeTable);
  commit(call);
  route.target = goal;
  return { return: true };
}

export function deleteRoute(call: Call): Members {
  const routeTable = table(call);
  const route = standingRoute(call, routeTable);
  commit(call);
  routeTable.routes = routeTable.routes.filter(one => one !== route);
  return { return: true };
}

const alive = (site: AwsSite, routeTable: RouteTable, route: Route): boolean =>
  route.target.kind === 'local' ||
  (route.target.kind === 'gateway'
    ? site.gateways.get(route.target.gateway)?.vpc?.id === routeTable.vpcId
    : site.instances.get(route.target.instance)?.machine.state === 'running');

function routeView(site: AwsSite, routeTable: RouteTable, route: Route): Members {
  const goal = route.target;
  return {
    destinationCidrBlock: route.destination,
    gatewayId: goal.kind === 'local' ? 'local' : goal.kind === 'gateway' ? goal.gateway : undefined,
    instanceId: goal.kind === 'instance' ? goal.instance : undefined,
    instanceOwnerId: goal.kind === 'instance' ? site.accountId : undefined,
    networkInterfaceId: goal.kind === 'instance' ? interfaceId(goal.instance) : undefined,
    state: alive(site, routeTable, route) ? 'active' : 'blackhole',
    origin: goal.kind === 'local' ? 'CreateRouteTable' : 'CreateRoute',
  };
}

const mainAssociation = (site: AwsSite, routeTable: RouteTable): string | undefined =>
  routeTable.isMain ? site.vpcs.get(routeTable.vpcId)?.mainAssociation : undefined;

function tableView(site: AwsSite, routeTable: RouteTable): Members {
  const state = { associationState: { state: 'associated' } };
  const main = mainAssociation(site, routeTable);
  return {
    routeTableId: routeTable.id,
    vpcId: routeTable.vpcId,
    ownerId: site.accountId,
    routeSet: routeTable.routes.map(route => routeView(site, routeTable, route)),
    associationSet: [
      ...(main === undefined
        ? []
        : [{ routeTableAssociationId: main, routeTableId: routeTable.id, main: true, ...state }]),
      ...followers(site, routeTable).map(subnet => ({
        routeTableAssociationId: subnet.association?.id,
        routeTableId: routeTable.id,
        subnetId: subnet.id,
        main: false,
        ...state,
      })),
    ],
    propagatingVgwSet: [],
    tagSet: tagSet(routeTable.tags),
  };
}

export function describeRouteTables({ site, params }: Call): Members {
  const routes = (look: (view: Members, route: Route) => unknown) => (routeTable: RouteTable) =>
    routeTable.routes.map(route => look(routeView(site, routeTable, route), route) as string | undefined);
  const filters = {
    'association.main': (one: RouteTable) => [
      `${one.isMain}`,
      ...(followers(site, one).length > 0 ? ['false'] : []),
    ],
    'association.route-table-association-id': (one: RouteTable) => [
      mainAssociation(site, one),
      ...followers(site, one).map(subnet => subnet.association?.id),
    ],
    'association.route-table-id': (one: RouteTable) =>
      one.isMain || followers(site, one).length > 0 ? one.id : undefined,
    'association.subnet-id': (one: RouteTable) => followers(site, one).map(subnet => subnet.id),
    'owner-id': () => site.accountId,
    'route-table-id': (one: RouteTable) => one.id,
    'route.destination-cidr-block': routes(view => view['destinationCidrBlock']),
    'route.gateway-id': routes(view => view['gatewayId']),
    'route.instance-id': routes(view => view['instanceId']),
    'route.origin': routes(view => view['origin']),
    'route.state': routes(view => view['state']),
    'vpc-id': (one: RouteTable) => one.vpcId,
  };
  const found = filterAll(
    params,
    filters,
    select(site.routeTables, 'routeTable', params.texts('RouteTableId')),
  );
  const { records, nextToken } = page(params, 'DescribeRouteTables', found, { least: 5, most: 100 });
  return { routeTableSet: records.map(one => tableView(site, one)), nextToken };
}
