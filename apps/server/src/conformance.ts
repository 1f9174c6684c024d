/**
 * Runs the driver suite on a connection's cloud: in a process of its own, which gets the credential over a pipe and takes down what it made
 * also when this server dies. What it may cost is worked out first, and held by the process.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { extname, isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Handlers } from '@cloud-barista/api/handlers';
import type { ConformanceEvent, ConformanceInput, ConformancePlan } from '@cloud-barista/model/conformance';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudOf } from '@cloud-barista/spider/clouds';
import { getDriver } from '@cloud-barista/spider/drivers';
import { findImage } from '@cloud-barista/spider/images';
import type { OpenCloud } from '@cloud-barista/spider/context';
import type { Spider } from '@cloud-barista/spider/spider';
import { findSpec } from '@cloud-barista/spider/specs';
import { driverEnv } from '@cloud-barista/spider/plug-in/child';
import { priced } from '@cloud-barista/spider/prices';

const program = fileURLToPath(new URL('../../conformance/src/main.ts', import.meta.url));
/** As many VMs as the whole suite makes where it makes five at once; the test of apps/conformance holds it. */
export const wholeSuiteVms = 50;
const usualCost = 5;

async function planOf(
  spider: Spider,
  connection: string,
  input: ConformanceInput,
  signal: AbortSignal,
): Promise<{ open: OpenCloud; plan: ConformancePlan }> {
  const open = await cloudOf(spider, connection, signal);
  const image = await findImage(spider, connection, input.image ?? 'ubuntu-22.04', undefined, { signal });
  const wanted = await findSpec(
    spider,
    connection,
    input.spec === undefined
      ? { cpu: 1, memoryMib: 512, architecture: image.architecture, diskGb: image.minDiskGb }
      : { spec: input.spec },
    { signal },
  );
  const [spec = wanted] = await priced(spider, connection, [wanted], { signal });
  const hourly = spec.price?.hourly;
  if (hourly === undefined && input.maxVms === undefined)
    throw new BaristaError(
      'failed_precondition',
      `${open.driver.provider} tells no price of ${spec.name}, so that the cost can't be bounded.`,
      { next: 'Say how many VMs may be made: --max-vms 50 (maxVms) runs all cases.', where: 'maxVms' },
    );
  const budget = input.maxCost ?? usualCost;
  const affordable = hourly === undefined ? Infinity : Math.floor(budget / hourly);
  const vms = Math.min(wholeSuiteVms, input.maxVms ?? Infinity, affordable);
  if (vms === 0)
    throw new BaristaError(
      'invalid_argument',
      `Not one VM can be made for ${budget} ${spec.price?.currency ?? ''}: an hour of ${spec.name} costs ${hourly}.`,
      { next: 'Allow more, or choose a cheaper spec.', where: 'maxCost' },
    );
  return {
    open,
    plan: {
      driver: open.driver.name,
      region: open.region,
      image: image.id,
      spec: spec.id,
      vms,
      ...(spec.price && {
        cost: Math.ceil(vms * spec.price.hourly * 100) / 100,
        currency: spec.price.currency,
      }),
      cut: vms < wholeSuiteVms,
    },
  };
}

/** Emulated and in-process clouds are near: no need to be patient with them. */
const isNear = (open: OpenCloud): boolean =>
  open.driver.name === 'memory' ||
  /^https?:\/\/(?:127\.|localhost|\[::1\])/.test(open.config.region['endpoint'] ?? '');

async function* run(
  open: OpenCloud,
  plan: ConformancePlan,
  module: string,
  signal: AbortSignal,
  log: (message: string) => void,
): AsyncGenerator<ConformanceEvent> {
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: driverEnv(),
  });
  let wrong = '';
  const near = isNear(open);
  const order = {
    module,
    config: open.config,
    image: plan.image,
    spec: plan.spec,
    maxVms: plan.vms,
    pollMs: near ? 50 : 3000,
    timeoutMs: near ? 30_000 : 300_000,
  };
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const exited = new Promise<number | null>(resolve => {
    child.once('exit', resolve);
    child.once('error', error => {
      wrong += error.message;
      resolve(null);
    });
  });
  // The test runner's own report: nobody reads it.
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => (wrong = (wrong + chunk.toString()).slice(-2000)));
  // The child then skips what is left and takes down what it made, whether or not anybody listens.
  const cancel = () => child.stdin.end();
  signal.addEventListener('abort', cancel, { once: true });
  const events = child.stdio[3] as NodeJS.ReadableStream;
  let ended = false;
  try {
    for await (const line of createInterface({ input: events })) {
      const event = JSON.parse(line) as ConformanceEvent;
      ended ||= event.summary !== undefined;
      yield event;
    }
    const code = await exited;
    if (!ended)
      throw new BaristaError('internal', `The conformance run ended with ${code} before its end.`, {
        next: `Look what it left: barista get inventory --connection ${open.connection.name}`,
        operator: open.redact(wrong),
      });
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
    if (!ended) void exited.then(code => log(`a cancelled conformance run has ended with ${code}`));
  }
}

export function conformanceHandlers(
  spider: Spider,
  log: (message: string) => void,
): Pick<Handlers, 'conformance.run'> {
  return {
    async 'conformance.run'({ connection, body }, { signal }) {
      const { open, plan } = await planOf(spider, connection, body, signal);
      const dryRun = body.dryRun ?? true;
      const module = dryRun ? '' : await moduleOf(spider, open.driver.name);
      return (async function* () {
        yield { plan };
        if (!dryRun) yield* run(open, plan, module, signal, log);
      })();
    },
  };
}

/** Where the run finds the driver's entry. */
async function moduleOf(spider: Spider, driver: string): Promise<string> {
  const { plugIn } = await getDriver(spider, driver);
  if (!plugIn) return import.meta.resolve(`@cloud-barista/driver-${driver}/open`);
  if (isAbsolute(plugIn.module) && extname(plugIn.module) !== '') return pathToFileURL(plugIn.module).href;
  throw new BaristaError(
    'failed_precondition',
    `The driver ${driver} was loaded as a package, where a run needs its file.`,
    { next: 'Delete it and load it again by the path of its module.' },
  );
}
