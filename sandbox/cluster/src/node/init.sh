# First process of a node: creates the node's file system, then runs the supervisor and reaps orphaned processes.
# Runs in new net, mount, pid and uts namespaces, with a static busybox. When it ends, the kernel kills all processes in
# the pid namespace.
#
# SANDBOX_DIR       folder of the sandbox, mounted at /sandbox
# SANDBOX_DEBIAN    folder of the unpacked Debian packages; its usr is mounted at /usr
# SANDBOX_BINDS     lines of SOURCE<TAB>TARGET: files and folders of this machine, mounted read-only
# SANDBOX_LINK      the node's end of the link, which the parent process moves into the net namespace
# SANDBOX_ADDRESS   IP address of the node with its prefix length
# SANDBOX_SERVICES  IP address range of Services, as a CIDR
# SANDBOX_SUPERVISOR, SANDBOX_NODE  paths of the supervisor's program and of Node.js, inside the node
set -eu
busybox=$SANDBOX_DEBIAN/usr/bin/busybox
new=$SANDBOX_DIR/root

for name in mount mkdir ln cp hostname ip pivot_root umount sleep cat; do
  eval "$name() { \$busybox $name \"\$@\"; }"
done

hostname "$SANDBOX_HOSTNAME"
mount --make-rprivate /
mkdir -p "$new"
mount -t tmpfs -o mode=755,size=64m sandbox "$new"
cd "$new"
mkdir -p usr etc proc sys dev run tmp root opt/bin sandbox old var/lib/kubelet var/lib/containerd var/log/pods var/log/containers
for name in bin sbin lib lib64; do ln -s "usr/$name" "$name"; done
mount --bind "$SANDBOX_DEBIAN/usr" usr
mount -o remount,bind,ro usr
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs -o mode=755,size=256m run run
mount -t tmpfs -o mode=1777,size=1g tmp tmp
mount --bind "$SANDBOX_DIR" sandbox
for name in kubelet containerd; do
  mkdir -p "$SANDBOX_DIR/data/$name"
  mount --bind "$SANDBOX_DIR/data/$name" "var/lib/$name"
done
mkdir -p "$SANDBOX_DIR/data/pods"
mount --bind "$SANDBOX_DIR/data/pods" var/log/pods

# The kubelet changes these settings of the whole machine unless they already have the values that it expects. So files
# with these values are mounted over them.
while read -r key value; do
  [ -e "proc/sys/$key" ] || continue
  mkdir -p "tmp/sysctl/${key%/*}"
  echo "$value" >"tmp/sysctl/$key"
  mount --bind "tmp/sysctl/$key" "proc/sys/$key"
done <<SYSCTLS
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SYSCTLS

tab=$(printf '\t')
echo "$SANDBOX_BINDS" | while IFS=$tab read -r source target; do
  if [ -d "$source" ]; then
    mkdir -p ".$target"
  else
    mkdir -p ".${target%/*}"
    : >".$target"
  fi
  mount --bind "$source" ".$target"
  mount -o remount,bind,ro ".$target"
done

for name in passwd group hosts nsswitch.conf; do cp "$SANDBOX_DIR/etc/$name" "etc/$name"; done
for name in protocols services; do
  if [ -e "$SANDBOX_DEBIAN/etc/$name" ]; then cp "$SANDBOX_DEBIAN/etc/$name" "etc/$name"; fi
done

pivot_root . old
cd /
busybox=/usr/bin/busybox
umount -l /old
mount --make-rshared /
export PATH=/opt/bin:/opt/kubernetes:/usr/sbin:/usr/bin

ip link set lo up
waited=0
until ip link show "$SANDBOX_LINK" >/dev/null 2>&1; do
  sleep 0.05
  waited=$((waited + 1))
  # After 20 s, the parent process must have ended.
  [ "$waited" -lt 400 ] || exit 1
done
ip address add "$SANDBOX_ADDRESS" dev "$SANDBOX_LINK"
ip link set "$SANDBOX_LINK" up
# There is no default route, so no packet of a pod leaves this machine. Local processes need a route to the Services,
# because the kernel looks up the route before it applies kube-proxy's rules.
ip route add "$SANDBOX_SERVICES" dev lo src "${SANDBOX_ADDRESS%/*}"
echo 1 >/proc/sys/net/ipv4/ip_forward

# The kernel decides which of the two back ends of iptables works.
backend=nft
iptables-nft --table nat --list-rules >/dev/null 2>&1 || backend=legacy
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s "/usr/sbin/xtables-$backend-multi" "/opt/bin/$name"
done

# overlayfs does not work on top of another overlay, such as the root of a container.
snapshotter=overlayfs
mkdir -p /var/lib/containerd/probe/lower /var/lib/containerd/probe/upper /var/lib/containerd/probe/work /tmp/probe
overlay=lowerdir=/var/lib/containerd/probe/lower,upperdir=/var/lib/containerd/probe/upper,workdir=/var/lib/containerd/probe/work
mount -t overlay -o "$overlay" overlay /tmp/probe 2>/dev/null && umount /tmp/probe || snapshotter=native
echo "$snapshotter" >/run/snapshotter
while read -r line; do
  case $line in
  *SNAPSHOTTER*) echo "snapshotter = \"$snapshotter\"" ;;
  *) echo "$line" ;;
  esac
done </sandbox/etc/containerd.toml >/run/containerd.toml

"$SANDBOX_NODE" "$SANDBOX_SUPERVISOR" /sandbox/plan.json &
supervisor=$!
# `wait` also reaps orphaned processes, whose parent becomes this process. A signal makes it return early.
while kill -0 "$supervisor" 2>/dev/null; do
  wait "$supervisor" || :
done
