// A picture that is dropped on the band, or chosen from it, goes to the page's own uploader, which reads and checks it.
import { house } from "../shared/house.js";
import { part } from "../shared/dom.js";

/**
 * Listen for files; returns what ends that.
 * @param {HTMLElement} root
 */
export function receive(root) {
  const { uploader } = house, button = part(root, ".drop");
  button.hidden = !uploader;
  if (!uploader) return () => {};
  button.onclick = () => uploader()?.click();
  /** @param {DragEvent} event */
  const hover = (event) => {
    event.preventDefault();
    root.classList.add("over");
  };
  const leave = () => root.classList.remove("over");
  /** @param {DragEvent} event */
  const drop = (event) => {
    event.preventDefault();
    leave();
    const input = uploader(), files = event.dataTransfer?.files;
    if (!input || !files?.length) return;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  root.addEventListener("dragover", hover);
  root.addEventListener("dragleave", leave);
  root.addEventListener("drop", drop);
  return () => {
    root.removeEventListener("dragover", hover);
    root.removeEventListener("dragleave", leave);
    root.removeEventListener("drop", drop);
  };
}
