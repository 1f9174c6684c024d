/** A server as a process, for a test that kills it: it loads the module given and makes a call that never ends. */
import { loadPlugIn } from '../src/plug-in/plug-in.ts';
import { usualLimits } from '../src/plug-in/child.ts';

const [, , module = '', file = ''] = process.argv;
const plugIn = await loadPlugIn({
  module,
  memoryMb: 64,
  from: [],
  limits: { ...usualLimits, missedPings: 1000 },
  signal: new AbortController().signal,
  log: () => {},
});
const config = { credential: { password: 'open sesame' }, region: { file, deed: 'loop' } };
const cloud = await plugIn.driver.open(config, { send: (_request, signal, send) => send(signal) });
await cloud.check({ signal: new AbortController().signal });
