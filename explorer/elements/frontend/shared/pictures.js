// Pictures that are drawn on a canvas: fetched and decoded once, and kept while there is room.

/** @type {Map<string, Promise<HTMLImageElement>>} */
const pictures = new Map(); // the one that was asked for last is the last
const MOST = 8;

/** @param {string} url */
export function pictureAt(url) {
  const found = pictures.get(url) ?? decoded(url);
  pictures.delete(url);
  pictures.set(url, found);
  for (const [old] of pictures) if (pictures.size > MOST) pictures.delete(old);
  found.catch(() => pictures.delete(url)); // it can be asked for again
  return found;
}

/** @param {string} url */
async function decoded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
