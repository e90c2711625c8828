// What the player remembers from rerun to rerun, and whose word counts when the server answers: its own or the
// person's, who may be further by now.

/** @typedef {[number, number]} Place */

export class Memory {
  constructor() {
    /** @type {Place} */
    this.at = [0, 0];
    /** @type {string[]} */
    this.sent = []; // places that the server has been told and has not answered yet
    /** @type {string | null} */
    this.told = null; // the last place that the server said
    /** @type {string | null} */
    this.what = null; // which maps these are
    this.isPlaying = false;
    this.isScrubbing = false;
    this.isSpelled = false; // whether the numbers of a large window are written
    this.version = 0; // what an older call still waits for is void
  }

  /**
   * The server says where the window is.
   * @param {Place} at
   * @param {string} what
   * @param {boolean} isMoving whether the person has just moved it, and the server does not know yet
   */
  hear(at, what, isMoving) {
    const told = String(at);
    if (this.what !== what) { // another layer or channel: begin anew, where the server says
      Object.assign(this, { at, sent: [], isPlaying: false, isScrubbing: false, what });
    } else if (told !== this.told && !this.isPlaying && !isMoving) {
      const answered = this.sent.indexOf(told);
      if (answered >= 0) this.sent.splice(0, answered + 1); // an echo of our own move
      else Object.assign(this, { at, sent: [] });
    }
    this.told = told;
    return ++this.version;
  }

  /** Whether the server is to be told where the window is: not of what it knows. Then it counts as told. */
  tells() {
    const place = String(this.at);
    if (place === this.told && !this.sent.length) return false;
    this.sent.push(place);
    return true;
  }
}

/** Where the page's choice says where the window is, whoever chose: it knows who is ahead of whom. */
export class Following extends Memory {
  /**
   * @override
   * @param {Place} at
   * @param {string} what
   */
  hear(at, what) {
    if (this.what !== what) Object.assign(this, { isPlaying: false, isScrubbing: false, what });
    if (!this.isPlaying) this.at = at;
    return ++this.version;
  }

  /** @override */
  tells() {
    return true; // the choice tells the server when it has come to rest
  }
}
