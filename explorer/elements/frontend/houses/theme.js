// A file is as light or dark as the reader's system, before any of it is seen, until the button says otherwise.
{
  const dark = matchMedia("(prefers-color-scheme: dark)"), { dataset } = document.documentElement;
  const put = (/** @type {boolean} */ isDark) => {
    dataset.theme = isDark ? "dark" : "light";
  };
  put(dark.matches);
  dark.onchange = () => put(dark.matches);
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.id === "theme") put(dataset.theme !== "dark");
  });
}
