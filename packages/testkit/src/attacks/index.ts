export { answerCost, runAttack } from './start-attack.ts'
