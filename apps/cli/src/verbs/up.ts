/** `up`: the server in the foreground. */
import type { Command } from 'commander';
import { portNumber } from '../context.ts';
import { runForeground } from '../children.ts';

export function addUp(program: Command): void {
  program
    .command('up')
    .summary('run the server until Ctrl-C')
    .option('--port <port>', 'port to listen on; 0 takes a free one', portNumber, 4600)
    .option(
      '--host <address>',
      'address to listen on; elsewhere than on this machine every call needs a token',
      '127.0.0.1',
    )
    .option('--data <dir>', 'where the store, keys and call history lie')
    .option('--store <url>', 'sqlite:FILE (default), memory:, or etcd://HOST:PORT[,HOST:PORT]/PREFIX')
    .option('--log-level <level>', 'debug, info, warn, error', 'warn')
    .option('--authenticate', 'want a token on this machine too')
    .option('--upstream-ports', "serve upstream's APIs on their own ports too: CB-Spider's on 1024")
    .action(
      async (flags: {
        port: number;
        host: string;
        data?: string;
        store?: string;
        logLevel: string;
        authenticate?: boolean;
        upstreamPorts?: boolean;
      }) => {
        const args = ['--port', String(flags.port), '--host', flags.host, '--log-level', flags.logLevel];
        if (flags.data !== undefined) args.push('--data', flags.data);
        if (flags.store !== undefined) args.push('--store', flags.store);
        if (flags.authenticate === true) args.push('--authenticate');
        if (flags.upstreamPorts === true) args.push('--upstream-ports');
        process.exitCode = await runForeground('server', args);
      },
    );
}
