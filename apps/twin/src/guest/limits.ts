/** What one VM may use of this machine, whatever its spec promises inside the emulated cloud. */
export interface Limits {
  /** Seconds a sandbox is kept after its last session, unless something still runs in it. */
  idleSeconds: number;
  /** Sandboxes alive at once; the longest idle goes first. */
  sandboxes: number;
  /** Sandboxes being made at once. */
  starting: number;
  /** Seconds a sandbox may take to be made. */
  upSeconds: number;
  /** Seconds the copy of a disk may take. */
  captureSeconds: number;
  /** Per VM, MiB: of memory in all where control groups can be used, else of address space per process. */
  memoryMib: number;
  /** Per VM. */
  processes: number;
  /** Open files per process. */
  files: number;
  /** Largest file, MiB. */
  fileMib: number;
  /** CPU seconds per process. */
  cpuSeconds: number;
  /** What one command may print, MiB. */
  outputMib: number;
  /** What is kept of a first boot's output, KiB (EC2 keeps 64). */
  consoleKib: number;
  /** SSH connections at once, over all VMs. */
  connections: number;
}

export const defaultLimits: Limits = {
  idleSeconds: 60,
  sandboxes: 256,
  starting: 8,
  upSeconds: 20,
  captureSeconds: 120,
  memoryMib: 1024,
  processes: 256,
  files: 1024,
  fileMib: 1024,
  cpuSeconds: 3600,
  outputMib: 1024,
  consoleKib: 64,
  connections: 4096,
};
