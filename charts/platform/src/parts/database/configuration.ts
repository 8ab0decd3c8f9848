import type { PxcValues } from '../../environment/database.ts'
import { DATABASE_MAX_CONNECTIONS } from '../../limits.ts'

/**
 * The documented my.cnf, and the settings that keep an acknowledged message through a power failure. The default of the
 * images, innodb_flush_log_at_trx_commit=2, does not.
 */
export function configuration({ bufferPool, vaultSecret }: PxcValues): string {
  const lines = [...DOCUMENTED, `innodb_buffer_pool_size=${bufferPool}`, ...DURABLE]
  return ['[mysqld]', ...lines, ...(vaultSecret === undefined ? [] : ENCRYPTED), ''].join('\n')
}

const DOCUMENTED = [`max_connections=${DATABASE_MAX_CONNECTIONS}`, 'max_allowed_packet=256M']

const DURABLE = [
  'innodb_flush_log_at_trx_commit=1',
  'sync_binlog=1',
  // Rejects statements that Galera cannot replicate, such as writes to a table without a primary key.
  'pxc_strict_mode=ENFORCING',
  // A week: far longer than an upload takes, and far less than the volume holds.
  'binlog_expire_logs_seconds=604800',
  // Uploads and recoveries work on whole files, and only the node that the collector reads starts a new file each
  // minute.
  'max_binlog_size=128M',
]

// The image sets these where it finds a Vault. Set here too, a node without Vault fails instead of writing plain text.
const ENCRYPTED = [
  'default_table_encryption=ON',
  'table_encryption_privilege_check=ON',
  'innodb_redo_log_encrypt=ON',
  'innodb_undo_log_encrypt=ON',
  'binlog_encryption=ON',
  'binlog_rotate_encryption_master_key_at_startup=ON',
]
