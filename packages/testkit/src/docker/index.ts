export { describeWithDocker, whyNoDocker } from './docker.ts'
