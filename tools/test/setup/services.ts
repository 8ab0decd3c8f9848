import { prepare } from './programs.ts'

/** As the tests ask for them. One that is missing here is fetched by its test. */
const packages = [
  ['mariadb-server', 'redis-server'],
  ['docker-registry'],
  ['haproxy'],
  ['prometheus'],
  ['prometheus-mysqld-exporter'],
  ['prometheus-redis-exporter'],
  ['rabbitmq-server'],
  ['rsync'],
  ['skopeo'],
]

export default function setup(): Promise<void> {
  return prepare({ tools: ['kube-score', 'gitleaks', 'helm', 'mc', 'minio'], packages, withCheckov: true })
}
