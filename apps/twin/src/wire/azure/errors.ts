/**
 * Errors as Resource Manager writes them: `{ error: { code, message, target?, details? } }`.
 * Source: Azure REST API guidelines; "Common Azure Resource Manager errors" (troubleshooting).
 */
export interface ErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
}

export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly target: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { target?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.target = more.target;
    this.headers = more.headers ?? {};
  }

  get body() {
    const { code, message, target } = this;
    return { error: { code, message, ...(target !== undefined && { target }) } };
  }
}

export const badRequest = (code: string, message: string): ArmError => new ArmError(400, code, message);
export const conflict = (code: string, message: string): ArmError => new ArmError(409, code, message);
/** How Microsoft.Compute refuses a part of a body: the part is the target. */
export const invalidParameter = (target: string, message: string): ArmError =>
  new ArmError(400, 'InvalidParameter', message, { target });
export const missingParameter = (target: string): ArmError =>
  invalidParameter(target, `Required parameter '${target}' is missing (null).`);

export const resourceNotFound = (type: string, name: string, group: string): ArmError =>
  new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
export const groupNotFound = (name: string): ArmError =>
  new ArmError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
