#!/bin/bash
# The entry point of the store's image: `weed server` on /data, with one account from the environment.
set -euo pipefail

: "${AWS_ACCESS_KEY_ID:?name the account}" "${AWS_SECRET_ACCESS_KEY:?give its secret}"
umask 077
accounts=/tmp/s3.json
cat > "$accounts" << END
{"identities": [{"name": "mixdown", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
  "credentials": [{"accessKey": "$AWS_ACCESS_KEY_ID", "secretKey": "$AWS_SECRET_ACCESS_KEY"}]}]}
END
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
# The parts talk on loopback; only the S3 gateway is reached from outside.
exec weed -logtostderr server -dir=/data -ip=127.0.0.1 -ip.bind=127.0.0.1 -filer=true -filer.localSocket=/tmp/filer.sock \
    -s3=true -s3.ip.bind=0.0.0.0 -s3.port=8333 -s3.port.iceberg=0 -s3.config="$accounts" \
    -master.telemetry=false -master.volumeSizeLimitMB="${STORE_VOLUME_MB:-1024}" -volume.max=0 -volume.preStopSeconds=1
