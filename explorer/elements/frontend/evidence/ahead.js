// Files that were fetched ahead: of classes that nobody has chosen yet.

class Ahead {
  constructor() {
    this.group = "";
    /** @type {Record<string, string>} */
    this.urls = {};
    /** @type {Map<object, () => void>} */
    this.followers = new Map(); // who follows -> how
  }

  /**
   * @param {string} group the first file of the maps that they belong to
   * @param {Record<string, string>} urls by the index of the class
   */
  put(group, urls) {
    this.group = group;
    this.urls = urls;
    for (const follow of this.followers.values()) follow();
  }

  /**
   * @param {string | null} group
   * @param {number} index
   */
  url(group, index) {
    return group === this.group ? this.urls[index] ?? null : null;
  }

  /**
   * Of one who follows again, the first is forgotten.
   * @param {() => void} follow
   * @param {object} who
   * @returns {() => void}
   */
  follow(follow, who) {
    this.followers.set(who, follow);
    return () => {
      if (this.followers.get(who) === follow) this.followers.delete(who);
    };
  }
}

export const ahead = new Ahead(); // of the page
