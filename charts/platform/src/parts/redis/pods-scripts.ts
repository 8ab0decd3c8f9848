import { REDIS_PORT } from '../../objects/ports.ts'

/** Succeeds when Redis answers. */
export const PING = '[ "$(redis-cli ping)" = PONG ]'

/**
 * Each start announces the current address of the pod. When all pods moved at once, the addresses that a node remembers
 * are wrong, so a node that was in a cluster looks up the others by name.
 */
export const START = `
umask 077
echo "
port ${REDIS_PORT}
dir /data
protected-mode no
requirepass $REDISCLI_AUTH
masterauth $REDISCLI_AUTH
appendonly yes
cluster-enabled yes
cluster-config-file /data/nodes.conf
cluster-node-timeout 2000
cluster-announce-ip $POD_IP
" > /tmp/redis.conf

address_of() { redis-cli -h "$1" --raw config get cluster-announce-ip | { read -r _; read -r ip; echo "$ip"; }; }
rejoin() {
  for i in 0 1 2 3 4 5; do
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
      ip=$(address_of "redis-$i.redis" 2>/dev/null || true)
      case "$ip" in *.*.*.* | *:*:*) redis-cli -h "$POD_IP" cluster meet "$ip" ${REDIS_PORT}; break ;; *) sleep 1 ;; esac
    done
  done
}
case "$(cat /data/nodes.conf 2>/dev/null)" in *slave*) rejoin & ;; esac
exec redis-server /tmp/redis.conf
`.trim()

/**
 * Redis joins nodes by address, not by name, so each pod reports its own. An interrupted join starts again: nodes
 * without all slots are reset, which Redis refuses for a master with data. A complete cluster is not changed.
 */
export const JOIN = `
addresses=
hosts="redis-0.redis redis-1.redis redis-2.redis redis-3.redis redis-4.redis redis-5.redis"
for host in $hosts; do
  until [ "$(redis-cli -h "$host" ping 2>/dev/null)" = PONG ]; do echo "waiting for $host"; sleep 1; done
  ip=$(redis-cli -h "$host" --raw config get cluster-announce-ip | { read -r _; read -r ip; echo "$ip"; })
  addresses="$addresses $ip:${REDIS_PORT}"
done
case "$(redis-cli -h redis-0.redis cluster info)" in
  *cluster_slots_assigned:16384*) echo "the cluster is there" ;;
  *)
    for host in $hosts; do redis-cli -h "$host" cluster reset; done
    redis-cli --cluster create $addresses --cluster-replicas 1 --cluster-yes
    ;;
esac
joined() {
  case "$(redis-cli -h redis-0.redis cluster info)" in *cluster_state:ok*) ;; *) return 1 ;; esac
  case "$(redis-cli -h redis-0.redis cluster nodes)" in *slave*slave*slave*) ;; *) return 1 ;; esac
}
until joined; do sleep 1; done
`.trim()
