// What is wider than its place is scrolled, with the keys as well: a stop for the Tab key, while there is something to
// scroll.

/**
 * Watch parts that may scroll; returns what ends that.
 * @param {Iterable<HTMLElement>} parts
 */
export function reach(parts) {
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target instanceof HTMLElement) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });
  for (const part of parts) watcher.observe(part);
  return () => watcher.disconnect();
}
