/** What `norikv --help` prints. */
export const helpText: string = `norikv: serves a store over the NoriKV wire, and talks to such servers

  norikv [serve] [FILE.yaml] [OPTIONS]       serves a store until SIGTERM or SIGINT
  norikv get ADDRESS KEY                     writes the value to standard output
  norikv put ADDRESS KEY VALUE               and prints the version, TERM/INDEX; VALUE -: standard input
  norikv delete ADDRESS KEY                  prints whether the key existed
  norikv stats ADDRESS                       the server's figures
  norikv doctor ADDRESS                      probes which guarantees the server keeps
  norikv backup FOLDER FILE                  copies a store, also while a server has it open
  norikv restore FILE FOLDER                 makes a store from such a copy
  norikv --version                           the version of this program

Serving
  --data FOLDER                where the store is, created if missing (NORIKV_DATA_DIR, data_dir)
  --ephemeral                  instead: a temporary store
  --host HOST, --port PORT     where to listen, default 127.0.0.1 and 7447 (NORIKV_RPC_ADDR, rpc_addr)
  --http HOST:PORT | off       /healthz, /readyz, /metrics; default 127.0.0.1:8080 (NORIKV_HTTP_ADDR, http_addr)
  --node-id NAME               default node1 (NORIKV_NODE_ID, node_id)
  --advertise HOST:PORT        address for clients, if they do not reach this node where it listens (advertise)
  --total-shards N             default 1024 (cluster.total_shards)
  --tls-cert FILE --tls-key FILE   serve with TLS (tls.cert, tls.key)
  --tls-client-ca FILE         and ask clients for certificates (tls.client_ca)
  --token-file FILE            bearer tokens, one a line, of which every call needs one (NORIKV_TOKEN_FILE, token_file)
  --max-in-flight N            calls under way at one time, default 10000 (limits.max_in_flight)
  --max-pending-bytes N        bytes of requests and answers under way, default 268435456 (limits.max_pending_bytes)
  --max-calls-per-second N     for each peer, default no limit (limits.max_calls_per_second)
  --grace-ms N                 time for calls under way when stopping, default 10000 (grace_ms)
  --log-calls                  one log line for each call (log_calls)

  Flags win over the environment, that over the file. Logs are JSON lines on standard output.
  Certificates and tokens are read again on SIGHUP, and within 20 s of a change of their files.

Talking to a server
  --tls-ca FILE                trust this authority; --tls: those of the machine
  --tls-cert FILE --tls-key FILE   show a certificate
  --token TOKEN                or NORIKV_TOKEN
  --timeout-ms N               of each call, default 5000
  put: --ttl-ms N, --if-absent, --if-version TERM/INDEX, --id IDEMPOTENCY-KEY
  delete: --if-version TERM/INDEX, --id IDEMPOTENCY-KEY
  doctor: --json

Exit codes
  0  done                             3  get: the key does not exist
  1  failed; a write was not applied  4  put, delete: the condition did not hold
  2  called wrongly                   5  put, delete: unknown whether it was applied
`;
