"use strict";
const search = document.getElementById("search");
const shown = document.getElementById("shown");
const buttons = [...document.querySelectorAll("[data-show]")];
const items = [...document.querySelectorAll(".item")];
const texts = new Map();

function matches(item, words) {
  if (words.length === 0) return true;
  if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
  return words.every((word) => texts.get(item).includes(word));
}

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const state = buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset.show;
  let count = 0;
  for (const item of items) {
    item.hidden = !((state === "all" || item.dataset.state === state) && matches(item, words));
    if (!item.hidden) count += 1;
  }
  for (const part of document.querySelectorAll("[data-part]")) {
    part.hidden = ![...part.querySelectorAll(".item")].some((item) => !item.hidden);
  }
  shown.textContent = `${count} of ${items.length} shown`;
}

search.addEventListener("input", show);
for (const button of buttons) {
  button.addEventListener("click", () => {
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    show();
  });
}
document.getElementById("fold").addEventListener("click", (event) => {
  const open = event.target.getAttribute("aria-pressed") !== "true";
  event.target.setAttribute("aria-pressed", String(open));
  for (const item of items) if (!item.hidden) item.open = open;
});
show();
