/** Paths in the file system of a node, which init.sh creates. */
export const INSIDE = {
  /** The sandbox's folder. */
  dir: '/sandbox',
  /** The package sandbox-machine, which contains the supervisor. */
  package: '/opt/sandbox',
  /** The programs of Kubernetes. */
  programs: '/opt/kubernetes',
  node: '/opt/node/node',
  runtimeSocket: '/run/containerd/containerd.sock',
} as const

/** Returns a copy of the value in which paths in the sandbox's folder are replaced with their paths inside the node. */
export function withInsidePaths<T>(dir: string, value: T): T {
  // For the folder `/a/b`, neither `/a/bc` nor `/x/a/b` must match.
  const path = new RegExp(`(?<![\\w/.-])${escaped(dir)}(?=/|$)`, 'g')
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === 'string' ? item.replace(path, INSIDE.dir) : item,
  ) as T
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}
