// What a view asks of the house that shows it. A house says what it has; none has to have anything.

/**
 * @typedef {object} House
 * @property {() => boolean} isLost whether what is chosen is not heard any more
 * @property {boolean} hasServer whether somebody besides who looks says what is chosen
 * @property {(said: Record<string, string | number | null>) => void} keep the address says it; null: it is left out
 * @property {(() => HTMLInputElement | null) | null} uploader where pictures are taken
 * @property {(name: string) => HTMLElement | null} chart a chart of the page
 */

/** @type {House} */
export const house = { isLost: () => false, hasServer: false, keep: () => {}, uploader: null, chart: () => null };
