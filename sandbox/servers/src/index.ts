export { AmqpChannel } from './amqp.ts'
export { type NodePorts, startBalancer } from './balancer.ts'
export { Daemon, freePort } from './daemon.ts'
export { fakeClock } from './fake-clock.ts'
export { type Haproxy, startHaproxy, startProxy } from './haproxy.ts'
export { type MariaDb, startMariaDb } from './mariadb.ts'
export { type Minio, type MinioClient, minioClient, startMinio } from './minio.ts'
export { type Nginx, startNginx } from './nginx.ts'
export { startPageAddress } from './page-address.ts'
export { packages } from './programs.ts'
export { type RabbitMq, startRabbitMq } from './rabbitmq.ts'
export {
  ask,
  type RedisCluster,
  type RedisSentinels,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startRedisSentinels,
  startRedisWith,
} from './redis.ts'
export { moveSlots, replaceNode } from './reshard.ts'
export { type RegistryServer, startRegistry } from './registry.ts'
