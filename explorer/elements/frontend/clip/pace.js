// Which frame of a clip is seen when.

const FAR = 0.5; // seconds between two frames: a clip of which they are farther apart is slow to watch

/**
 * Whether a clip's own speed is too slow to watch: that of one of which only some frames were taken.
 * @param {readonly number[]} seconds
 */
export function isSlow(seconds) {
  const last = seconds.length - 1;
  return last > 0 && (seconds[last] - seconds[0]) / last > FAR;
}

/**
 * The frame that is seen so many seconds after number `from` was.
 * @param {readonly number[]} seconds when each is shown
 * @param {number} from
 * @param {number} since
 * @param {string} speed "own", or so many frames a second
 */
export function frameAt(seconds, from, since, speed) {
  const last = seconds.length - 1;
  if (speed !== "own") return Math.min(last, from + Math.floor(since * Number(speed)));
  let at = from;
  while (at < last && seconds[at + 1] - seconds[from] <= since) at += 1;
  return at;
}
