/**
 * A shell script started as root of namespaces of its own, where the Twin is root in a user namespace over 65,536
 * unprivileged host users (skeleton.ts), else in one where the Twin's own user is shown as root.
 */
import { writeFileSync } from 'node:fs';
import type { Launch, Launched } from './launch.ts';
import { firstUid, type Privilege } from './skeleton.ts';

export interface Unshared {
  child: Launched;
  /** As the host counts; 0 until it is known. */
  pid: () => number;
  /** What it wrote to its standard error, the newest of it. */
  wrong: () => string;
  /** Ends it, and with it all in its process namespace. */
  close: () => void;
}

/** In which nothing is a VM's own; for what we start ourselves. */
export const trustedPath = '/usr/sbin:/usr/bin:/sbin:/bin';

export function unshared(
  options: {
    privilege: Privilege;
    /** Of unshare(1), besides user, mount and process namespaces. */
    also: readonly string[];
    script: string;
    cwd: string;
    env: Record<string, string>;
    /** Called with all it has printed since its start. */
    said: (text: string) => void;
  },
  launch: Launch,
): Unshared {
  const { privilege, also, script, cwd, env, said } = options;
  const root = privilege === 'root';
  const become = root ? 'setpriv --reuid 0 --regid 0 --clear-groups --pdeathsig KILL ' : '';
  let pid = 0;
  let printed = '';
  let wrong = '';
  const order = {
    file: 'unshare',
    args: [
      ...(root ? ['--user', '--keep-caps'] : ['--user', '--map-root-user']),
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      ...also,
      // In a new process namespace, but still under the host's /proc: its own number there is the one we need.
      'sh',
      '-c',
      `read pid rest </proc/self/stat; echo "ready $pid"; read go; exec ${become}sh -c "$SETUP"`,
    ],
    cwd,
    env: { PATH: trustedPath, LC_ALL: 'C', SETUP: script, ...env },
  };
  const child = launch(order, (from, text) => {
    if (from === 'stderr') {
      wrong = (wrong + text).slice(-2000);
      return;
    }
    printed += text;
    const ready = pid === 0 ? /^ready (\d+)\n/.exec(printed)?.[1] : undefined;
    if (ready !== undefined) {
      pid = Number(ready);
      try {
        if (root)
          for (const map of ['uid_map', 'gid_map'])
            writeFileSync(`/proc/${pid}/${map}`, `0 ${firstUid} 65536`);
        // It joins no control group: that takes the kernel 10 ms, and out of them it can't be killed for want of memory.
        child.write('go\n');
      } catch (error) {
        wrong = String(error);
        close();
      }
    }
    said(printed);
  });
  const close = (): void => {
    child.end();
    // Process 1's parent is the child, which reaps it: the number holds as long as the child is there.
    child.kill([pid]);
  };
  child.started.catch((error: Error) => {
    wrong = error.message;
  });
  return { child, pid: () => pid, wrong: () => wrong, close };
}
