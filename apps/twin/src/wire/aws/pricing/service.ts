/**
 * The price list's protocol, AWS JSON 1.1: the operation in X-Amz-Target, one JSON object each way, errors named by `__type`.
 * Its endpoints are in a few regions only, whatever the account's own are.
 */
import type { FaultKind } from '../../../world/faults.ts';
import { PricingError, pricingOperations, type Input } from './operations.ts';

/** Price list API, "Endpoints". */
export const pricingRegions: readonly string[] = [
  'us-east-1',
  'eu-central-1',
  'ap-south-1',
  'ap-southeast-1',
];

const prefix = 'AWSPriceListService.';

export const pricingFaults: Readonly<Record<Exclude<FaultKind, 'hang' | 'drop'>, () => PricingError>> = {
  error: () => new PricingError('InternalErrorException', 'An error on the server occurred.', 500),
  capacity: () => new PricingError('InternalErrorException', 'An error on the server occurred.', 500),
  quota: () => new PricingError('ThrottlingException', 'Rate exceeded'),
  throttle: () => new PricingError('ThrottlingException', 'Rate exceeded'),
  unavailable: () => new PricingError('ServiceUnavailable', 'The service is unavailable.', 503),
};

/** Where it signals what EC2 has other words for. */
const codes: Readonly<Record<string, string>> = {
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  AuthFailure: 'InvalidSignatureException',
  RequestExpired: 'InvalidSignatureException',
  InternalError: 'InternalErrorException',
};
export const pricingCode = (code: string): string => codes[code] ?? code;

/** The operation's name, known or not. */
export function operationOf(target: string | undefined): string {
  if (
    target === undefined ||
    !target.startsWith(prefix) ||
    !Object.hasOwn(pricingOperations, target.slice(prefix.length))
  )
    throw new PricingError(
      'UnknownOperationException',
      `The operation ${(target ?? '').slice(0, 80)} is not known.`,
    );
  return target.slice(prefix.length);
}

function parse(body: string): Input {
  let value: unknown;
  try {
    value = body === '' ? {} : JSON.parse(body);
  } catch {
    throw new PricingError('SerializationException', 'The request body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PricingError('SerializationException', 'Start of structure or map expected.');
  return value as Input;
}

export function pricingAnswer(operation: string, body: string): string {
  const carryOut = pricingOperations[operation];
  if (!carryOut)
    throw new PricingError('UnknownOperationException', `The operation ${operation} is not known.`);
  return JSON.stringify(carryOut(parse(body)));
}

export const pricingFailure = (code: string, message: string): string =>
  JSON.stringify({ __type: code, Message: message });
