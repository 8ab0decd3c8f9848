/** The Debian packages that a node is made of. */
export const NODE_PACKAGES = [
  'busybox-static',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'iproute2',
  'iptables',
  // Node.js, which the supervisor runs on, is written in C++.
  'libstdc++6',
  'mount',
  'runc',
  'util-linux',
] as const
