/**
 * Real pipes for a command's standard streams. Node gives a child UNIX sockets, and a socket can't be opened again by
 * name: `echo x >/dev/stderr` or `cat /dev/stdin` fail with ENXIO, which they do not on a VM (sshd uses pipes). A FIFO
 * would do for output, but one opened again for reading after its writer has left waits for ever (fifo(7)), and shows
 * the host's path. Node can't call pipe(2); so bash makes a batch of them, they are opened through its /proc/PID/fd
 * (proc(5)), and bash ends. Each pipe serves once. A here-string is a pipe since bash 5.1, and costs no process; before that
 * it is a file, and a process substitution has to do.
 */
import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Launch } from './launch.ts';

/** A multiple of three: one command's streams. */
const batch = 48;
const script =
  `for each in {1..${batch}}; do exec {fd}<<<x; read -r -u $fd rest; ` +
  `[[ -p /dev/fd/$fd ]] || { exec {fd}<&-; exec {fd}<> <(:); }; echo "$fd"; done; echo end; read -r`;

export interface Streams {
  stdin: Socket;
  stdout: Socket;
  stderr: Socket;
  /** For the child's stdio, in order. */
  child: [number, number, number];
  /** Closes our copies of the child's ends; to be called once it was spawned (or failed to). */
  release(): void;
}

export interface Pipes {
  take(): Promise<Streams>;
  close(): void;
}

interface Pipe {
  ours: number;
  theirs: number;
}

function open(path: string, ours: 'read' | 'write'): Pipe {
  const [mine, other] =
    ours === 'read' ? [constants.O_RDONLY, constants.O_WRONLY] : [constants.O_WRONLY, constants.O_RDONLY];
  const theirs = openSync(path, other);
  // The command runs as another user, who may open his own /dev/stderr again.
  fchmodSync(theirs, 0o666);
  return { theirs, ours: openSync(path, mine | constants.O_NONBLOCK) };
}

async function make(launch: Launch): Promise<Pipe[]> {
  const said = Promise.withResolvers<string>();
  let text = '';
  const bash = launch(
    { file: 'bash', args: ['-c', script], cwd: '/', env: { PATH: '/usr/bin:/bin' } },
    (from, more) => {
      if (from === 'stdout') text += more;
      if (text.endsWith('end\n')) said.resolve(text);
    },
  );
  void bash.exited.then(() => said.reject(new Error('bash made no pipes')));
  const [pid, numbers] = await Promise.all([bash.started, said.promise]);
  const pipes: Pipe[] = [];
  try {
    for (const fd of numbers.split('\n').slice(0, batch))
      pipes.push(open(`/proc/${pid}/fd/${fd}`, pipes.length % 3 === 0 ? 'write' : 'read'));
    return pipes;
  } catch (error) {
    for (const pipe of pipes) shut(pipe);
    throw error;
  } finally {
    bash.end();
  }
}

const shut = (pipe: Pipe): void => {
  closeSync(pipe.ours);
  closeSync(pipe.theirs);
};

export function openPipes(launch: Launch): Pipes {
  const spare: [Pipe, Pipe, Pipe][] = [];
  let filling: Promise<void> | undefined;
  let closed = false;

  async function fill(): Promise<void> {
    const made = await make(launch);
    if (closed) made.forEach(shut);
    else
      for (let at = 0; at + 2 < made.length; at += 3)
        spare.push(made.slice(at, at + 3) as [Pipe, Pipe, Pipe]);
  }

  return {
    async take() {
      let set = spare.shift();
      while (!set) {
        await (filling ??= fill().finally(() => (filling = undefined)));
        set = spare.shift();
      }
      const [input, output, errors] = set;
      const child: [number, number, number] = [input.theirs, output.theirs, errors.theirs];
      return {
        stdin: new Socket({ fd: input.ours, readable: false, writable: true }),
        stdout: new Socket({ fd: output.ours, readable: true, writable: false }),
        stderr: new Socket({ fd: errors.ours, readable: true, writable: false }),
        child,
        release: () => {
          for (const fd of child) closeSync(fd);
        },
      };
    },
    close() {
      closed = true;
      for (const pipe of spare.splice(0).flat()) shut(pipe);
    },
  };
}
