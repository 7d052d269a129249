// Arrow keys move in both directions of a risk matrix.

function neighbour(radio, key) {
  const cell = radio.closest("td");
  const row = cell.parentElement;
  const right = getComputedStyle(row).direction === "rtl" ? -1 : 1;
  switch (key) {
    case "ArrowUp":
      return row.previousElementSibling?.cells[cell.cellIndex];
    case "ArrowDown":
      return row.nextElementSibling?.cells[cell.cellIndex];
    case "ArrowRight":
      return row.cells[cell.cellIndex + right];
    case "ArrowLeft":
      return row.cells[cell.cellIndex - right];
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;

  if (event.key.startsWith("Arrow") && event.target.matches(".matrix input[type=radio]")) {
    event.preventDefault(); // also at the edge: native radios would wrap around to another row
    const radio = neighbour(event.target, event.key)?.querySelector("input[type=radio]");
    if (!radio) return;
    radio.focus();
    radio.click();
  }
});
