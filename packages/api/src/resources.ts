/** What a connection's cloud offers (images, specs) and the resources that VMs stand on. */
import { Image } from '@cloud-barista/model/image';
import { KeyPair, KeyPairInput } from '@cloud-barista/model/key-pair';
import { closed, Name, page } from '@cloud-barista/model/schema';
import { SecurityGroup, SecurityGroupInput, SecurityRule } from '@cloud-barista/model/security-group';
import { Spec } from '@cloud-barista/model/spec';
import { SubnetInput, Vpc, VpcInput } from '@cloud-barista/model/vpc';
import { CloudRef, Done, fromCloud, inConnection, making, PageQuery, pageQuery } from './common.ts';
import { define } from './define.ts';
import { Type } from '@cloud-barista/model/type';

const here = closed(inConnection);
const Rules = closed({ rules: Type.Array(SecurityRule, { minItems: 1, maxItems: 100 }) });
const vpc = closed({ ...inConnection, vpc: Name });
const group = closed({ ...inConnection, securityGroup: Name });
const keyPair = closed({ ...inConnection, keyPair: Name });

export const resources = {
  'image.list': define({
    method: 'GET',
    path: '/v1/connections/{connection}/images',
    summary: 'List or search the images of a cloud',
    params: here,
    query: closed({
      ...pageQuery,
      search: Type.Optional(
        Type.String({ maxLength: 256, description: 'Part of the name, or a system such as ubuntu-22.04' }),
      ),
    }),
    output: page(Image),
    errors: fromCloud,
  }),
  'image.get': define({
    method: 'GET',
    path: '/v1/connections/{connection}/images/{image}',
    summary: 'Show an image',
    params: closed({ ...inConnection, image: CloudRef }),
    output: Image,
    errors: fromCloud,
  }),
  'spec.list': define({
    method: 'GET',
    path: '/v1/connections/{connection}/specs',
    summary: 'List the VM sizes of a cloud with their prices, smallest first',
    params: here,
    query: closed({
      ...pageQuery,
      search: Type.Optional(Type.String({ maxLength: 256, description: 'Part of the name' })),
    }),
    output: page(Spec),
    errors: fromCloud,
  }),
  'spec.get': define({
    method: 'GET',
    path: '/v1/connections/{connection}/specs/{spec}',
    summary: 'Show a VM size',
    params: closed({ ...inConnection, spec: CloudRef }),
    output: Spec,
    errors: fromCloud,
  }),

  'vpc.create': define({
    method: 'POST',
    path: '/v1/connections/{connection}/vpcs',
    summary: 'Make a VPC with its subnets',
    status: 201,
    params: here,
    body: VpcInput,
    output: Vpc,
    errors: making,
  }),
  'vpc.list': define({
    method: 'GET',
    path: '/v1/connections/{connection}/vpcs',
    summary: 'List VPCs',
    params: here,
    query: PageQuery,
    output: page(Vpc),
    errors: ['not_found'],
  }),
  'vpc.get': define({
    method: 'GET',
    path: '/v1/connections/{connection}/vpcs/{vpc}',
    summary: 'Show a VPC',
    params: vpc,
    output: Vpc,
    errors: ['not_found'],
  }),
  'vpc.delete': define({
    method: 'DELETE',
    path: '/v1/connections/{connection}/vpcs/{vpc}',
    summary: 'Delete a VPC that nothing uses',
    status: 204,
    params: vpc,
    output: Done,
    errors: fromCloud,
  }),
  'subnet.add': define({
    method: 'POST',
    path: '/v1/connections/{connection}/vpcs/{vpc}/subnets',
    summary: 'Add a subnet to a VPC',
    status: 201,
    params: vpc,
    body: SubnetInput,
    output: Vpc,
    errors: making,
  }),
  'subnet.remove': define({
    method: 'DELETE',
    path: '/v1/connections/{connection}/vpcs/{vpc}/subnets/{subnet}',
    summary: 'Remove a subnet that nothing uses',
    params: closed({ ...inConnection, vpc: Name, subnet: Name }),
    output: Vpc,
    errors: fromCloud,
  }),

  'security-group.create': define({
    method: 'POST',
    path: '/v1/connections/{connection}/security-groups',
    summary: 'Make a security group with exactly these rules',
    status: 201,
    params: here,
    body: SecurityGroupInput,
    output: SecurityGroup,
    errors: making,
  }),
  'security-group.list': define({
    method: 'GET',
    path: '/v1/connections/{connection}/security-groups',
    summary: 'List security groups',
    params: here,
    query: PageQuery,
    output: page(SecurityGroup),
    errors: ['not_found'],
  }),
  'security-group.get': define({
    method: 'GET',
    path: '/v1/connections/{connection}/security-groups/{securityGroup}',
    summary: 'Show a security group',
    params: group,
    output: SecurityGroup,
    errors: ['not_found'],
  }),
  'security-group.delete': define({
    method: 'DELETE',
    path: '/v1/connections/{connection}/security-groups/{securityGroup}',
    summary: 'Delete a security group that no VM uses',
    status: 204,
    params: group,
    output: Done,
    errors: fromCloud,
  }),
  'security-group.add-rules': define({
    method: 'POST',
    path: '/v1/connections/{connection}/security-groups/{securityGroup}/rules',
    summary: 'Add rules; those that stand already stay',
    params: group,
    body: Rules,
    output: SecurityGroup,
    errors: fromCloud,
  }),
  'security-group.remove-rules': define({
    method: 'POST',
    path: '/v1/connections/{connection}/security-groups/{securityGroup}/rules/remove',
    summary: 'Remove rules; those that are not there are no error',
    params: group,
    body: Rules,
    output: SecurityGroup,
    errors: fromCloud,
  }),

  'key-pair.create': define({
    method: 'POST',
    path: '/v1/connections/{connection}/key-pairs',
    summary: 'Make or import an SSH key pair; a made private key is in the answer, once',
    status: 201,
    params: here,
    body: KeyPairInput,
    output: KeyPair,
    errors: making,
  }),
  'key-pair.list': define({
    method: 'GET',
    path: '/v1/connections/{connection}/key-pairs',
    summary: 'List key pairs',
    params: here,
    query: PageQuery,
    output: page(KeyPair),
    errors: ['not_found'],
  }),
  'key-pair.get': define({
    method: 'GET',
    path: '/v1/connections/{connection}/key-pairs/{keyPair}',
    summary: 'Show a key pair (public half)',
    params: keyPair,
    output: KeyPair,
    errors: ['not_found'],
  }),
  'key-pair.delete': define({
    method: 'DELETE',
    path: '/v1/connections/{connection}/key-pairs/{keyPair}',
    summary: 'Delete a key pair',
    status: 204,
    params: keyPair,
    output: Done,
    errors: fromCloud,
  }),
} as const;
