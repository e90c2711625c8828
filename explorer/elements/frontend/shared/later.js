// What moves under a held key is shown at once; the server hears where it stopped.

/** @template T */
export class Later {
  /**
   * @param {(value: T) => void} send
   * @param {number} delay milliseconds after which a key has come to rest
   */
  constructor(send, delay) {
    this.send = send;
    this.delay = delay;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.waiting = null;
  }

  /** @param {T} value */
  now(value) {
    this.stop();
    this.send(value);
  }

  /** @param {T} value */
  soon(value) {
    this.stop();
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.send(value);
    }, this.delay);
  }

  stop() {
    if (this.waiting !== null) clearTimeout(this.waiting);
    this.waiting = null;
  }
}
