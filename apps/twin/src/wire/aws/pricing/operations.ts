/**
 * AWS Price List Service: DescribeServices, GetAttributeValues, GetProducts, for the one service AmazonEC2.
 * Source: Billing and Cost Management API reference, version 2017-10-15.
 */
import { hash } from 'node:crypto';
import { priceListText, productsOf, type Product } from './products.ts';
import { pricedRegions } from './regions.ts';

export class PricingError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const invalid = (message: string) => new PricingError('InvalidParameterException', message);
const mistyped = (message: string) => new PricingError('SerializationException', message);

export type Input = Readonly<Record<string, unknown>>;

function text(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw mistyped(`${name} must be a string.`);
  return value;
}

const serviceCode = 'AmazonEC2';

/** Undefined where none is named. */
function checkService(input: Input): string | undefined {
  const code = text(input, 'ServiceCode');
  if (code === undefined || code === '') return undefined;
  if (!/^[A-Za-z0-9]+$/.test(code)) throw invalid('ServiceCode can only contain a-z, A-Z, 0-9');
  if (code !== serviceCode)
    throw new PricingError('NotFoundException', `The requested service ${code} cannot be found.`);
  return code;
}

function needService(input: Input): void {
  if (checkService(input) === undefined)
    throw invalid('Input Parameters are invalid. serviceCode cannot be null or empty');
}

function checkFormat(input: Input): void {
  const format = text(input, 'FormatVersion') ?? 'aws_v1';
  if (format !== 'aws_v1') throw invalid(`FormatVersion ${format} is not supported; aws_v1 is.`);
}

/** A page of `all`. A token holds for the request that it was given to, however many results are asked for. */
function page<T>(input: Input, all: readonly T[]): { part: readonly T[]; next: string | undefined } {
  const most = input['MaxResults'] ?? 100;
  if (typeof most !== 'number' || !Number.isInteger(most)) throw mistyped('MaxResults must be an integer.');
  if (most < 1 || most > 100) throw invalid(`MaxResults must be between 1 and 100, and is ${most}.`);
  const { NextToken: _, MaxResults: __, ...same } = input;
  const digest = hash('sha256', JSON.stringify(same), 'base64url').slice(0, 22);
  const token = text(input, 'NextToken');
  let from = 0;
  if (token !== undefined && token !== '') {
    const [kind, at = ''] = Buffer.from(token, 'base64').toString().split(':');
    if (kind !== digest || !/^\d{1,9}$/.test(at))
      throw new PricingError(
        'InvalidNextTokenException',
        'The pagination token is invalid. Try again without it.',
      );
    from = Number(at);
  }
  const end = from + most;
  const next = end < all.length ? Buffer.from(`${digest}:${end}`).toString('base64') : undefined;
  return { part: all.slice(from, end), next };
}

function everything(): readonly Product[] {
  return Object.keys(pricedRegions).flatMap(region => productsOf(region));
}

let names: readonly string[] | undefined;
function attributeNames(): readonly string[] {
  names ??= [
    ...new Set(
      productsOf('us-east-1').flatMap(({ common, own }) => [...Object.keys(common), ...Object.keys(own)]),
    ),
    'productFamily',
    'termType',
  ].sort();
  return names;
}

const valueOf = ({ common, own, family }: Product, field: string): string | undefined => {
  if (field === 'productFamily') return family;
  if (field === 'termType') return 'OnDemand';
  return field.toLowerCase() === 'servicecode' ? serviceCode : (own[field] ?? common[field]);
};

function describeServices(input: Input): object {
  checkFormat(input);
  checkService(input);
  const { part, next } = page(input, [{ ServiceCode: serviceCode, AttributeNames: attributeNames() }]);
  return { Services: part, FormatVersion: 'aws_v1', NextToken: next };
}

function getAttributeValues(input: Input): object {
  needService(input);
  const name = text(input, 'AttributeName');
  if (name === undefined || name === '')
    throw invalid('Input Parameters are invalid. attributeName cannot be null or empty');
  if (!attributeNames().includes(name))
    throw new PricingError('NotFoundException', `The requested attribute ${name} cannot be found.`);
  const values = new Set<string>();
  for (const product of everything()) {
    const value = valueOf(product, name);
    if (value !== undefined && value !== '') values.add(value);
  }
  const { part, next } = page(input, [...values].sort());
  return { AttributeValues: part.map(Value => ({ Value })), NextToken: next };
}

interface Filter {
  readonly field: string;
  readonly test: (value: string) => boolean;
  /** The one value that can match. */
  readonly only: string | undefined;
}

/** API reference, Filter: ANY_OF and NONE_OF take values separated by commas. */
function readFilter(given: unknown): Filter {
  if (typeof given !== 'object' || given === null) throw mistyped('A filter must be a structure.');
  const filter = given as Input;
  const [type, field, value] = [text(filter, 'Type'), text(filter, 'Field'), text(filter, 'Value')];
  if (type === undefined || field === undefined || value === undefined)
    throw invalid('Input Parameters are invalid. A filter needs Type, Field and Value');
  const values = value.split(',').map(one => one.trim());
  switch (type) {
    case 'TERM_MATCH':
    case 'EQUALS':
      return { field, only: value, test: found => found === value };
    case 'CONTAINS':
      return { field, only: undefined, test: found => found.includes(value) };
    case 'ANY_OF':
      return { field, only: undefined, test: found => values.includes(found) };
    case 'NONE_OF':
      return { field, only: undefined, test: found => !values.includes(found) };
    default:
      throw invalid(
        `1 validation error detected: Value '${type}' at 'filters.1.member.type' failed to satisfy constraint: Member must satisfy enum value set: [TERM_MATCH, EQUALS, CONTAINS, ANY_OF, NONE_OF]`,
      );
  }
}

/** The products that can match at all: most requests name their region. */
function candidates(filters: readonly Filter[]): readonly Product[] {
  const named = filters.find(({ field, only }) => field === 'regionCode' && only !== undefined);
  if (named?.only !== undefined) return productsOf(named.only);
  const place = filters.find(({ field, only }) => field === 'location' && only !== undefined);
  if (!place) return everything();
  const region = Object.entries(pricedRegions).find(([, { location }]) => location === place.only)?.[0];
  return region === undefined ? [] : productsOf(region);
}

function getProducts(input: Input): object {
  needService(input);
  checkFormat(input);
  const given = input['Filters'] ?? [];
  if (!Array.isArray(given)) throw mistyped('Filters must be a list.');
  if (given.length > 50) throw invalid('At most 50 filters can be given.');
  const filters = given.map(readFilter);
  const found = candidates(filters).filter(product =>
    filters.every(({ field, test }) => {
      const value = valueOf(product, field);
      return value !== undefined && test(value);
    }),
  );
  const { part, next } = page(input, found);
  return { FormatVersion: 'aws_v1', PriceList: part.map(priceListText), NextToken: next };
}

export const pricingOperations: Readonly<Record<string, (input: Input) => object>> = {
  DescribeServices: describeServices,
  GetAttributeValues: getAttributeValues,
  GetProducts: getProducts,
};
