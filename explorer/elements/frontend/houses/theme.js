// A file is as light or dark as the reader's system, before any of it is seen.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
  };
  dark.onchange = follow;
  follow();
}
