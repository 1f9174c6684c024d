/**
 * The AWS Price List API ("Using the AWS Price List Query API", AWS Billing User Guide): another service than EC2, in a few regions only, that speaks
 * JSON 1.1. It is met with what the EC2 client has already made of the credential and the connections – its signer and its HTTP handler –
 * told another service's name: one more SDK client or a signer of our own would do the same again.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { Road } from '@cloud-barista/driver/road';

export interface PriceFilter {
  Type: 'TERM_MATCH';
  Field: string;
  Value: string;
}
/** What is read of a product and its terms. */
export interface Product {
  product?: { attributes?: { instanceType?: string } };
  terms?: {
    OnDemand?: Record<
      string,
      { priceDimensions?: Record<string, { unit?: string; pricePerUnit?: Record<string, string> }> }
    >;
  };
}
export interface Page {
  products: Product[];
  next: string | undefined;
}
export interface PriceList {
  readonly region: string;
  getProducts(
    call: Call,
    input: { ServiceCode: string; Filters: PriceFilter[]; NextToken?: string },
  ): Promise<Page>;
}

/** Where the API answers that is nearest to a region; China's partition has one of its own. */
export const answersAt = (region: string): string =>
  region.startsWith('cn-')
    ? 'cn-northwest-1'
    : /^(eu|il|af)-/.test(region)
      ? 'eu-central-1'
      : /^(ap-south-|me-)/.test(region)
        ? 'ap-south-1'
        : region.startsWith('ap-')
          ? 'ap-southeast-1'
          : 'us-east-1';

const hostOf = (region: string) =>
  `https://api.pricing.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/** In the form of the SDK's errors, so that `classify` knows it (errors.ts). */
class PriceListError extends Error {
  override readonly name: string;
  readonly $fault = 'client';
  readonly $metadata: { httpStatusCode: number };
  readonly $response: { headers: Record<string, string> };

  constructor(status: number, headers: Record<string, string>, text: string) {
    const { word, message } = readError(text);
    super(message);
    this.name = word;
    this.$metadata = { httpStatusCode: status };
    this.$response = { headers };
  }
}

/** `{"__type":"com.amazonaws.…#NotFoundException","Message":"…"}`; what is not of that form is nameless. */
function readError(text: string): { word: string; message: string } {
  const { __type, message, Message } = (parse(text) ?? {}) as Record<string, unknown>;
  return {
    word: typeof __type === 'string' ? (__type.split('#').at(-1) ?? __type) : 'Unknown',
    message: [message, Message].find(part => typeof part === 'string') ?? '',
  };
}
function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Each product is a JSON text of its own inside the JSON. */
function readPage(text: string): Page | undefined {
  const { PriceList, NextToken }: { PriceList?: unknown; NextToken?: unknown } = parse(text) ?? {};
  if (!Array.isArray(PriceList)) return undefined;
  const products = PriceList.map(one => (typeof one === 'string' ? parse(one) : undefined));
  if (!products.every(product => product !== undefined)) return undefined;
  return { products, next: typeof NextToken === 'string' && NextToken !== '' ? NextToken : undefined };
}

/** All goes to `endpoint` where one is set. */
export function openPriceList(
  client: EC2Client,
  road: Road,
  region: string,
  endpoint: string | undefined,
): PriceList {
  const signingRegion = answersAt(region);
  const url = new URL(endpoint ?? hostOf(signingRegion));

  async function send(input: object, signal: AbortSignal): Promise<Page> {
    const { config } = client;
    const body = JSON.stringify(input);
    const signer = await config.signer();
    const request = await signer.sign(
      {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port !== '' && { port: Number(url.port) }),
        path: url.pathname,
        query: {},
        headers: {
          host: url.host,
          'content-type': 'application/x-amz-json-1.1',
          'content-length': String(Buffer.byteLength(body)),
          'x-amz-target': 'AWSPriceListService.GetProducts',
        },
        body,
      },
      {
        signingRegion,
        signingService: 'pricing',
        signingDate: new Date(Date.now() + config.systemClockOffset),
      },
    );
    const { response } = await config.requestHandler.handle(request as never, { abortSignal: signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const page = response.statusCode === 200 ? readPage(text) : undefined;
    if (!page) throw new PriceListError(response.statusCode, response.headers, text);
    return page;
  }

  return {
    region,
    getProducts: (call, input) =>
      road.send(
        { api: 'GetProducts', resource: 'price', name: region, idempotent: true },
        call.signal,
        signal => send({ FormatVersion: 'aws_v1', MaxResults: 100, ...input }, signal),
      ),
  };
}
