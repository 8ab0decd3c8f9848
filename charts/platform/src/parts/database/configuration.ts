import type { PxcValues } from '../../environment/database.ts'

/**
 * my.cnf as documented, and what keeps an acknowledged message through a power cut: the images ship
 * innodb_flush_log_at_trx_commit=2, which does not.
 */
export function configuration({ bufferPool, vaultSecret }: PxcValues): string {
  const lines = [...documented, `innodb_buffer_pool_size=${bufferPool}`, ...durable]
  return ['[mysqld]', ...lines, ...(vaultSecret === undefined ? [] : encrypted), ''].join('\n')
}

/** Of a node: all clients write to one. */
export const MAX_CONNECTIONS = 1000

const documented = [`max_connections=${MAX_CONNECTIONS}`, 'max_allowed_packet=256M']

const durable = [
  'innodb_flush_log_at_trx_commit=1',
  'sync_binlog=1',
  // Refuses what Galera cannot replicate, such as a table without a primary key.
  'pxc_strict_mode=ENFORCING',
  // A week: far longer than any upload takes, far less than the volume holds.
  'binlog_expire_logs_seconds=604800',
  // Uploads and recoveries go by whole files, and only the node that the collector reads begins a new one each minute.
  'max_binlog_size=128M',
]

// The image sets these by itself where it finds a Vault. Said here, a node that finds none does not write in the clear.
const encrypted = [
  'default_table_encryption=ON',
  'table_encryption_privilege_check=ON',
  'innodb_redo_log_encrypt=ON',
  'innodb_undo_log_encrypt=ON',
  'binlog_encryption=ON',
  'binlog_rotate_encryption_master_key_at_startup=ON',
]
