export { runAttack } from './start-attack.ts'
