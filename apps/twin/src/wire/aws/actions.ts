/** The table of actions. */
import { describeAccountAttributes } from './account.ts';
import * as addresses from './addresses.ts';
import type { Action } from './call.ts';
import * as gateways from './gateways.ts';
import { describeImages } from './images.ts';
import * as deeds from './instance-actions.ts';
import * as attributes from './instance-attributes.ts';
import * as types from './instance-types.ts';
import { describeInstances, describeInstanceStatus } from './instances.ts';
import * as keyPairs from './key-pairs.ts';
import { describeNetworkInterfaces } from './network-interfaces.ts';
import { describeAvailabilityZones, describeRegions } from './regions.ts';
import * as routes from './routes.ts';
import { runInstances } from './run-instances.ts';
import * as rules from './security-group-rules.ts';
import * as groups from './security-groups.ts';
import * as subnets from './subnets.ts';
import * as tags from './tags.ts';
import { createImage, deregisterImage } from './own-images.ts';
import * as snapshots from './snapshots.ts';
import { attachVolume, detachVolume } from './volume-attachments.ts';
import { describeVolumesModifications, modifyVolume } from './volume-modifications.ts';
import { createVolume, deleteVolume, describeVolumes } from './volumes.ts';
import * as vpcs from './vpcs.ts';

/** Nouns that can be asked for and of which there are none, because nothing here makes them. */
const none =
  (list: string): Action =>
  () => ({ [list]: [] });

export const actions: Readonly<Record<string, Action>> = {
  AllocateAddress: addresses.allocateAddress,
  AssociateAddress: addresses.associateAddress,
  AssociateRouteTable: routes.associateRouteTable,
  AttachInternetGateway: gateways.attachInternetGateway,
  AttachVolume: attachVolume,
  AuthorizeSecurityGroupEgress: rules.authorize(true),
  AuthorizeSecurityGroupIngress: rules.authorize(false),
  CreateDefaultVpc: vpcs.createDefaultVpc,
  CreateImage: createImage,
  CreateInternetGateway: gateways.createInternetGateway,
  CreateKeyPair: keyPairs.createKeyPair,
  CreateRoute: routes.createRoute,
  CreateRouteTable: routes.createRouteTable,
  CreateSecurityGroup: groups.createSecurityGroup,
  CreateSnapshot: snapshots.createSnapshot,
  CreateSubnet: subnets.createSubnet,
  CreateTags: tags.createTags,
  CreateVolume: createVolume,
  CreateVpc: vpcs.createVpc,
  DeleteInternetGateway: gateways.deleteInternetGateway,
  DeleteKeyPair: keyPairs.deleteKeyPair,
  DeleteRoute: routes.deleteRoute,
  DeleteRouteTable: routes.deleteRouteTable,
  DeleteSecurityGroup: groups.deleteSecurityGroup,
  DeleteSnapshot: snapshots.deleteSnapshot,
  DeleteSubnet: subnets.deleteSubnet,
  DeleteTags: tags.deleteTags,
  DeleteVolume: deleteVolume,
  DeleteVpc: vpcs.deleteVpc,
  DeregisterImage: deregisterImage,
  DescribeAccountAttributes: describeAccountAttributes,
  DescribeAddresses: addresses.describeAddresses,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeDhcpOptions: vpcs.describeDhcpOptions,
  DescribeImages: describeImages,
  DescribeInstanceAttribute: attributes.describeInstanceAttribute,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypeOfferings: types.describeInstanceTypeOfferings,
  DescribeInstanceTypes: types.describeInstanceTypes,
  DescribeInstances: describeInstances,
  DescribeInternetGateways: gateways.describeInternetGateways,
  DescribeKeyPairs: keyPairs.describeKeyPairs,
  DescribeLaunchTemplates: none('launchTemplates'),
  DescribeNatGateways: none('natGatewaySet'),
  DescribeNetworkAcls: vpcs.describeNetworkAcls,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
  DescribePlacementGroups: none('placementGroupSet'),
  DescribeRegions: describeRegions,
  DescribeRouteTables: routes.describeRouteTables,
  DescribeSecurityGroupRules: rules.describeSecurityGroupRules,
  DescribeSecurityGroups: groups.describeSecurityGroups,
  DescribeSnapshots: snapshots.describeSnapshots,
  DescribeSubnets: subnets.describeSubnets,
  DescribeTags: tags.describeTags,
  DescribeVolumes: describeVolumes,
  DescribeVolumesModifications: describeVolumesModifications,
  DescribeVpcAttribute: vpcs.describeVpcAttribute,
  DescribeVpcEndpoints: none('vpcEndpointSet'),
  DescribeVpcPeeringConnections: none('vpcPeeringConnectionSet'),
  DescribeVpcs: vpcs.describeVpcs,
  DetachInternetGateway: gateways.detachInternetGateway,
  DetachVolume: detachVolume,
  DisassociateAddress: addresses.disassociateAddress,
  DisassociateRouteTable: routes.disassociateRouteTable,
  GetConsoleOutput: attributes.getConsoleOutput,
  ImportKeyPair: keyPairs.importKeyPair,
  ModifyInstanceAttribute: attributes.modifyInstanceAttribute,
  ModifySubnetAttribute: subnets.modifySubnetAttribute,
  ModifyVolume: modifyVolume,
  ModifyVpcAttribute: vpcs.modifyVpcAttribute,
  RebootInstances: deeds.rebootInstances,
  ReleaseAddress: addresses.releaseElasticIp,
  ReplaceRoute: routes.replaceRoute,
  ReplaceRouteTableAssociation: routes.replaceRouteTableAssociation,
  RevokeSecurityGroupEgress: rules.revoke(true),
  RevokeSecurityGroupIngress: rules.revoke(false),
  RunInstances: runInstances,
  StartInstances: deeds.startInstances,
  StopInstances: deeds.stopInstances,
  TerminateInstances: deeds.terminateInstances,
  UpdateSecurityGroupRuleDescriptionsEgress: rules.describeRulesAnew(true),
  UpdateSecurityGroupRuleDescriptionsIngress: rules.describeRulesAnew(false),
};
