/** An error in the words of Alibaba Cloud's RPC APIs. Sources: ECS and VPC API references, "Error codes"; "Common error codes". */

export class AliError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'AliError';
    this.code = code;
    this.status = status;
  }
}

/** The gateway's own refusal of a call without a mandatory parameter. */
export const missing = (name: string): AliError =>
  new AliError(`Missing${name.replaceAll('.', '')}`, `${name} is mandatory for this action.`);

export const invalid = (code: string, message = `The specified parameter is not valid.`): AliError =>
  new AliError(code, message);

export const notFound = (code: string, what: string): AliError =>
  new AliError(code, `The specified ${what} does not exist.`, 404);

export const wrongStatus = (code = 'IncorrectInstanceStatus'): AliError =>
  new AliError(code, 'The current status of the resource does not support this operation.', 403);

export const dependency = (code: string, message: string, status = 400): AliError =>
  new AliError(code, message, status);
