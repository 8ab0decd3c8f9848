/**
 * The script of the Job: these parts, one after the other. The image only has a shell, the core utilities and mc. The
 * script can run again and leads to the same state. mc reads keys from its environment or standard input, never from
 * arguments.
 */
export function script(parts: readonly string[]): string {
  return parts.join('\n\n')
}

/** The first part: how mc reaches the storage, as its owner. */
export const client = `
fail() { echo "$1" >&2; exit 1; }

# Sets value to that of a key of the mounted Secret.
read_key() {
  value=
  if [ -r "$KEYS/$1" ]; then IFS= read -r value < "$KEYS/$1" || :; fi
  [ -n "$value" ] || fail "the Secret $SECRET has no value for the key $1"
  case "$value" in
    *[!A-Za-z0-9._~/+=-]*) fail "the key $1 of the Secret $SECRET may have only letters, digits and . _ ~ / + = -" ;;
  esac
}

# Sets access and secret to the keys of a user.
read_user() {
  read_key "$1-access-key"; access=$value
  read_key "$1-secret-key"; secret=$value
}

# Gives mc a server: its name, URL, access key and secret key.
server() { export "MC_HOST_$1=\${2%%://*}://$3:$4@\${2#*://}"; }

# Repeats a command until it succeeds. Each new reason why it does not is told.
wait_for() {
  what=$1; shift
  told=
  deadline=$(($(date +%s) + WAIT_SECONDS))
  until reason=$(timeout 20 "$@" 2>&1 > /dev/null); do
    [ "$reason" = "$told" ] || echo "waiting for $what: $reason" >&2
    told=$reason
    [ "$(date +%s)" -lt "$deadline" ] || fail "$what: no success within $WAIT_SECONDS s: $reason"
    sleep 2
  done
}

if [ -n "\${ROOT_CONFIG:-}" ]; then
  . "$ROOT_CONFIG"
  server storage "$ENDPOINT" "\${MINIO_ROOT_USER:?is not set by $ROOT_CONFIG}" "\${MINIO_ROOT_PASSWORD:?is not set by $ROOT_CONFIG}"
else
  read_user owner
  server storage "$ENDPOINT" "$access" "$secret"
fi
wait_for "$ENDPOINT" mc ls storage
`.trim()

/**
 * Makes the buckets with their versioning and lifecycle: the second one, which may be empty, where the storage rejects
 * the first.
 */
export const buckets = `
set_lifecycle() {
  if echo "$2" | mc ilm import "$1" > /dev/null 2>&1; then return; fi
  if [ -n "$3" ]; then echo "$3" | mc ilm import "$1" > /dev/null; fi
}

while read -r bucket <&3 && read -r keeps <&3 && read -r first <&3 && read -r second <&3; do
  mc mb --ignore-existing --region "$REGION" "storage/$bucket" > /dev/null
  if [ "$keeps" = versions ]; then mc version enable "storage/$bucket" > /dev/null; fi
  set_lifecycle "storage/$bucket" "$first" "$second"
  echo "bucket $bucket is there ($keeps)"
done 3<<END
$BUCKETS
END
`.trim()

/** Defines how a user of MinIO is made. */
export const user = `
# Makes a user, or gives it the secret of today, and attaches a policy.
make_user() {
  read_user "$1"
  printf '%s\\n%s\\n' "$access" "$secret" | mc admin user add storage > /dev/null
  mc admin policy attach storage "$2" --user "$access" > /dev/null
  echo "user of $1 has the policy $2"
}
`.trim()

/**
 * Makes the users of the buckets; needs `user`. Each may list, read, write and delete objects of its bucket. None may
 * delete an old version, so that objects can be restored after a key is stolen. The explicit Deny is needed: MinIO lets
 * whoever deletes objects delete their versions.
 */
export const bucketUsers = `
make_bucket_user() {
  mc admin policy create storage "$1" /dev/stdin > /dev/null <<END
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
      "Resource": ["arn:aws:s3:::$2"]
    },
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      "Resource": ["arn:aws:s3:::$2/*"]
    },
    { "Effect": "Deny", "Action": ["s3:DeleteObjectVersion"], "Resource": ["arn:aws:s3:::$2/*"] }
  ]
}
END
  make_user "$1" "$1"
}

for pair in $BUCKET_USERS; do make_bucket_user "\${pair%%=*}" "\${pair#*=}"; done
`.trim()

/** Makes the user as whom one region joins another; needs `user`. */
export const replicator = `
make_user replication consoleAdmin
`.trim()

/**
 * Joins the regions; needs `replicator`. Joined regions are not contacted again, so that the Job works while a region
 * is lost.
 */
export const replication = `
read_user replication
known=$(mc admin replicate info storage --json)
names=
missing=
for site in $SITES; do
  name=\${site%%=*}
  server "$name" "\${site#*=}" "$access" "$secret"
  names="$names $name"
  case "$known" in
    *"\\"endpoint\\":\\"\${site#*=}\\""*) ;;
    *) missing="$missing $name" ;;
  esac
done
if [ -n "$missing" ]; then
  for name in $names; do wait_for "the storage of $name" mc admin info "$name"; done
  mc admin replicate add $names --replicate-ilm-expiry
fi
echo "replicated between$names"
`.trim()
