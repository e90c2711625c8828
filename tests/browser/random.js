// Numbers that look random and are the same in every run.

/**
 * @param {number} seed
 * @returns {(count: number) => number} a whole number from 0 to below `count`
 */
export function random(seed) {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}
