/** A VPC's internet gateway and the default route through it. Each step may run twice. */
import { patiently, together } from '@cloud-barista/driver/concurrency';
import type { InternetGateway } from '@aws-sdk/client-ec2';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import { byToken, filter, marks } from './marks.ts';

const resource = 'vpc';

/** The gateways that the create with `token` made, attached or not. */
export const gatewaysOf = (ec2: Ec2, call: Call, token: Token): Promise<InternetGateway[]> =>
  ec2.all(
    call,
    'DescribeInternetGateways',
    { Filters: [byToken(token)] },
    { resource },
    out => out.InternetGateways,
  );

export async function createGateway(
  ec2: Ec2,
  call: CreateCall,
  vpc: string,
  name: string,
  standing: InternetGateway | undefined,
): Promise<void> {
  const [gateway, table] = await together([
    standing ?? make(ec2, call, name),
    mainRouteTable(ec2, call, vpc),
  ]);
  const InternetGatewayId = gateway.InternetGatewayId ?? '';
  if (!gateway.Attachments?.some(attachment => attachment.VpcId === vpc))
    try {
      await ec2.ask(
        call,
        'AttachInternetGateway',
        { InternetGatewayId, VpcId: vpc },
        { resource, name: vpc },
      );
    } catch (error) {
      if (!says(error, 'Resource.AlreadyAssociated')) throw error;
    }
  const route = { RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', GatewayId: InternetGatewayId };
  try {
    await ec2.ask(call, 'CreateRoute', route, { resource, name: vpc });
  } catch (error) {
    if (!says(error, 'RouteAlreadyExists')) throw error;
  }
}

async function make(ec2: Ec2, call: CreateCall, name: string): Promise<InternetGateway> {
  const input = { TagSpecifications: marks(name, call.token, 'internet-gateway') };
  const { InternetGateway = {} } = await ec2.ask(call, 'CreateInternetGateway', input, { resource, name });
  ec2.born(InternetGateway.InternetGatewayId ?? '');
  return InternetGateway;
}

/** Every VPC comes with one; it may not show at once. */
async function mainRouteTable(ec2: Ec2, call: Call, vpc: string): Promise<string> {
  const Filters = [filter('vpc-id', vpc), filter('association.main', 'true')];
  const id = await patiently(
    call.signal,
    async () => {
      const { RouteTables = [] } = await ec2.ask(
        call,
        'DescribeRouteTables',
        { Filters },
        { resource, name: vpc },
      );
      return RouteTables[0]?.RouteTableId;
    },
    () => ec2.isYoung(vpc),
  );
  if (id === undefined)
    throw new BaristaError('failed_precondition', `VPC ${vpc} has no main route table.`, {
      next: 'Set a main route table in the AWS console, or delete the VPC and make it anew.',
    });
  return id;
}

export async function deleteGateway(
  ec2: Ec2,
  call: Call,
  vpc: string,
  { InternetGatewayId = '', Attachments = [] }: InternetGateway,
): Promise<void> {
  const about = { resource, name: vpc } as const;
  ec2.gone(InternetGatewayId);
  try {
    if (Attachments.some(attachment => attachment.VpcId === vpc))
      await ec2.ask(call, 'DetachInternetGateway', { InternetGatewayId, VpcId: vpc }, about);
  } catch (error) {
    if (!says(error, 'Gateway.NotAttached', 'InvalidInternetGatewayID.NotFound')) throw error;
  }
  try {
    await ec2.ask(call, 'DeleteInternetGateway', { InternetGatewayId }, about);
  } catch (error) {
    if (!says(error, 'InvalidInternetGatewayID.NotFound')) throw error;
  }
}
