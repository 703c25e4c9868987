export { type ConnectionHandler, type TcpConnection, type TcpProtocol } from './tcp-connection.ts'
export { TcpCounters } from './tcp-counters.ts'
export { type ListeningSocket, TcpServer, type TcpServerOptions } from './tcp-server.ts'
export { wasReset } from './was-reset.ts'
