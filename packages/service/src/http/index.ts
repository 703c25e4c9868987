export type { HttpConnections } from './connections.ts'
export { createHttpServer, respondText } from './http-server.ts'
