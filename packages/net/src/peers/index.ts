export type { PeerTraffic, TrafficReport, TrafficSum } from './peer-traffic.ts'
