/** Where a node's processes see things: its file system is not this machine's (see init.sh). */
export const INSIDE = {
  /** The sandbox's folder. */
  dir: '/sandbox',
  /** The package sandbox-machine, which has the supervisor. */
  package: '/opt/sandbox',
  /** Our programs: kubelet and others. */
  programs: '/opt/kubernetes',
  node: '/opt/node/node',
  runtimeSocket: '/run/containerd/containerd.sock',
} as const

/** The same value with every path below the sandbox's folder as a node's processes see it. */
export function withInsidePaths<T>(dir: string, value: T): T {
  // Of `/a/b` neither `/a/bc` nor `/x/a/b` is a part.
  const path = new RegExp(`(?<![\\w/.-])${escaped(dir)}(?=/|$)`, 'g')
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === 'string' ? item.replace(path, INSIDE.dir) : item,
  ) as T
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}
