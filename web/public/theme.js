// Before the first paint, so that a dark page does not flash. `src/app/theme.ts` changes it later.
document.documentElement.dataset.theme =
  localStorage.getItem("bulla.theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
