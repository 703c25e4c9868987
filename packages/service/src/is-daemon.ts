/** Names the descriptor on which a daemon tells the command that started it that it is ready. */
export const READY_VARIABLE = 'SOCKYARD_READY_DESCRIPTOR'

/** Whether this process is the daemon, rather than the command that starts it. */
export function isDaemon(host: NodeJS.Process): boolean {
  return host.env[READY_VARIABLE] !== undefined
}
