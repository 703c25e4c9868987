export { sendFromManySources } from './many-sources.ts'
export { dripFeeder, resettingPeer, silentReader } from './tcp-peers.ts'
export { exchangeUrgent } from './urgent-peer.ts'
