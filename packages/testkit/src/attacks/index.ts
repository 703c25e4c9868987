export { answerCosts, runAttack } from './start-attack.ts'
