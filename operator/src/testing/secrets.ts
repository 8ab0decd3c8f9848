/** The values of the Secrets that a ChatApp uses by default, by the names of the Secrets. */
export const CREDENTIALS = {
  'db-credentials': { url: 'mysql://chat:pw@mariadb:3306/chat' },
  'redis-credentials': { url: 'redis://:pw@redis:6379' },
  'jwt-secret': { secret: '0123456789abcdef0123456789abcdef' },
} as const
