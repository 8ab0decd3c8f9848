/** The database of the ChatApp. */
const DATABASE = 'chat'

/** What the services and their migrations need: rows, and tables that are created and altered but never dropped. */
const GRANTED = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'ALTER', 'INDEX']

/** All other privileges on a database. To revoke one that was never granted is no error. */
const REVOKED = [
  'DROP',
  'REFERENCES',
  'CREATE TEMPORARY TABLES',
  'LOCK TABLES',
  'CREATE VIEW',
  'SHOW VIEW',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'EXECUTE',
  'EVENT',
  'TRIGGER',
  'GRANT OPTION',
]

/** Who makes the users. */
interface Administrator {
  readonly user: string
  /** The key of the Secret with the password, which is the name of the mounted file too. */
  readonly key: string
  readonly secret: string
}

/**
 * Creates the database and its two users: the ChatApp uses one while the password of the other changes. Every statement
 * can run again. Privileges are granted before others are revoked, so that a running service keeps its own.
 *
 * It runs with any client of MySQL 8 or MariaDB; each knows one of the two options that verify the server. Passwords
 * come from files and are passed through a pipe or a file with mode 0600, never on a command line. The passwords of the
 * users are also in URLs, so only characters that need no escaping there are accepted; that of root may have any
 * printable ones.
 */
export const BOOTSTRAP = bootstrapScript(
  { user: 'root', key: 'root', secret: 'mysql-secrets' },
  `REVOKE ALL PRIVILEGES ON *.* FROM $user;
REVOKE GRANT OPTION ON *.* FROM $user;
`,
)

/**
 * The same in a database that somebody else runs. Its administrator has not all privileges, and so cannot revoke all on
 * every database.
 */
export function externalBootstrap(user: string, secret: string): string {
  return bootstrapScript({ user, key: 'password', secret }, '')
}

/** @param everywhere statements about privileges on every database */
function bootstrapScript({ user, key, secret }: Administrator, everywhere: string): string {
  return String.raw`
umask 077
export LC_ALL=C
options="$HOME/client.cnf"
refuse() { echo "$1" >&2; exit 1; }

root=$(cat "$SECRETS/${key}")
case "$root" in
  '' | *[[:cntrl:]]*) refuse "the key ${key} of the Secret ${secret} must be printable and not empty" ;;
esac
{
  echo "[mysql]"
  echo "connect-timeout=10"
  echo "[client]"
  echo "host=$DATABASE_HOST"
  echo "port=$DATABASE_PORT"
  echo "user=${user}"
  printf 'password="%s"\n' "$(printf '%s' "$root" | sed 's/[\\"]/\\&/g')"
  if [ -n "$DATABASE_CA" ]; then
    echo "ssl-ca=$DATABASE_CA"
    echo "loose-ssl-mode=VERIFY_IDENTITY"
    echo "loose-ssl-verify-server-cert"
  fi
} > "$options"
client() { mysql --defaults-file="$options" --batch; }

statements="CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;"
for name in blue green; do
  password=$(cat "$SECRETS/$name")
  case "$password" in
    '' | *[!A-Za-z0-9._~-]*)
      refuse "the key $name of the Secret mysql-application-users may have only letters, digits and . _ ~ -" ;;
  esac
  [ "$(printf '%s' "$password" | wc -c)" -ge 16 ] ||
    refuse "the key $name of the Secret mysql-application-users must have at least 16 characters"
  user="'chat_$name'@'%'"
  statements="$statements
CREATE USER IF NOT EXISTS $user IDENTIFIED BY '$password';
ALTER USER $user IDENTIFIED BY '$password';
GRANT ${GRANTED.join(', ')} ON ${DATABASE}.* TO $user;
${everywhere}REVOKE ${REVOKED.join(', ')} ON ${DATABASE}.* FROM $user;"
done

attempt=1
until printf '%s\n' "SELECT 1;" | client > /dev/null; do
  [ "$attempt" -lt "$DATABASE_ATTEMPTS" ] || refuse "the database does not answer; trying again later"
  attempt=$((attempt + 1))
  sleep 5
done
printf '%s\n' "$statements" | client
echo "the database ${DATABASE} and the users chat_blue and chat_green are there"
`.trim()
}
