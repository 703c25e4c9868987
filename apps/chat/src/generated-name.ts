const ANIMALS = (
  'badger beaver bison camel cheetah cougar crane dingo dolphin eagle egret ermine falcon ferret finch ' +
  'gecko gibbon heron hippo ibex iguana jackal jaguar kestrel kiwi koala lemur leopard llama lynx magpie ' +
  'marmot marten meerkat mole moose narwhal newt ocelot osprey otter owl panda pelican penguin puffin ' +
  'quail rabbit raven robin salmon seal sparrow squirrel stork swift tapir tiger toucan turtle walrus ' +
  'weasel wombat wren zebra'
).split(' ')

/** So many numbers an animal has at first; when names get rare, there are more. */
const NUMBERS = 99

/**
 * A pleasant name that nobody has, such as `otter-7`.
 *
 * @param isFree whether nobody here has this name or one too like it
 * @param random 0 to 1, as Math.random
 */
export function generateName(isFree: (name: string) => boolean, random: () => number): string {
  for (let numbers = NUMBERS; ; numbers *= 2) {
    const animal = ANIMALS[Math.floor(random() * ANIMALS.length)] ?? 'otter'
    const name = `${animal}-${1 + Math.floor(random() * numbers)}`
    if (isFree(name)) return name
  }
}
