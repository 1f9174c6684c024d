import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import type { Call, CreateCall, PageCall } from './call.ts';

export interface SecurityGroupRequest {
  name: string;
  vpc: CloudId;
  /** Guaranteed checked (`checkRule`) and without doubles. The group ends with exactly these rules: the driver takes away what the cloud adds by itself. */
  rules: SecurityRule[];
}
export interface CloudSecurityGroup {
  id: CloudId;
  name: string;
  /** "" where the cloud's groups belong to no VPC. */
  vpc: CloudId | '';
  rules: SecurityRule[];
  /** The create's token, where the cloud's answer shows it. */
  token?: Token;
}

export interface SecurityGroups {
  create(call: CreateCall, request: SecurityGroupRequest): Promise<CloudSecurityGroup>;
  list(call: PageCall): Promise<Page<CloudSecurityGroup>>;
  get(call: Call, id: CloudId): Promise<CloudSecurityGroup>;
  /** Succeeds where absent; failed_precondition while a VM uses it. */
  delete(call: Call, id: CloudId): Promise<void>;
  /** Adding a rule that stands and removing one that does not both succeed. */
  addRules(call: Call, id: CloudId, rules: SecurityRule[]): Promise<void>;
  removeRules(call: Call, id: CloudId, rules: SecurityRule[]): Promise<void>;
}
