export { describeWithDocker, whyNoDocker } from './docker.ts'
export { NatsServer } from './nats.ts'
