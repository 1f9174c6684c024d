/** The tables of actions, by product. */
import { describeAvailableResource } from './available-resources.ts';
import type { Action } from './call.ts';
import * as customImages from './custom-images.ts';
import * as attachment from './disk-attachment.ts';
import * as disks from './disks.ts';
import * as eips from './eips.ts';
import { describeImages } from './images.ts';
import * as deeds from './instance-actions.ts';
import { describeInstanceTypeFamilies, describeInstanceTypes } from './instance-types.ts';
import * as instances from './instances.ts';
import * as keyPairs from './key-pairs.ts';
import { describePrice } from './prices.ts';
import { describeAccountAttributes, describeZones } from './regions.ts';
import { createInstance, runInstances } from './run-instances.ts';
import * as rules from './security-group-rules.ts';
import * as groups from './security-groups.ts';
import * as snapshots from './snapshots.ts';
import * as tags from './tags.ts';
import * as vpcs from './vpcs.ts';
import * as vSwitches from './vswitches.ts';

export type Service = 'ecs' | 'vpc' | 'sts';
export const versions: Readonly<Record<Service, string>> = {
  ecs: '2014-05-26',
  vpc: '2016-04-28',
  sts: '2015-04-01',
};

const ecs: Readonly<Record<string, Action>> = {
  AllocatePublicIpAddress: deeds.allocatePublicIpAddress,
  AttachDisk: attachment.attachDisk,
  AuthorizeSecurityGroup: rules.authorize(false),
  AuthorizeSecurityGroupEgress: rules.authorize(true),
  CreateDisk: disks.createDisk,
  CreateImage: customImages.createImage,
  CreateInstance: createInstance,
  CreateKeyPair: keyPairs.createKeyPair,
  CreateSecurityGroup: groups.createSecurityGroup,
  CreateSnapshot: snapshots.createSnapshot,
  DeleteDisk: disks.deleteDisk,
  DeleteImage: customImages.deleteImage,
  DeleteInstance: deeds.single('remove'),
  DeleteInstances: deeds.batch('remove'),
  DeleteKeyPairs: keyPairs.deleteKeyPairs,
  DeleteSecurityGroup: groups.deleteSecurityGroup,
  DeleteSnapshot: snapshots.deleteSnapshot,
  DescribeAccountAttributes: describeAccountAttributes,
  DescribeAvailableResource: describeAvailableResource,
  DescribeDisks: disks.describeDisks,
  DescribeImages: describeImages,
  DescribeInstanceAttribute: instances.describeInstanceAttribute,
  DescribeInstanceStatus: instances.describeInstanceStatus,
  DescribeInstanceTypeFamilies: describeInstanceTypeFamilies,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeInstances: instances.describeInstances,
  DescribeKeyPairs: keyPairs.describeKeyPairs,
  DescribeNetworkInterfaces: instances.describeNetworkInterfaces,
  DescribePrice: describePrice,
  DescribeSecurityGroupAttribute: rules.describeSecurityGroupAttribute,
  DescribeSecurityGroups: groups.describeSecurityGroups,
  DescribeSnapshots: snapshots.describeSnapshots,
  DescribeTags: tags.describeTags,
  DescribeZones: describeZones('ecs'),
  DetachDisk: attachment.detachDisk,
  GetInstanceConsoleOutput: instances.getInstanceConsoleOutput,
  ImportKeyPair: keyPairs.importKeyPair,
  JoinSecurityGroup: deeds.joinSecurityGroup,
  LeaveSecurityGroup: deeds.leaveSecurityGroup,
  ListTagResources: tags.listTagResources('ecs'),
  ModifyDiskAttribute: disks.modifyDiskAttribute,
  ModifyImageAttribute: customImages.modifyImageAttribute,
  ModifyInstanceAttribute: deeds.modifyInstanceAttribute,
  ModifyInstanceNetworkSpec: deeds.modifyInstanceNetworkSpec,
  ModifySecurityGroupAttribute: groups.modifySecurityGroupAttribute,
  ModifySecurityGroupPolicy: groups.modifySecurityGroupPolicy,
  ModifySnapshotAttribute: snapshots.modifySnapshotAttribute,
  RebootInstance: deeds.single('reboot'),
  RebootInstances: deeds.batch('reboot'),
  ResizeDisk: attachment.resizeDisk,
  RevokeSecurityGroup: rules.revoke(false),
  RevokeSecurityGroupEgress: rules.revoke(true),
  RunInstances: runInstances,
  StartInstance: deeds.single('start'),
  StartInstances: deeds.batch('start'),
  StopInstance: deeds.single('stop'),
  StopInstances: deeds.batch('stop'),
  TagResources: tags.tagResources('ecs'),
  UntagResources: tags.untagResources('ecs'),
};

const vpc: Readonly<Record<string, Action>> = {
  AllocateEipAddress: eips.allocateEipAddress,
  AssociateEipAddress: eips.associateEipAddress,
  CreateVSwitch: vSwitches.createVSwitch,
  CreateVpc: vpcs.createVpc,
  DeleteVSwitch: vSwitches.deleteVSwitch,
  DeleteVpc: vpcs.deleteVpc,
  DescribeEipAddresses: eips.describeEipAddresses,
  DescribeRouteTableList: vpcs.describeRouteTableList,
  DescribeVSwitchAttributes: vSwitches.describeVSwitchAttributes,
  DescribeVSwitches: vSwitches.describeVSwitches,
  DescribeVpcAttribute: vpcs.describeVpcAttribute,
  DescribeVpcs: vpcs.describeVpcs,
  DescribeZones: describeZones('vpc'),
  ListTagResources: tags.listTagResources('vpc'),
  ModifyEipAddressAttribute: eips.modifyEipAddressAttribute,
  ModifyVpcAttribute: vpcs.modifyVpcAttribute,
  ReleaseEipAddress: eips.releaseEipAddress,
  TagResources: tags.tagResources('vpc'),
  UnTagResources: tags.untagResources('vpc'),
  UnassociateEipAddress: eips.unassociateEipAddress,
  UntagResources: tags.untagResources('vpc'),
};

export const tables: Readonly<Record<Exclude<Service, 'sts'>, Readonly<Record<string, Action>>>> = {
  ecs,
  vpc,
};
/** DescribeRegions and GetCallerIdentity are the wire's own: they need no region. */
export const operations: readonly string[] = [
  ...new Set([...Object.keys(ecs), ...Object.keys(vpc), 'DescribeRegions', 'GetCallerIdentity']),
].sort();
