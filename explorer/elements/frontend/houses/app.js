// The app as the house: its address, its uploader and its charts, and whether its server answers.
import { house } from "../shared/house.js";

Object.assign(house, { isLost, hasServer: true, keep, uploader, chart });

/**
 * What draws a view, in the app.
 * @template T
 * @param {T} draw
 */
export function inApp(draw) {
  return draw;
}

function isLost() {
  const app = document.querySelector("[data-testid=stApp]");
  return app instanceof HTMLElement && app.dataset.testConnectionState !== "CONNECTED";
}

/** @param {Record<string, string | number | null>} said */
function keep(said) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(said)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

/** @returns {HTMLInputElement | null} */
function uploader() {
  return document.querySelector(".st-key-file input[type=file]");
}

/**
 * @param {string} name
 * @returns {HTMLElement | null}
 */
function chart(name) {
  return document.querySelector(`.st-key-${name} .js-plotly-plot`);
}
