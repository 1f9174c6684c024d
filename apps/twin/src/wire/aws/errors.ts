/**
 * EC2's errors: code, text, HTTP status. Codes and texts: EC2 API reference, "Error codes for the Amazon EC2 API".
 */

const statuses: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  DryRunOperation: 412,
  InternalError: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientAddressCapacity: 500,
  RequestLimitExceeded: 503,
  Unavailable: 503,
  MissingAuthenticationToken: 403,
  InvalidClientTokenId: 403,
  SignatureDoesNotMatch: 403,
};

export class Ec2Error extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
    this.status = statuses[code] ?? 400;
  }
}

export const missing = (name: string): Ec2Error =>
  new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`);

const lowerFirst = (name: string) => name.slice(0, 1).toLowerCase() + name.slice(1);

/** `Value (x) for parameter y is invalid. why` – the form that most of EC2's answers have. */
export const invalidValue = (value: string, name: string, why: string): Ec2Error =>
  new Ec2Error(
    'InvalidParameterValue',
    `Value (${value}) for parameter ${lowerFirst(name)} is invalid. ${why}`,
  );

export const combination = (message: string): Ec2Error =>
  new Ec2Error('InvalidParameterCombination', message);

export const dependency = (message: string): Ec2Error => new Ec2Error('DependencyViolation', message);
