/* What cannot be done without: copying, the dialog in place of the page that confirms, and a tab that stays chosen. */
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.done) copy(button);
  if (button.dataset.close) document.getElementById(button.dataset.close).close();
});

async function copy(button) {
  const file = button.parentElement.querySelector("[data-file]");
  const answer = await fetch(file.href); // the whole file, also where only what changes is shown
  if (!answer.ok) return;
  await navigator.clipboard.writeText(await answer.text());
  button.textContent = button.dataset.done;
}

document.addEventListener("submit", (event) => {
  const dialog = document.getElementById("consequences");
  if (event.target.id !== "choices" || !dialog || dialog.open) return;
  event.preventDefault();
  dialog.showModal();
});

let tab = "tab-robots";
document.addEventListener("change", (event) => {
  if (event.target.name === "tab") tab = event.target.id;
});
new MutationObserver(() => {
  const chosen = document.getElementById(tab);
  if (chosen && !chosen.checked) chosen.checked = true;
}).observe(document.body, { childList: true, subtree: true });
