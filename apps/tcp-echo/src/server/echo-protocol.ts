import {
  type ConnectionHandler,
  echo,
  type TcpConnection,
  type TcpProtocol,
} from '@sockyard/net/tcp'

export interface EchoSettings {
  /** Service time: how long each piece that was received waits for its echo, milliseconds. */
  thinkMillis: number
}

/** The echo service of RFC 862. Worker processes and threads make their own. */
export function createProtocol({ thinkMillis }: EchoSettings): TcpProtocol {
  const handler = thinkMillis === 0 ? echo : delayedEcho(thinkMillis)
  return { onConnection: () => handler }
}

/** One piece at a time, as a server does that has work to do for each. */
function delayedEcho(millis: number): ConnectionHandler {
  return {
    onData(connection, bytes) {
      connection.pause()
      setTimeout(answer, millis, connection, bytes.slice())
    },
    onDrain: (connection) => connection.resume(),
  }
}

function answer(connection: TcpConnection, bytes: Uint8Array): void {
  if (connection.write(bytes)) connection.resume()
}
