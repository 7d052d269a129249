// A box at the head of a list that ticks all boxes of the page. Without JavaScript there is none.

for (const head of document.querySelectorAll("[data-choose-all]")) {
  const boxes = [...head.closest("form").querySelectorAll(`input[name="${head.dataset.chooseAll}"]`)];
  const label = document.createElement("label");
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", head.textContent.trim());
  label.append(all);
  head.replaceChildren(label);

  all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
  head.closest("form").addEventListener("change", () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  });
}
