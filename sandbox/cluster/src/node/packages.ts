/** The Debian packages of a node's file system. */
export const NODE_PACKAGES = [
  'busybox-static',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'iproute2',
  'iptables',
  // Required by Node.js, which runs the supervisor.
  'libstdc++6',
  'mount',
  'runc',
  'util-linux',
] as const
