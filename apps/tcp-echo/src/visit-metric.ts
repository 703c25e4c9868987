/** How long connections lasted, whichever engine served them. */
export const VISIT_METRIC = {
  name: 'sockyard_tcp_connection_seconds',
  help: 'How long connections lasted',
  buckets: [0.001, 0.01, 0.1, 1, 10, 60, 300, 3600],
}
