/**
 * One SSH session channel: pty, env, shell, exec, the sftp subsystem and signals (RFC 4254, 6). The real sshd is the
 * model: commands go to the login shell, the exit status leaves when the command ends and the channel closes when
 * its pipes are closed; without a pty a command outlives its connection.
 */
import { constants } from 'node:os';
import type { PseudoTtyInfo, ServerChannel, Session } from 'ssh2';
import type { Bench, Command, Running } from './guest.ts';
import type { GuestSpec } from './spec.ts';

export interface SessionContext {
  /** Undefined where this host can't sandbox; `refusal` says why. */
  bench: Bench | undefined;
  refusal: string;
  spec(): GuestSpec | undefined;
  env: Record<string, string>;
  outputBytes: number;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** What Debian's sshd accepts (AcceptEnv LANG LC_*); above all never LD_*, for the joining programs run with our rights. */
const accepted = /^(LANG|LC_[A-Z]{1,20})$/;
const plain = /^[\w.@:-]{0,64}$/;
/** Where distributions put OpenSSH's sftp-server: Debian, Fedora, Arch, SUSE, Alpine. */
const sftp =
  'for each in /usr/lib/openssh /usr/libexec/openssh /usr/lib/ssh /usr/libexec/ssh /usr/lib; do ' +
  '[ -x $each/sftp-server ] && exec $each/sftp-server; done; ' +
  'echo "Cloud-Twin: this host has no sftp-server (package openssh-sftp-server); use scp -O" >&2; exit 126';

type Size = Pick<PseudoTtyInfo, 'rows' | 'cols'>;
const bounded = (value: number, otherwise: number): number =>
  value > 0 && value < 10_000 ? Math.floor(value) : otherwise;
const stty = (size: Size): string => `rows ${bounded(size.rows, 24)} cols ${bounded(size.cols, 80)}`;

/** script(1) opens the pty inside the VM. Its own input is a pipe, so it would leave echo off: hence `sane`. */
const withPty = (size: Size, inner: string): string[] => [
  'sh',
  '-c',
  `command -v script >/dev/null || { echo 'Cloud-Twin: no script(1) here, so no terminal' >&2; exec bash -i; }
   exec script -qfe -c ${quote(`stty sane ${stty(size)} 2>/dev/null; ${inner}`)} /dev/null`,
];

export function serve(session: Session, context: SessionContext): void {
  const env: Record<string, string> = {};
  let size: Size | undefined;
  let running: Running | undefined;

  const start = (channel: ServerChannel, argv: string[]): void => {
    const stop = (text: string, code: number): void => {
      if (!channel.writable) return;
      channel.stderr.write(`${text}\n`);
      channel.exit(code);
      channel.end();
      channel.resume();
    };
    channel.on('error', () => undefined);
    const spec = context.spec();
    if (!spec) return stop('Cloud-Twin: this VM is gone.', 255);
    if (!context.bench) return stop(`Cloud-Twin can't run commands on this host: ${context.refusal}`, 126);
    const command: Command = { user: spec.user, argv, env: { ...context.env, ...env } };
    context.bench.run(spec, command).then(
      made => {
        running = made;
        relay(channel, made, context.outputBytes, size !== undefined);
      },
      (error: unknown) =>
        stop(`Cloud-Twin: ${error instanceof Error ? error.message : 'the command could not start'}`, 126),
    );
  };

  session.on('pty', (accept, _reject, info) => {
    size = info;
    env['TERM'] = plain.test(info.term) && info.term !== '' ? info.term : 'dumb';
    accept?.();
  });
  session.on('env', (accept, reject, info) => {
    if (!accepted.test(info.key) || !plain.test(info.val)) return reject?.();
    env[info.key] = info.val;
    accept?.();
  });
  session.on('window-change', (accept, _reject, info) => {
    accept?.();
    const spec = context.spec();
    if (size && running && spec && context.bench) resize(context.bench, spec, running, info);
  });
  session.on('signal', (accept, reject, info) => {
    const name = `SIG${info.name}`;
    if (!running || !Object.hasOwn(constants.signals, name)) return reject?.();
    running.signal(name as NodeJS.Signals);
    accept?.();
  });
  session.on('shell', accept => {
    const shell = 'exec bash -l';
    start(accept(), size ? withPty(size, shell) : ['bash', '-l']);
  });
  session.on('exec', (accept, _reject, info) => {
    start(
      accept(),
      size ? withPty(size, `exec bash -c ${quote(info.command)}`) : ['bash', '-c', info.command],
    );
  });
  session.on('subsystem', (accept, reject, info) => {
    if (info.name !== 'sftp') return reject();
    start(accept(), ['sh', '-c', sftp]);
  });
}

/** RFC 4254, 6.10 names these signals; any other end is told as a shell would, by 128 + its number. */
const told = /^SIG(ABRT|ALRM|FPE|HUP|ILL|INT|KILL|PIPE|QUIT|SEGV|TERM|USR1|USR2)$/;

function leave(channel: ServerChannel, code: number | null, signal: NodeJS.Signals | null): void {
  if (signal === null) channel.exit(code ?? 255);
  else if (told.test(signal)) channel.exit(signal.slice(3));
  else channel.exit(128 + constants.signals[signal]);
}

function relay(channel: ServerChannel, command: Running, outputBytes: number, pty: boolean): void {
  const { stdin, stdout, stderr } = command;
  let printed = 0;
  let open = 2;
  const count = (data: Buffer): void => {
    printed += data.length;
    if (printed <= outputBytes) return;
    channel.stderr.write('Cloud-Twin: the command printed more than one may here and was ended.\n');
    command.kill();
    for (const stream of [stdout, stderr]) stream.destroy();
  };
  const drained = Promise.withResolvers<void>();
  const one = (): void => {
    if (--open === 0) drained.resolve();
  };
  for (const stream of [stdout, stderr]) {
    stream.on('error', () => undefined);
    stream.on('close', one);
    stream.on('data', count);
  }
  stdin.on('error', () => channel.resume());
  stdin.on('close', () => channel.resume());
  channel.pipe(stdin);
  stdout.pipe(channel, { end: false });
  stderr.pipe(channel.stderr, { end: false });
  channel.on('close', () => {
    stdin.destroy();
    stdout.destroy();
    stderr.destroy();
    if (pty) command.kill();
  });
  command.exited.then(
    async ({ code, signal }) => {
      if (channel.writable) leave(channel, code, signal);
      await drained.promise;
      channel.end();
      stdin.destroy();
    },
    () => {
      channel.exit(126);
      channel.end();
    },
  );
}

/** The terminal's new size, set from inside the VM, which sends SIGWINCH to whom it concerns. */
function resize(bench: Bench, spec: GuestSpec, running: Running, size: Size): void {
  const tty = running.terminal();
  if (tty === undefined) return;
  const command: Command = { user: spec.user, argv: ['sh', '-c', `stty -F /dev/pts/${tty} ${stty(size)}`] };
  bench.run(spec, command).then(
    made => {
      made.stdin.end();
      made.stdout.resume();
      made.stderr.resume();
    },
    () => undefined,
  );
}
